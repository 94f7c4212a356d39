import { WORKSTATION } from '../hosts.ts'
import type { SimulatedSubscription } from '../model.ts'
import type { EventProvider, Process, Recorder } from '../recorder.ts'

export const SYSTEM32: string = 'C:\\Windows\\System32\\'
export const POWERSHELL: string = `${SYSTEM32}WindowsPowerShell\\v1.0\\powershell.exe`
export const CMD: string = `${SYSTEM32}cmd.exe`
export const WMIC: string = `${SYSTEM32}wbem\\WMIC.exe`
export const MOFCOMP: string = `${SYSTEM32}wbem\\mofcomp.exe`
export const SVCHOST: string = `${SYSTEM32}svchost.exe`
export const WMIPRVSE: string = `${SYSTEM32}wbem\\WmiPrvSE.exe`
export const SCRCONS: string = `${SYSTEM32}wbem\\scrcons.exe`

/** A program as the shell starts it: quoted, with a blank behind. */
function fromShell(image: string): string {
  return `"${image}" `
}

/** Someone opens a console and works in it. */
export function console(recorder: Recorder, image: string): Process {
  return recorder.process({
    image,
    commandLine: fromShell(image),
    parentImage: 'C:\\Windows\\explorer.exe',
    parentCommandLine: 'C:\\Windows\\Explorer.EXE',
    directory: `C:\\Users\\${recorder.host.user}\\`,
  })
}

/** A command typed into that console. cmd.exe puts a second blank behind the program it starts. */
export function command(
  recorder: Recorder,
  image: string,
  commandLine: string,
  parent: string = CMD,
): Process {
  const process = recorder.process({
    image,
    commandLine: parent === CMD ? commandLine.replace(' ', '  ') : commandLine,
    parentImage: parent,
    parentCommandLine: fromShell(parent),
    directory: `C:\\Users\\${recorder.host.user}\\`,
  })
  recorder.wait(400)
  return process
}

/** The three objects appear in the repository: Sysmon tells each, WMI-Activity the binding. */
export function register(
  recorder: Recorder,
  subscription: SimulatedSubscription,
  options: { absolute?: boolean; provider?: EventProvider; user?: string } = {},
): void {
  recorder.filterWritten(subscription, 'Created', options.user)
  recorder.consumerWritten(subscription, 'Created', options.user)
  recorder.bindingWritten(subscription, 'Created', options)
  recorder.bindingRegistered(subscription)
  if (options.provider !== undefined) recorder.queryStarted(subscription, options.provider)
}

/** They disappear again: only Sysmon tells; WMI-Activity has no event for a removal. */
export function unregister(recorder: Recorder, subscription: SimulatedSubscription, absolute = false): void {
  recorder.bindingWritten(subscription, 'Deleted', { absolute })
  recorder.consumerWritten(subscription, 'Deleted')
  recorder.filterWritten(subscription, 'Deleted')
}

/** A command line consumer fires: the provider host for SYSTEM starts, loads the provider and starts the program. */
export function runCommandConsumer(recorder: Recorder, image: string, commandLine: string): void {
  const hostLine = `${WMIPRVSE.toLowerCase().replace('c:', 'C:')} -secured -Embedding`
  const host = recorder.process({
    image: WMIPRVSE,
    commandLine: hostLine,
    parentImage: SVCHOST,
    parentCommandLine: `${SVCHOST} -k DcomLaunch -p`,
    integrity: 'System',
  })
  recorder.providerStarted('CommandLineEventConsumer', '%systemroot%\\system32\\wbem\\wbemcons.dll', host)
  recorder.process({
    image,
    commandLine,
    parentImage: WMIPRVSE,
    parentCommandLine: hostLine,
    integrity: 'System',
  })
}

/** A script consumer fires: its host is started through DCOM and announces itself as a provider. */
export function runScriptConsumer(recorder: Recorder): void {
  const host = recorder.process({
    image: SCRCONS,
    commandLine: `${SCRCONS} -Embedding`,
    parentImage: SVCHOST,
    parentCommandLine: `${SVCHOST} -k DcomLaunch -p`,
    integrity: 'System',
  })
  recorder.providerStarted('ActiveScriptEventConsumer', '%SystemRoot%\\system32\\wbem\\scrcons.exe', host)
}

/** Text for a PowerShell `-EncodedCommand`: base64 of UTF-16LE. */
export function encoded(text: string): string {
  return Buffer.from(text, 'utf16le').toString('base64')
}

export const CREATOR: string = WORKSTATION.userSid
