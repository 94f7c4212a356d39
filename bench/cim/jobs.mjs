/**
 * One job over one repository folder, timed cold and warm: `node jobs.mjs NAME FOLDER ITERATIONS`. Prints one line of
 * JSON: milliseconds of reading the files, of the first run, of the median of the further ones; counts; peak memory.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openRepository, readSubscriptionObjects, recoverInstances } from '../../dist/records/cim/index.js'

const [, , name, folder, iterations] = process.argv

function load() {
  const read = (file) => readFileSync(join(folder, file))
  const mappings = readdirSync(folder).filter((file) => /\.(map|ver)$/i.test(file))
  return {
    source: folder,
    evidence: {},
    objects: read('OBJECTS.DATA'),
    index: read('INDEX.BTR'),
    mappings: mappings.sort().map((file) => ({ name: file, bytes: read(file) })),
  }
}

let diagnostics = 0
const report = () => {
  diagnostics += 1
}
const count = (items) => {
  let total = 0
  for (const _ of items) total += 1
  return total
}

/** What each job does with the bytes, and what it found. */
const JOBS = {
  nothing: () => ({}),
  read: () => ({ files: load().mappings.length + 2 }),
  list: (files) => ({ objects: count(openRepository(files, report).subscriptions()) }),
  decode: (files) => {
    const repository = openRepository(files, report)
    let classes = 0
    for (const namespace of repository.namespaces()) classes += count(repository.classes(namespace.name))
    return { classes, instances: count(repository.instances()) }
  },
  carve: (files) => ({ recovered: count(recoverInstances(files, report)) }),
  subscriptions: (files) => ({ objects: readSubscriptionObjects(files, report).length }),
}

const job = JOBS[name]
const started = performance.now()
const files = name === 'nothing' || name === 'read' ? undefined : load()
const readMs = performance.now() - started
const times = []
const cpuTimes = []
const cpuMs = () => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
let found = {}
for (let run = 0; run <= Number(iterations); run += 1) {
  const start = performance.now()
  const startCpu = cpuMs()
  found = job(files)
  times.push(performance.now() - start)
  cpuTimes.push(cpuMs() - startCpu)
}
const [coldMs, ...warm] = times
const median = (numbers) => numbers.sort((a, b) => a - b)[numbers.length >> 1]
const warmMs = median(warm)
const warmCpuMs = median(cpuTimes.slice(1))
const processCpuMs = cpuMs()
const peakMb = process.resourceUsage().maxRSS / 1024
console.log(JSON.stringify({ readMs, coldMs, warmMs, warmCpuMs, processCpuMs, peakMb, found, diagnostics }))
