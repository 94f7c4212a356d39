import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const SHARED = fileURLToPath(new URL('../../shared/', import.meta.url))
const announced = new Set<string>()

/**
 * Absolute path of something in the shared folder beside the checkout (`evidence/data/...`, `kql/conformance/...`),
 * or `undefined`, with the reason printed once, where it is absent. Use as
 * `test.skipIf(sharedPath('evidence') === undefined)`.
 */
export function sharedPath(relative: string): string | undefined {
  const path = SHARED + relative
  if (existsSync(path)) return path
  if (!announced.has(relative)) {
    announced.add(relative)
    process.stderr.write(`skipped: ../shared/${relative} is not beside this checkout; these tests need it\n`)
  }
  return undefined
}
