import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { checkOutput, type OutputOptions, writeStandardOutput } from './output.ts'

/** Where rows go, piece by piece: standard output, or a file that appears whole at `commit` or not at all. */
export interface RowTarget {
  /** False once nobody reads any more. */
  readonly write: (text: string) => Promise<boolean>
  commit(): void
  /** Leaves nothing behind unless `commit` was called. */
  discard(): void
}

export function openRowTarget(path: string | undefined, options: OutputOptions): RowTarget {
  if (path === undefined) {
    return { write: writeStandardOutput, commit: () => undefined, discard: () => undefined }
  }
  checkOutput(path, options)
  const temporary = join(dirname(resolve(path)), `.${basename(path)}.${process.pid}.tmp`)
  const file = openSync(temporary, 'wx')
  let open = true
  const close = (): void => {
    if (open) closeSync(file)
    open = false
  }
  return {
    async write(text) {
      const bytes = Buffer.from(text, 'utf8')
      for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written)
      return true
    },
    commit() {
      fsyncSync(file)
      close()
      renameSync(temporary, path)
    },
    discard() {
      close()
      rmSync(temporary, { force: true })
    },
  }
}
