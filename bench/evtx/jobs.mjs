/** One measured job in a process of its own: `node jobs.mjs JOB FILE...` prints what it counted as JSON. */
import { closeSync, openSync, readFileSync, readSync } from 'node:fs'

const DIST = new URL('../../dist/', import.meta.url)

/** The events that the WMI detections want: about 3 % of the records of real logs. */
const WANTED = new Map([
  ['microsoft-windows-sysmon', new Set([1, 11, 12, 13, 19, 20, 21])],
  ['microsoft-windows-security-auditing', new Set([4688])],
  ['microsoft-windows-wmi-activity', new Set([5857, 5858, 5859, 5860, 5861])],
  ['microsoft-windows-powershell', new Set([4103, 4104])],
])

/** The same bytes through one reused 512 KiB buffer: what no reader can beat. */
function plainRead(files) {
  const buffer = new Uint8Array(8 * 65536)
  let bytes = 0
  for (const file of files) {
    const descriptor = openSync(file, 'r')
    for (let size = 1; size > 0; bytes += size) size = readSync(descriptor, buffer, 0, buffer.length, null)
    closeSync(descriptor)
  }
  return { bytes }
}

async function scan(files, selection) {
  const { scanEvtxFile } = await import(new URL('records/evtx/node/scan-file.js', DIST).href)
  const totals = { read: 0, relevant: 0, damaged: 0, recovered: 0, values: 0 }
  for (const file of files) {
    const sink = (event) => {
      totals.values += event.values.length
    }
    const counts = scanEvtxFile(file, {
      evidence: file,
      source: file,
      selection,
      sink,
      report: () => undefined,
    })
    for (const key of Object.keys(counts)) totals[key] += counts[key]
  }
  return totals
}

async function winevtx(files) {
  const { parseEvtxFile } = await import('winevtx')
  let read = 0
  for (const file of files) {
    for (const record of parseEvtxFile(readFileSync(file))) if (record.event !== undefined) read += 1
  }
  return { read }
}

async function tsEvtx(files) {
  const { evtx } = await import('@ts-evtx/core')
  let read = 0
  for (const file of files) {
    await evtx(file).forEach(() => {
      read += 1
    })
  }
  return { read }
}

const JOBS = {
  nothing: () => ({}),
  read: plainRead,
  selective: (files) => scan(files, WANTED),
  full: (files) => scan(files, 'all'),
  winevtx,
  'ts-evtx': tsEvtx,
}

const [name, ...files] = process.argv.slice(2)
const counted = await JOBS[name](files)
console.log(JSON.stringify({ ...counted, peakBytes: process.resourceUsage().maxRSS * 1024 }))
