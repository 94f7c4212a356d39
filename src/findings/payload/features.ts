import { hasEncodedCommand } from './base64.ts'
import { type CommandParts, programName } from './command-line.ts'
import { addressesIn, hostsIn, pathsIn, sharesIn, urlsIn } from './indicators.ts'
import { extensionOf, hasStream, inDriveRoot, inFolder, isUnqualified, normalPath } from './paths.ts'
import type { DecodedLayer, PayloadFeature, PayloadLists } from './types.ts'

/** What features are looked for in: the payload as written, and what it hides. */
export interface FeatureInput {
  readonly text: string
  readonly isScript: boolean
  readonly command?: CommandParts
  /** Files that the consumer itself names: ExecutablePath, ScriptFileName. */
  readonly files: readonly string[]
  readonly layers: readonly DecodedLayer[]
  readonly lists: PayloadLists
}

const HIDDEN_WINDOW =
  /[-/\u2013\u2014]w(?:i(?:n(?:d(?:o(?:w(?:s(?:t(?:y(?:le?)?)?)?)?)?)?)?)?)?[\s:]+["']?(?:h|1\b)/i
const NO_PROFILE = /[-/\u2013\u2014]no(?:p(?:rofile)?|ni\w*)\b/i

const LOADS_CODE =
  /assembly\]?\s{0,9}(?:::|\.)\s{0,9}(?:unsafe)?load|\[(?:system\.)?reflection\.assembly\]|appdomain[^\n]{0,60}load\(|binaryformatter|frombase64transform|dynamicwrapperx|virtualalloc|createthread|writeprocessmemory|getdelegateforfunctionpointer|\.deserialize_?\d?\s{0,9}\(|downloadstring\s{0,9}\(|downloaddata\s{0,9}\(|adodb\.stream|msxml2\.(?:server)?xmlhttp|microsoft\.xmlhttp|winhttp\.winhttprequest|winhttprequest|getobject\s{0,9}\(\s{0,9}["']script(?:let)?:|\/i:\s{0,9}["']?(?:https?|ftp):|mshta(?:\.exe)?["']?\s{1,9}["']?(?:javascript|vbscript):|\b(?:eval|execute|executeglobal)\s{0,9}\(?\s{0,9}request/i
/** By name, or by class identifier: `new:{72C24DD5-…}` makes a WScript.Shell. */
const SHELL_OBJECT =
  /wscript\.shell|shell\.application|winhttp|xmlhttp|getobject\s{0,9}\(\s{0,9}["']new:|72c24dd5-d70a-438b-8a42-98424b88afb8|13709620-c279-11ce-a49e-444553540000|9ba05972-f6a8-11cf-a442-00a0c90a8f39/i
const DOWNLOAD_AND_RUN =
  /(?:iex|invoke-expression)\b[^\n]{0,400}(?:invoke-webrequest|iwr\b|irm\b|invoke-restmethod|webclient|curl\b|wget\b)|(?:invoke-webrequest|iwr\b|irm\b|invoke-restmethod|webclient)[^\n]{0,400}\|\s{0,9}(?:iex|invoke-expression)\b/i
const DAV = /davwwwroot|@ssl\\/i

const RUNS_TEXT =
  /\b(?:iex|invoke-expression|execute|executeglobal|eval|scriptblock\]?::create|frombase64string|frombase64transform|decrypt\w{0,40}|assembly|createdecryptor|-encodedcommand|-enc?\b|bxor)\b|\.invoke\(|&\s{0,9}\(|createtextfile|\.run\b/i
const READS_CLASS =
  /\[wmiclass\]|managementclass|\.properties_?\s{0,9}(?:\[|\(|\.item)|(?:get-wmiobject|gwmi|get-ciminstance|get-cimclass)[^\n|]{0,200}(?:\)\s{0,9}\.|\|\s{0,9}select(?:-object)?\s{1,9}-exp)|\.(?:get|instancesof|execquery)\s{0,9}\([^\n]{0,200}\)[\s\S]{0,400}\.(?:properties_|payload|data|code|script|value)\b/i
const READS_REGISTRY =
  /get-itemproperty(?:value)?\b|\bgp\s{1,9}["']?hk(?:lm|cu)|\bhk(?:lm|cu):|registry\]?::(?:getvalue|localmachine|currentuser)|regread\b|\bhkey_(?:local_machine|current_user)\b|stdregprov|opensubkey|\.getvalue\(/i

const layerCounts = (layer: DecodedLayer): boolean =>
  /base64|gzip|deflate|zlib|UTF-16|character codes|hex digits|percent|exclusive-or|each code/.test(layer.how)

/** True when the text calls PowerShell with an encoded command, or hidden and without profile or prompt. */
function isEncodedPowerShell(text: string): boolean {
  if (!/powershell|pwsh/i.test(text)) return false
  return hasEncodedCommand(text) || (HIDDEN_WINDOW.test(text) && NO_PROFILE.test(text))
}

/** Text of Microsoft's Script Encoder (`VBScript.Encode`, `JScript.Encode`), which the script engine decodes as it runs. */
export const ENCODED_SCRIPT: RegExp = /#@~\^[A-Za-z0-9+/]{6}==/

function loadsCode(texts: readonly string[], layers: readonly DecodedLayer[]): string | undefined {
  if (layers.some((layer) => layer.how.includes('.NET object'))) return 'unpacks a serialized .NET object'
  if (layers.some((layer) => layer.how.includes('Windows program'))) return 'carries a program inside itself'
  if (texts.some((text) => ENCODED_SCRIPT.test(text)))
    return 'the text of the script is encoded (#@~^) so that nobody can read it'
  for (const text of texts) {
    const match = LOADS_CODE.exec(text) ?? DOWNLOAD_AND_RUN.exec(text)
    if (match !== null) return `uses ${shorten(match[0], 40)}`
  }
  return undefined
}

function networkPlaces(texts: readonly string[], lists: PayloadLists): readonly string[] {
  return texts.flatMap((text) => [
    ...urlsIn(text, lists.schemaHosts),
    ...addressesIn(text),
    ...hostsIn(text),
    ...sharesIn(text).filter((share) => !/^\\\\[^\\]+\\(?:sysvol|netlogon)\\/i.test(share)),
    ...(DAV.test(text) ? ['a WebDAV folder'] : []),
  ])
}

/** Why the place of a program or script is unusual; `undefined` when it is not one or lies where programs lie. */
export function unusualPlace(path: string, lists: PayloadLists, isRun = false): string | undefined {
  const normal = normalPath(path)
  if (hasStream(normal)) return 'it is hidden in a stream of another file'
  if (!isRun && !lists.programExtensions.includes(extensionOf(normal))) return undefined
  if (inDriveRoot(normal)) return 'it lies in the root of a drive'
  if (!inFolder(normal, lists.unusualFolders)) return undefined
  if (/\\system32\\wbem\\[^\\]+$/.test(normal) && lists.wbemPrograms.includes(programName(normal)))
    return undefined
  return 'its folder is one where programs do not belong, or where users may write'
}

function launchedPrograms(text: string, lists: PayloadLists): readonly string[] {
  const pattern =
    /(?:^|[\s"'(&|;=])((?:[a-z]:|%\w+%)[\\/][^\s"'<>|]{1,200}[\\/])?([a-z0-9_]{2,24})(?:\.exe)?(?=["']?\s+\S|["']?\s*$|["'])/gim
  const found: string[] = []
  for (const match of text.slice(0, 65_536).matchAll(pattern)) {
    const name = (match[2] ?? '').toLowerCase()
    if (lists.lolbins.includes(name) && name.length > 2 && !lists.lolbinsWithArguments.includes(name))
      found.push(name)
    if (found.length >= 4) break
  }
  return found
}

function lolbin(input: FeatureInput, isEncoded: boolean): PayloadFeature | undefined {
  const { command, lists, text } = input
  const covered = ['powershell', 'pwsh', 'cmd']
  const name = command === undefined ? undefined : programName(command.program)
  const counts = (program: string, hasArguments: boolean): boolean =>
    lists.lolbins.includes(program) &&
    (hasArguments || !lists.lolbinsWithArguments.includes(program)) &&
    !(isEncoded && covered.includes(program))
  for (const file of [...(name === undefined ? [] : [name]), ...input.files.map(programName)]) {
    if (counts(file, (command?.arguments.length ?? 0) > 0)) {
      return {
        id: 'payload/lolbin',
        text: `The program is ${file}, which runs or fetches whatever it is told to`,
      }
    }
  }
  if (input.isScript && !/\.run\b|\.exec\b|shellexecute|win32_process|start-process|\bshell\b/i.test(text))
    return undefined
  if (!input.isScript && name !== undefined && !lists.lolbins.includes(name)) return undefined
  const inner = launchedPrograms(text, lists).find((program) => counts(program, true) && program !== name)
  if (inner === undefined) return undefined
  return { id: 'payload/lolbin', text: `It starts ${inner}, which runs or fetches whatever it is told to` }
}

const SCRIPT_HOSTS = ['cscript', 'wscript', 'mshta', 'python', 'perl', 'rundll32', 'regsvr32']

function relative(input: FeatureInput, isEncoded: boolean): PayloadFeature | undefined {
  const { command, files, lists } = input
  const named = files.find((file) => isUnqualified(file))
  if (named !== undefined)
    return {
      id: 'payload/relative',
      text: `${named} has no full path: whoever can put a file of that name where Windows looks first decides what runs`,
    }
  if (command === undefined) return undefined
  const name = programName(command.program)
  if (
    files.length === 0 &&
    isUnqualified(command.program) &&
    !(isEncoded && ['powershell', 'pwsh', 'cmd'].includes(name))
  ) {
    return {
      id: 'payload/relative',
      text: `${command.program} has no full path: whoever can put a file of that name where Windows looks first decides what runs`,
    }
  }
  if (!SCRIPT_HOSTS.includes(name)) return undefined
  const script = command.arguments.find((argument) => !/^[-/]/.test(argument))
  const file = script?.split(',')[0] ?? ''
  if (!isUnqualified(file) || !lists.programExtensions.includes(extensionOf(file.toLowerCase())))
    return undefined
  return {
    id: 'payload/relative',
    text: `${file} has no full path: whoever can put a file of that name where Windows looks first decides what runs`,
  }
}

function tampering(texts: readonly string[], lists: PayloadLists): PayloadFeature | undefined {
  for (const text of texts) {
    const lower = text.toLowerCase()
    const log = lists.logTampering.find((words) => lower.includes(words))
    if (log !== undefined)
      return {
        id: 'payload/tampering',
        text: `It touches the logs or the protection of the machine (${log})`,
      }
    const type = lists.subscriptionClasses.find((name) => lower.includes(name))
    if (type !== undefined)
      return {
        id: 'payload/tampering',
        text: `Its own text names ${type}: it deals with subscriptions itself`,
      }
    const process = lists.securityProcesses.find((name) => {
      const at = lower.indexOf(name)
      if (at === -1) return false
      return name.length > 5 ? new RegExp(`\\b${name}\\b`).test(lower) : lower.includes(`${name}.exe`)
    })
    if (process !== undefined)
      return { id: 'payload/tampering', text: `Its text names ${process}, a tool of defenders` }
  }
  return undefined
}

/** Files that a program which runs its argument is given, whatever they are called. */
function runArguments({ command, lists }: FeatureInput): readonly string[] {
  if (command === undefined || !lists.runsItsArgument.includes(programName(command.program))) return []
  const rooted = /^(?:[a-z]:[\\/]|%[a-z_]{1,40}%[\\/])/i
  return command.arguments
    .map((argument, at) => (rooted.test(argument) ? wholePath(command.arguments, at) : ''))
    .filter((argument) => argument !== '')
}

const MAX_PATH_WORDS = 8

/** `C:\Program`, `Files\a.dll`: a path that nobody quoted, put together again up to the word with an extension. */
function wholePath(words: readonly string[], at: number): string {
  const plain = (text: string): string => text.replace(/,[#\w@]{1,64}$/, '')
  for (let end = at + 1; end <= Math.min(words.length, at + MAX_PATH_WORDS); end += 1) {
    const path = plain(words.slice(at, end).join(' '))
    if (extensionOf(path.toLowerCase()) !== '') return path
    if (/^[-/]/.test(words[end] ?? '')) break
  }
  return plain(words[at] ?? '')
}

const shorten = (text: string, length: number): string =>
  text.length <= length ? text : `${text.slice(0, length - 1)}…`

/** What the payload does or is, one entry per row of SCORING table B that applies, and whether rule 2 is met. */
export function payloadFeatures(input: FeatureInput): {
  readonly features: readonly PayloadFeature[]
  readonly reachesOut: boolean
  readonly hidesCode: boolean
} {
  const { lists, layers } = input
  const whole = [input.text, ...input.files].filter((text) => text !== '')
  const texts = [...whole, ...layers.map((layer) => layer.text)]
  const features: PayloadFeature[] = []
  const isEncoded = texts.some(isEncodedPowerShell)
  if (isEncoded) {
    features.push({
      id: 'payload/encoded-powershell',
      text: 'It starts PowerShell with an encoded command or out of sight',
    })
  }
  const loads = loadsCode(texts, layers)
  const usesShell = texts.some((text) => SHELL_OBJECT.test(text))
  if (loads !== undefined)
    features.push({
      id: 'payload/memory-code',
      text: `It brings in code or data from elsewhere or unpacks it in memory: ${loads}`,
    })
  else if (usesShell)
    features.push({
      id: 'payload/memory-code',
      text: 'The script uses objects that start programs or fetch data',
    })
  const places = networkPlaces(texts, lists)
  if (places[0] !== undefined) {
    features.push({
      id: 'payload/network',
      text: `It names a place on the network: ${shorten(places[0], 120)}`,
    })
  }
  const stored = texts.some(
    (text) => RUNS_TEXT.test(text) && (READS_CLASS.test(text) || READS_REGISTRY.test(text)),
  )
  const hidden = layers.filter(layerCounts).map((layer) => layer.text)
  const hiddenBad =
    hidden.some((text) => isEncodedPowerShell(text) || SHELL_OBJECT.test(text)) ||
    loadsCode(hidden, layers.filter(layerCounts)) !== undefined ||
    networkPlaces(hidden, lists).length > 0 ||
    hidden.some((text) => RUNS_TEXT.test(text) && (READS_CLASS.test(text) || READS_REGISTRY.test(text)))
  if (hiddenBad)
    features.push({ id: 'payload/decoded', text: 'This shows only after decoding what the payload hides' })
  const run = runArguments(input)
  const candidates = [
    ...input.files,
    ...(input.command === undefined ? [] : [input.command.program]),
    ...run,
    ...texts.flatMap(pathsIn),
  ]
  for (const path of candidates) {
    const why = unusualPlace(path, lists, run.includes(path))
    if (why === undefined) continue
    features.push({ id: 'payload/unusual-path', text: `It uses ${shorten(path, 120)}: ${why}` })
    break
  }
  for (const feature of [lolbin(input, isEncoded), relative(input, isEncoded), tampering(texts, lists)]) {
    if (feature !== undefined) features.push(feature)
  }
  if (input.command?.unquotedSpaces === true) {
    features.push({
      id: 'payload/unquoted',
      text: `The path ${input.command.program} has spaces and no quotes: Windows tries shorter names first`,
    })
  }
  if (stored)
    features.push({
      id: 'payload/stored',
      text: 'It reads what it runs from a WMI class or from the registry',
    })
  return {
    features,
    reachesOut: loads !== undefined || places.length > 0,
    hidesCode: loads !== undefined || hiddenBad,
  }
}
