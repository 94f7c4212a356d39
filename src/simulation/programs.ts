/** What the version resource of a program says, as Sysmon shows it; `-` where a program has none. */
export interface ProgramVersion {
  readonly fileVersion: string
  readonly description: string
  readonly product: string
  readonly company: string
  readonly originalFileName: string
}

const UNKNOWN: ProgramVersion = {
  fileVersion: '-',
  description: '-',
  product: '-',
  company: '-',
  originalFileName: '-',
}

/** Image name → original file name and description. Of Windows 10, as recorded or as its files say. */
const WINDOWS: Readonly<Record<string, readonly [originalFileName: string, description: string]>> = {
  'certutil.exe': ['CertUtil.exe', 'CertUtil.exe'],
  'cmd.exe': ['Cmd.Exe', 'Windows Command Processor'],
  'cscript.exe': ['cscript.exe', 'Microsoft ® Console Based Script Host'],
  'explorer.exe': ['EXPLORER.EXE', 'Windows Explorer'],
  'mofcomp.exe': ['mofcomp.exe', 'The Managed Object Format (MOF) Compiler'],
  'mshta.exe': ['MSHTA.EXE', 'Microsoft (R) HTML Application host'],
  'msiexec.exe': ['msiexec.exe', 'Windows® installer'],
  'net.exe': ['net.exe', 'Net Command'],
  'powershell.exe': ['PowerShell.EXE', 'Windows PowerShell'],
  'robocopy.exe': ['robocopy.exe', 'Microsoft Robocopy'],
  'rundll32.exe': ['RUNDLL32.EXE', 'Windows host process (Rundll32)'],
  'scrcons.exe': ['scrcons.exe', 'WMI Standard Event Consumer - scripting'],
  'svchost.exe': ['svchost.exe', 'Host Process for Windows Services'],
  'wbemtest.exe': ['wbemtest.exe', 'WMI Test Tool'],
  'wevtutil.exe': ['wevtutil.exe', 'Eventing Command Line Utility'],
  'wmic.exe': ['wmic.exe', 'WMI Commandline Utility'],
  'wmiprvse.exe': ['Wmiprvse.exe', 'WMI Provider Host'],
  'wscript.exe': ['wscript.exe', 'Microsoft ® Windows Based Script Host'],
  'wsmprovhost.exe': ['wsmprovhost.exe', 'Host process for WinRM plug-ins'],
}

/** The version resource of an image; a copy under another name keeps that of the original (`copyOf`). */
export function programVersion(image: string, copyOf: string = image): ProgramVersion {
  const known = WINDOWS[copyOf.slice(copyOf.lastIndexOf('\\') + 1).toLowerCase()]
  if (known === undefined) return UNKNOWN
  return {
    fileVersion: '10.0.19041.1 (WinBuild.160101.0800)',
    description: known[1],
    product: 'Microsoft® Windows® Operating System',
    company: 'Microsoft Corporation',
    originalFileName: known[0],
  }
}
