/** Process-creation events made from a seed: the same for the same number, on every machine. */

const IMAGES = [
  ['C:\\Windows\\System32\\svchost.exe', '-k netsvcs -p -s Schedule', 'Host Process for Windows Services'],
  ['C:\\Windows\\System32\\cmd.exe', '/c echo %ProcessId% >> c:\\temp\\log.txt', 'Windows Command Processor'],
  [
    'C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe',
    '-NoProfile -ExecutionPolicy Bypass -File C:\\ops\\inventory.ps1 -Run',
    'Windows PowerShell',
  ],
  [
    'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
    '--type=renderer --lang=en-GB --num-raster-threads=4 --enable-main-frame-before-activation --renderer-client-id=',
    'Google Chrome',
  ],
  ['C:\\Windows\\System32\\conhost.exe', '0xffffffff -ForceV1', 'Console Window Host'],
  ['C:\\Windows\\System32\\wbem\\WmiPrvSE.exe', '-secured -Embedding', 'WMI Provider Host'],
  [
    'C:\\Windows\\System32\\wbem\\WMIC.exe',
    '/namespace:\\\\root\\subscription PATH __EventFilter CREATE Name=',
    'WMI Commandline Utility',
  ],
  [
    'C:\\Windows\\System32\\rundll32.exe',
    'C:\\Windows\\System32\\shell32.dll,Control_RunDLL ',
    'Windows host process (Rundll32)',
  ],
  [
    'C:\\Program Files\\Microsoft Office\\root\\Office16\\OUTLOOK.EXE',
    '/recycle /session ',
    'Microsoft Outlook',
  ],
  ['C:\\Windows\\System32\\taskhostw.exe', 'Install $(Arg0) ', 'Host Process for Windows Tasks'],
]

const NAMES = [
  'RuleName',
  'UtcTime',
  'ProcessGuid',
  'ProcessId',
  'Image',
  'FileVersion',
  'Description',
  'Product',
  'Company',
  'OriginalFileName',
  'CommandLine',
  'CurrentDirectory',
  'User',
  'LogonGuid',
  'LogonId',
  'TerminalSessionId',
  'IntegrityLevel',
  'Hashes',
  'ParentProcessGuid',
  'ParentProcessId',
  'ParentImage',
  'ParentCommandLine',
]

/** A mixing function with good low bits (splitmix32). */
export function mix(number) {
  let z = (number + 0x9e3779b9) | 0
  z = Math.imul(z ^ (z >>> 16), 0x21f0aaad)
  z = Math.imul(z ^ (z >>> 15), 0x735a2d97)
  return (z ^ (z >>> 15)) >>> 0
}

const hex = (number, width) => number.toString(16).padStart(width, '0')
const START = Date.UTC(2024, 0, 1)

/** Sysmon 1 as a reader gives it. */
export function processEvent(index) {
  const a = mix(index)
  const b = mix(a ^ 0x51ed270b)
  const [image, arguments_, description] = IMAGES[a % IMAGES.length]
  const [parentImage, parentArguments] = IMAGES[b % IMAGES.length]
  const hash = `${hex(a % 4096, 8)}a94a8fe5ccb19ba61c4c0873d391e987`
  const host = `HOST${String(b % 500).padStart(4, '0')}.corp.example`
  const ms = START + index * 9
  const time = new Date(ms).toISOString()
  return {
    evidence: 'bench',
    offset: index * 1500,
    recordId: index,
    provider: 'Microsoft-Windows-Sysmon',
    channel: 'Microsoft-Windows-Sysmon/Operational',
    eventId: 1,
    timeFiletime: BigInt(ms) * 10000n + 116444736000000000n,
    computer: host,
    payload: 'EventData',
    names: NAMES,
    values: [
      '-',
      `${time.slice(0, 10)} ${time.slice(11, 23)}`,
      `{365ABB72-${hex(a & 0xffff, 4)}-5CE6-0000-00105DA5${hex(index & 0xffff, 4)}}`,
      String(1000 + (a % 30000)),
      image,
      '10.0.19041.1 (WinBuild.160101.0800)',
      description,
      'Microsoft® Windows® Operating System',
      'Microsoft Corporation',
      image.slice(image.lastIndexOf('\\') + 1),
      `"${image}" ${arguments_}${b}`,
      'C:\\Windows\\system32\\',
      `CORP\\user${b % 2000}`,
      `{365ABB72-${hex(b & 0xffff, 4)}-5CE6-0000-0020E7030000}`,
      `0x${hex(b % 1000000, 5)}`,
      String(b % 3),
      ['Low', 'Medium', 'High', 'System'][a % 4],
      `SHA1=${hash.slice(0, 40)},MD5=${hash.slice(0, 32)},SHA256=${hash}${hash.slice(0, 24)},IMPHASH=${hash.slice(0, 32)}`,
      `{365ABB72-${hex(b & 0xffff, 4)}-5CE6-0000-00105DA50C00}`,
      String(500 + (b % 9000)),
      parentImage,
      `"${parentImage}" ${parentArguments}${a % 1000}`,
    ],
  }
}
