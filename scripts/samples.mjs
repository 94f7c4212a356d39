// Writes fixtures/samples anew from the simulator. Run by `npm run samples`, after a build.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { sampleFiles } from '../dist/simulation/index.js'

const folder = fileURLToPath(new URL('../fixtures/samples/', import.meta.url))
rmSync(folder, { recursive: true, force: true })
for (const file of sampleFiles()) {
  const path = join(folder, ...file.path.split('/'))
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, file.bytes)
  console.log(`${file.bytes.length}\t${file.path}`)
}
