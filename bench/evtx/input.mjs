import { closeSync, openSync, writeSync } from 'node:fs'

const DIST = new URL('../../dist/', import.meta.url)
const FILE_HEADER_SIZE = 4096
const CHUNK_SIZE = 65536

/** A small generator of repeatable numbers (mulberry32): the same input in every run. */
function random(seed) {
  let state = seed
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0
    let value = Math.imul(state ^ (state >>> 15), 1 | state)
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value
    return ((value ^ (value >>> 14)) >>> 0) % limit
  }
}

const SECURITY = '{54849625-5478-4994-A5BA-3E3B0328C30D}'
const SYSMON = '{5770385F-C22A-43E0-BF4C-06F5698FFBD9}'
const WMI = '{1418EF04-B0B4-4623-BF7E-D74AB47BBDAA}'

/** Events in the mix of a real machine: logons, registry reads, store noise; 3 % that the WMI detections want. */
function makeEvents(count) {
  const next = random(20260101)
  const events = []
  for (let index = 0; index < count; index += 1) {
    const common = {
      time: 132_914_201_101_234_567n + BigInt(index) * 731_003n,
      computer: 'DESKTOP-BENCH01',
      processId: 600 + next(4000),
      threadId: 700 + next(4000),
    }
    const pick = next(100)
    if (pick < 2) events.push({ ...common, ...processCreate(next, index) })
    else if (pick < 3) events.push({ ...common, ...providerStarted(next) })
    else if (pick < 45) events.push({ ...common, ...logon(next, index) })
    else events.push({ ...common, ...store(next, index) })
  }
  return events
}

const processCreate = (next, index) => ({
  provider: 'Microsoft-Windows-Sysmon',
  providerGuid: SYSMON,
  channel: 'Microsoft-Windows-Sysmon/Operational',
  eventId: 1,
  version: 5,
  userSid: 'S-1-5-18',
  eventData: [
    ['RuleName', ''],
    ['UtcTime', '2022-03-10 21:08:30.123'],
    ['ProcessGuid', { type: 'guid', value: SYSMON }],
    ['ProcessId', 1000 + next(9000)],
    ['Image', `C:\\Windows\\System32\\svc${next(400)}.exe`],
    ['CommandLine', `"C:\\Windows\\System32\\svc.exe" -k netsvcs -p -s Task${index}`],
    ['User', 'NT AUTHORITY\\SYSTEM'],
    ['Hashes', 'SHA1=ECA93AAAA5039E12D2F0CC3F0C8F5AF8FDB15C71,MD5=E11683E4A1E88666DD5E0331F969E0C6'],
    ['ParentImage', 'C:\\Windows\\System32\\services.exe'],
    ['ParentCommandLine', 'C:\\Windows\\System32\\services.exe'],
  ],
})

const providerStarted = (next) => ({
  provider: 'Microsoft-Windows-WMI-Activity',
  providerGuid: WMI,
  channel: 'Microsoft-Windows-WMI-Activity/Operational',
  eventId: 5857,
  userData: {
    element: 'Operation_StartedOperational',
    namespace: 'http://manifests.microsoft.com/win/2006/windows/WMI',
    fields: [
      ['ProviderName', 'CIMWin32'],
      ['Code', { type: 'hexInt32', value: 0 }],
      ['HostProcess', 'wmiprvse.exe'],
      ['ProcessID', 1000 + next(9000)],
      ['ProviderPath', '%systemroot%\\system32\\wbem\\cimwin32.dll'],
    ],
  },
})

const logon = (next, index) => ({
  provider: 'Microsoft-Windows-Security-Auditing',
  providerGuid: SECURITY,
  channel: 'Security',
  eventId: 4624,
  version: 2,
  eventData: [
    ['SubjectUserSid', { type: 'sid', value: 'S-1-5-18' }],
    ['SubjectUserName', 'DESKTOP-BENCH01$'],
    ['SubjectDomainName', 'WORKGROUP'],
    ['SubjectLogonId', { type: 'hexInt64', value: 0x3e7 }],
    ['TargetUserSid', { type: 'sid', value: 'S-1-5-21-1004336348-1177238915-682003330-1001' }],
    ['TargetUserName', `user${next(40)}`],
    ['TargetLogonId', { type: 'hexInt64', value: 0x10000 + index }],
    ['LogonType', 5],
    ['LogonProcessName', 'Advapi  '],
    ['AuthenticationPackageName', 'Negotiate'],
    ['LogonGuid', { type: 'guid', value: '{00000000-0000-0000-0000-000000000000}' }],
    ['ProcessId', { type: 'hexInt64', value: 0x2b0 }],
    ['ProcessName', 'C:\\Windows\\System32\\services.exe'],
    ['IpAddress', '-'],
  ],
})

const store = (next, index) => ({
  provider: 'Microsoft-Windows-Store',
  providerGuid: '{9C2A37F3-E5FD-5CAE-BCD1-43DAFEEE1FF0}',
  channel: 'Microsoft-Windows-Store/Operational',
  eventId: 8000 + next(30),
  eventData: [
    ['Message', `Request ${index} for package family ${next(900)} completed with status ${next(7)}`],
    ['Function', 'StoreAgent::OnProgressChanged'],
    ['Source', 'onecoreuap\\enduser\\winstore\\agent\\lib\\storeagent.cpp'],
    ['Line Number', next(4000)],
  ],
})

/**
 * Writes logs of together at least `sizeBytes`: one run of chunks by the project's own writer, repeated, since chunks
 * stand for themselves. Decoding costs the same as if they all differed.
 */
export async function writeInput(paths, sizeBytes) {
  const { writeEvtx } = await import(new URL('records/evtx/write/index.js', DIST).href)
  const events = makeEvents(20_000)
  const chunksBytes = writeEvtx(events).length - FILE_HEADER_SIZE
  const repeats = Math.ceil(sizeBytes / paths.length / chunksBytes)
  // Readers that trust the header's chunk count have to see all chunks too.
  const log = writeEvtx(events, { headerChunkCount: (repeats * chunksBytes) / CHUNK_SIZE })
  for (const path of paths) {
    const descriptor = openSync(path, 'w')
    writeSync(descriptor, log, 0, FILE_HEADER_SIZE)
    for (let repeat = 0; repeat < repeats; repeat += 1) writeSync(descriptor, log, FILE_HEADER_SIZE)
    closeSync(descriptor)
  }
}
