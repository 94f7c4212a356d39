/**
 * Megabytes and records a second of the EVTX reader beside a plain read of the same bytes and beside other readers.
 * `npm run build`, then `node bench/evtx/run.mjs [--input FILE ...] [--size MB] [--runs N]`. Every job is a process of its own,
 * measured whole (start-up included); the median of the runs counts.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { writeInput } from './input.mjs'

const { values: options } = parseArgs({
  options: {
    input: { type: 'string', multiple: true },
    size: { type: 'string', default: '300' },
    runs: { type: 'string', default: '5' },
    'slow-runs': { type: 'string', default: '1' },
  },
})
const JOBS = fileURLToPath(new URL('./jobs.mjs', import.meta.url))
if (!existsSync(new URL('../../dist/records/evtx/index.js', import.meta.url))) {
  console.error('run `npm run build` first: the bench measures dist')
  process.exit(2)
}

/** Runs a command to its end; `times` of the shell gives the processor time of just this child. */
function measure(command, args) {
  const started = process.hrtime.bigint()
  const script = '"$@"; status=$?; times >&2; exit $status'
  const run = spawnSync('sh', ['-c', script, 'sh', command, ...args], {
    encoding: 'utf8',
    maxBuffer: 1 << 30,
  })
  const wallMs = Number(process.hrtime.bigint() - started) / 1e6
  const clock = run.stderr.trim().split('\n').at(-1) ?? ''
  const cpuMs = [...clock.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, m, s]) => sum + (m * 60 + +s) * 1000,
    0,
  )
  return { wallMs, cpuMs, stdout: run.stdout, stderr: run.stderr, status: run.status }
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1]

function job(label, command, args, runs) {
  const all = Array.from({ length: runs }, () => measure(command, args))
  const last = all.at(-1)
  const failed = all.find((run) => run.status !== 0)
  if (failed !== undefined)
    return { label, failed: failed.stderr.match(/\w*Error.*/)?.[0] ?? `status ${failed.status}` }
  const wallMs = median(all.map((run) => run.wallMs))
  const cpuMs = median(all.map((run) => run.cpuMs))
  const counted = last.stdout.startsWith('{')
    ? JSON.parse(last.stdout)
    : { read: Number(last.stdout) || undefined }
  return { label, wallMs, cpuMs, counted }
}

const isInstalled = (name) => {
  try {
    createRequire(import.meta.url).resolve(`${name}/package.json`)
    return true
  } catch (error) {
    // A package that does not export its package.json is there all the same.
    return error.code === 'ERR_PACKAGE_PATH_NOT_EXPORTED'
  }
}

let folder
let files = options.input
if (files === undefined) {
  folder = mkdtempSync(join(tmpdir(), 'triad-bench-evtx-'))
  // Several files, because @ts-evtx/core refuses one of more than 100 MB.
  const count = Math.ceil(Number(options.size) / 75)
  files = Array.from({ length: count }, (_, index) => join(folder, `bench-${index}.evtx`))
  await writeInput(files, Number(options.size) * 1e6)
}
const megabytes = files.reduce((sum, file) => sum + statSync(file).size, 0) / 1e6
const runs = Number(options.runs)
const slowRuns = Number(options['slow-runs'])
const node = (name) => [process.execPath, ['--max-semi-space-size=2', JOBS, name, ...files]]
// `wc` counts the records of evtxexport, so that its output goes somewhere and costs what it costs.
const evtxexport = 'for f do evtxexport -f xml "$f"; done | grep -c "<Event "'

console.log(`${files.length} file(s), ${megabytes.toFixed(0)} MB, node ${process.version}`)
job('warm-up', ...node('read'), 1)
const results = [
  job('node does nothing', ...node('nothing'), runs),
  job('plain read', ...node('read'), runs),
  job('selective scan', ...node('selective'), runs),
  job('full decode', ...node('full'), runs),
]
if (spawnSync('evtxexport', ['-V']).status === 0) {
  results.push(job('evtxexport -f xml', 'sh', ['-c', evtxexport, 'sh', ...files], slowRuns))
} else {
  console.log('evtxexport is not installed (Debian: apt install libevtx-utils): left out')
}
for (const [name, packageName] of [
  ['winevtx', 'winevtx'],
  ['ts-evtx', '@ts-evtx/core'],
]) {
  if (isInstalled(packageName)) results.push(job(packageName, ...node(name), slowRuns))
  else console.log(`${packageName} is not installed (npm install in bench/evtx): left out`)
}
if (folder !== undefined) rmSync(folder, { recursive: true })

const [, read, selective] = results
const pad = (text, width) => String(text).padStart(width)
console.log(
  `${'job'.padEnd(20)}${pad('wall ms', 9)}${pad('CPU ms', 9)}${pad('MB/s', 8)}${pad('records/s', 11)}${pad('records', 10)}${pad('given', 9)}${pad('peak MB', 9)}${pad('wall/read', 11)}${pad('CPU/selective', 15)}`,
)
for (const { label, wallMs, cpuMs, counted, failed } of results) {
  if (failed) {
    console.log(`${label.padEnd(20)}  failed: ${failed}`)
    continue
  }
  const records = counted.read
  console.log(
    label.padEnd(20) +
      pad(wallMs.toFixed(0), 9) +
      pad(cpuMs.toFixed(0), 9) +
      pad((megabytes / (wallMs / 1000)).toFixed(0), 8) +
      pad(records === undefined ? '' : (records / (wallMs / 1000)).toFixed(0), 11) +
      pad(records ?? '', 10) +
      pad(counted.relevant ?? '', 9) +
      pad(counted.peakBytes === undefined ? '' : (counted.peakBytes / 1e6).toFixed(0), 9) +
      pad((wallMs / read.wallMs).toFixed(2), 11) +
      pad((cpuMs / selective.cpuMs).toFixed(1), 15),
  )
}
const full = results[3]
const peer = results.find((result) => result.label.startsWith('evtxexport'))
if (peer !== undefined && !peer.failed) {
  console.log(
    `full decode: ${(peer.cpuMs / full.cpuMs).toFixed(1)} times less processor time than evtxexport`,
  )
}
