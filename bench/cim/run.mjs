/**
 * Milliseconds to list all subscriptions through the index, to decode every class and instance, to carve the whole
 * file, and to do all that a scan does, each beside a plain read of the same bytes. `npm run build`, then
 * `node bench/cim/run.mjs [--input FOLDER] [--runs N]`. Without an input it takes the Windows 10 repository of
 * ../shared/evidence where that is, else writes one with 6600 classes and 2500 instances.
 *
 * "warm" is inside one process, bytes in memory, median; "process" is a whole process with start-up and reading. The
 * CPU columns are the processor time of the same, which a busy machine changes less.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { inflateRawSync } from 'node:zlib'

const { values: options } = parseArgs({
  options: { input: { type: 'string' }, runs: { type: 'string', default: '7' } },
})
const JOBS = fileURLToPath(new URL('./jobs.mjs', import.meta.url))
const EVIDENCE = fileURLToPath(
  new URL('../../../shared/evidence/data/wbem/wbem-w10-aptsimulator.zip', import.meta.url),
)
if (!existsSync(new URL('../../dist/records/cim/index.js', import.meta.url))) {
  console.error('run `npm run build` first: the bench measures dist')
  process.exit(2)
}

/** Members of a zip with sizes in its local headers, as the evidence has them. */
function unzipInto(folder, path) {
  const zip = readFileSync(path)
  for (let at = 0; zip.readUInt32LE(at) === 0x04034b50; ) {
    const nameEnd = at + 30 + zip.readUInt16LE(at + 26)
    const start = nameEnd + zip.readUInt16LE(at + 28)
    const end = start + zip.readUInt32LE(at + 18)
    const name = zip
      .toString('latin1', at + 30, nameEnd)
      .split('/')
      .pop()
    const data = zip.subarray(start, end)
    if (name !== '')
      writeFileSync(join(folder, name), zip.readUInt16LE(at + 8) === 8 ? inflateRawSync(data) : data)
    at = end
  }
}

async function writeInto(folder) {
  const { standardClasses, writeRepository } = await import('../../dist/records/cim/write/index.js')
  const namespace = 'root\\CIMV2'
  const classes = Array.from({ length: 6580 }, (_, number) => ({
    kind: 'class',
    namespace,
    definition: {
      name: `Bench_Class${number}`,
      ...(number % 10 === 0 ? {} : { superclass: `Bench_Class${number - (number % 10)}` }),
      properties: Array.from({ length: 12 }, (_item, index) => ({
        name: `Property${number % 10 === 0 ? '' : number}_${index}`,
        type: index % 3 === 0 ? 'string' : 'uint32',
        ...(number % 10 === 0 && index === 0 ? { key: true } : {}),
      })),
    },
  }))
  const instances = Array.from({ length: 2500 }, (_, number) => ({
    kind: 'instance',
    namespace,
    class: `Bench_Class${10 * (number % 600)}`,
    properties: { Property_0: `instance ${number}`, Property_1: number },
  }))
  const commits = [standardClasses(), classes, instances]
  const files = writeRepository({ startFiletime: 132914037192581826n, commits })
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes)
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1]

function measure(name, folder, iterations) {
  const started = performance.now()
  const run = spawnSync(process.execPath, [JOBS, name, folder, String(iterations)], { encoding: 'utf8' })
  const processMs = performance.now() - started
  if (run.status !== 0) throw new Error(`${name}: ${run.stderr}`)
  return { processMs, ...JSON.parse(run.stdout) }
}

let folder = options.input
let temporary
if (folder === undefined) {
  folder = mkdtempSync(join(tmpdir(), 'triad-bench-cim-'))
  temporary = folder
  if (existsSync(EVIDENCE)) unzipInto(folder, EVIDENCE)
  else await writeInto(folder)
}
const sizes = readdirSync(folder).map((name) => statSync(join(folder, name)).size)
const megabytes = sizes.reduce((sum, size) => sum + size, 0) / 1e6
console.log(
  `${sizes.length} files, ${megabytes.toFixed(1)} MB, node ${process.version}, median of ${options.runs}`,
)
const pad = (value, width) => String(typeof value === 'number' ? value.toFixed(1) : value).padStart(width)
console.log(
  `${'job'.padEnd(16)}${pad('warm ms', 9)}${pad('CPU', 8)}${pad('process ms', 12)}${pad('CPU', 8)}${pad('peak MB', 9)}${pad('process/read', 14)}  found`,
)
let plainRead
for (const name of ['nothing', 'read', 'list', 'decode', 'carve', 'subscriptions']) {
  const runs = Array.from({ length: Number(options.runs) }, () => measure(name, folder, 0))
  const warm = measure(name, folder, name === 'decode' ? 5 : 15)
  const processMs = median(runs.map((run) => run.processMs))
  const peakMb = Math.max(...runs.map((run) => run.peakMb))
  if (name === 'read') plainRead = processMs
  const ratio = plainRead === undefined ? '' : processMs / plainRead
  const found = JSON.stringify(warm.found)
  const processCpuMs = median(runs.map((run) => run.processCpuMs))
  console.log(
    `${name.padEnd(16)}${pad(warm.warmMs, 9)}${pad(warm.warmCpuMs, 8)}${pad(processMs, 12)}${pad(processCpuMs, 8)}${pad(peakMb, 9)}${pad(ratio, 14)}  ${found}`,
  )
  if (warm.diagnostics > 0) console.log(`  ${warm.diagnostics} diagnostics`)
}
if (temporary !== undefined) rmSync(temporary, { recursive: true })
