import { readFileSync } from 'node:fs'

/** Version of this package, read from its package.json (one level above `src` and `dist` alike). */
export function packageVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}
