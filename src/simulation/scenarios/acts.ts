import { WORKSTATION } from '../hosts.ts'
import type { SimulatedSubscription } from '../model.ts'
import type { Process, Recorder } from '../recorder.ts'

export const SYSTEM32: string = 'C:\\Windows\\System32\\'
export const POWERSHELL: string = `${SYSTEM32}WindowsPowerShell\\v1.0\\powershell.exe`
export const CMD: string = `${SYSTEM32}cmd.exe`
export const WMIC: string = `${SYSTEM32}wbem\\WMIC.exe`
export const MOFCOMP: string = `${SYSTEM32}wbem\\mofcomp.exe`
export const SVCHOST: string = `${SYSTEM32}svchost.exe`
export const WMIPRVSE: string = `${SYSTEM32}wbem\\WmiPrvSE.exe`
export const SCRCONS: string = `${SYSTEM32}wbem\\scrcons.exe`

/** Someone opens a console and works in it. */
export function console(recorder: Recorder, image: string, commandLine: string): Process {
  return recorder.process({
    image,
    commandLine,
    parentImage: 'C:\\Windows\\explorer.exe',
    parentCommandLine: 'C:\\Windows\\Explorer.EXE',
    directory: `C:\\Users\\${recorder.host.user}\\`,
  })
}

/** A command typed into that console. */
export function command(
  recorder: Recorder,
  image: string,
  commandLine: string,
  parent: string = CMD,
): Process {
  const process = recorder.process({
    image,
    commandLine,
    parentImage: parent,
    parentCommandLine: `"${parent}"`,
    directory: `C:\\Users\\${recorder.host.user}\\`,
  })
  recorder.wait(400)
  return process
}

/** The three objects appear in the repository: Sysmon tells each, WMI-Activity the binding. */
export function register(
  recorder: Recorder,
  subscription: SimulatedSubscription,
  options: { absolute?: boolean; provider?: string; user?: string } = {},
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

/** A command line consumer fires: the provider host starts the program as SYSTEM. */
export function runCommandConsumer(recorder: Recorder, image: string, commandLine: string): void {
  recorder.providerStarted('CommandLineEventConsumer', '%systemroot%\\system32\\wbem\\wbemcons.dll')
  recorder.process({
    image,
    commandLine,
    parentImage: WMIPRVSE,
    parentCommandLine: `${WMIPRVSE.toLowerCase()} -secured -Embedding`,
    integrity: 'System',
  })
}

/** A script consumer fires: its host is started through DCOM. */
export function runScriptConsumer(recorder: Recorder): void {
  recorder.providerStarted(
    'ActiveScriptEventConsumer',
    '%SystemRoot%\\system32\\wbem\\scrcons.exe',
    'scrcons.exe',
  )
  recorder.process({
    image: SCRCONS,
    commandLine: `${SCRCONS} -Embedding`,
    parentImage: SVCHOST,
    parentCommandLine: `${SVCHOST} -k DcomLaunch -p`,
    originalFileName: 'scrcons.exe',
    description: 'WMI Standard Event Consumer - scripting',
    integrity: 'System',
  })
}

/** Text for a PowerShell `-EncodedCommand`: base64 of UTF-16LE. */
export function encoded(text: string): string {
  return Buffer.from(text, 'utf16le').toString('base64')
}

export const CREATOR: string = WORKSTATION.userSid
