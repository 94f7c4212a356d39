import { mofInstanceToCim, parseMof } from '../../lang/mof/index.ts'
import type { SideSignal } from '../model.ts'
import { decodeLayers } from '../payload/index.ts'
import { type Act, readingsOf } from './act.ts'
import { classesIn, subscriptionPart } from './classes.ts'
import { readCommandLine } from './command-line.ts'
import type { AuthoringContext, AuthoringKind, AuthoringReading } from './model.ts'
import { readPipeline } from './pipeline.ts'
import { evaluatePowerShell } from './powershell/evaluator.ts'
import { lexPowerShell } from './powershell/lexer.ts'
import { readScript } from './script.ts'
import { codeStatements, type Language } from './script-text.ts'

/** Longer texts are read up to here. The longest script block of evidence, joined, has 20,000 characters. */
const MAX_LENGTH = 500_000
const MAX_NESTED = 4

/** Words that any text about subscriptions has, once it is decoded. A quick look before the costly readers. */
const RELATED =
  /__event|eventfilter|eventconsumer|filtertoconsumer|timerinstruction|root[\\/]+subscription|wmipersist|wmibackdoor|maliciouswmi|wmievent|permanentwmi|mofcomp|winmgmt|wmieventsub|executevbs|autorecover|wbemtest|wmic|wbemscripting|winmgmts|wmiclass|wmiinstance|ciminstance|management(?:class|object)/i

/**
 * What `text` does with subscriptions: one reading per subscription that it makes or changes, one per object that it
 * reads or removes; none when it is unrelated. Decoded layers (encoded commands, base64, joined strings, carets) are
 * read when the plain text shows no act. Never throws, and takes bounded time on any text.
 */
export function readAuthoring(
  text: string,
  kind: AuthoringKind,
  context: AuthoringContext = {},
): readonly AuthoringReading[] {
  const source = text.slice(0, MAX_LENGTH)
  const plain = read(source, kind, context)
  if (plain.some(isAct)) return readingsOf(plain.filter(isAct), signalOf(kind))
  for (const { how, text: layer } of decodeLayers(source)) {
    if (!RELATED.test(layer)) continue
    // A folded command line is still a command line; what was encoded in it is PowerShell.
    const rewritten =
      /^\s*["']?[^\s]*(?:cmd|wmic|mofcomp|powershell|pwsh|reg|winmgmt)(?:\.exe)?["']?\s/i.test(layer)
    const layerKind = kind === 'commandLine' && !rewritten ? guessKind(layer) : kind
    const acts = read(layer, layerKind, rewritten ? context : {})
    if (!acts.some(isAct)) continue
    const hidden = !/base64|gzip|deflate|encoded/i.test(how)
    return readingsOf(
      acts.filter(isAct).map((act) => ({ ...act, splitNames: act.splitNames === true || hidden })),
      layerKind === 'commandLine' ? 'command-creates' : 'script-creates',
    ).map((reading) => ({ ...reading, decoded: [layer.slice(0, 20_000)] }))
  }
  return readingsOf(plain.length > 0 ? plain.slice(0, 1) : mentionsIn(source), signalOf(kind))
}

function isAct(act: Act): boolean {
  return act.verb !== 'mentions'
}

function signalOf(kind: AuthoringKind): SideSignal {
  return kind === 'commandLine' ? 'command-creates' : 'script-creates'
}

function read(text: string, kind: AuthoringKind, context: AuthoringContext, depth = 0): readonly Act[] {
  if (depth > MAX_NESTED) return []
  const original = context.originalFileName ?? context.image
  if (!RELATED.test(text) && !(kind === 'commandLine' && /(?:wmic|mofcomp)/i.test(original ?? ''))) return []
  switch (kind) {
    case 'commandLine':
      return readCommandLine(text, context, {
        powershell: (inner) => read(inner, 'powershell', {}, depth + 1),
        script: (inner) => read(inner, 'script', {}, depth + 1),
      })
    case 'powershell':
      return readPowerShell(text, depth)
    case 'script':
      return readScriptText(text)
    case 'pipeline':
      return /(?:^|Details:\s*)(?:CommandInvocation|ParameterBinding)\(/m.test(text)
        ? readPipeline(text)
        : readPowerShell(text, depth)
    default:
      return []
  }
}

function readPowerShell(text: string, depth: number): readonly Act[] {
  const acts = evaluatePowerShell(text, {
    commandLine: (inner) => read(inner, 'commandLine', {}, depth + 1),
    powershell: (inner) => read(inner, 'powershell', {}, depth + 1),
  })
  if (!acts.some(isAct)) {
    const left = unresolved(text)
    if (left.length > 0) return left
    const run = scriptsRun(text)
    return run.length > 0 ? run : writtenIn(text)
  }
  return acts.some(({ tool }) => tool === 'mofcomp') ? [...acts, ...compiledIn(lexPowerShell(text))] : acts
}

function readScriptText(text: string): readonly Act[] {
  const language = languageOf(text)
  const acts = readScript(text, language)
  if (acts.length > 0) return acts
  // Compiled-at-run-time C# and other code that is neither: its calls stand outside strings all the same.
  const code = codeStatements(text, language)
  const calls = code.map((statement) => statement.code).join('\n')
  const strings = code.flatMap((statement) => statement.strings).join('\n')
  const classes = classesIn(`${calls}\n${strings}`)
  return classes.length > 0 && /\b(?:SpawnInstance_|CreateInstance|PutInstance|Put_?)\s*\(?/.test(calls)
    ? [
        {
          verb: 'creates',
          tool: 'other',
          why: `the script names ${classes[0]} and calls a method that writes objects`,
          className: classes.join(' '),
        },
      ]
    : []
}

/** VBScript or JScript in a string of a script that also starts a script host: what that does. */
function scriptsRun(text: string): readonly Act[] {
  const tokens = lexPowerShell(text)
  const runs = tokens.some(({ kind, text: word }) => kind === 'word' && /^[cw]script(?:\.exe)?$/i.test(word))
  if (!runs) return []
  return tokens
    .filter(
      ({ kind, text: word }) =>
        (kind === 'string' || kind === 'expandable') && /winmgmts|wbemscripting/i.test(word),
    )
    .slice(0, 8)
    .flatMap(({ text: script }) => readScriptText(script))
    .filter(isAct)
}

/** MOF text that a script puts into a MOF file: what the file will make. */
function writtenIn(text: string): readonly Act[] {
  const tokens = lexPowerShell(text)
  const writes = tokens.some(({ kind, text: word }) => kind === 'word' && WRITES.test(word)) || />/.test(text)
  const isMof = tokens.some(({ text: word }) => word.length < 300 && /\.(?:mof|mfl)["']?$/i.test(word))
  return writes && isMof ? definedIn(tokens, 'powershell', 'writes a file of') : []
}

const WRITES = /^(?:out-file|set-content|add-content|tee-object|sc|ac|writealltext|writealllines)$/i

/** MOF text in a string of a script that also calls mofcomp: what it compiles. */
function compiledIn(tokens: ReturnType<typeof lexPowerShell>): readonly Act[] {
  return definedIn(tokens, 'mofcomp', 'compiles')
}

/** Subscription objects that MOF text in the strings of a script defines. */
function definedIn(
  tokens: ReturnType<typeof lexPowerShell>,
  tool: Act['tool'],
  verb: string,
): readonly Act[] {
  const texts = tokens.filter(
    ({ kind, text }) => (kind === 'string' || kind === 'expandable') && /\binstance\s+of\b/i.test(text),
  )
  return texts.slice(0, 8).flatMap(({ text }) => {
    const document = parseMof(text)
    const instances = document.statements.filter((statement) => statement.kind === 'instance')
    return instances
      .filter(({ className }) => subscriptionPart(className) !== undefined)
      .slice(0, 64)
      .map((instance): Act => {
        const { className, properties } = mofInstanceToCim(instance, document)
        return {
          verb: 'creates',
          tool,
          why: `the script ${verb} MOF text with an instance of ${className}`,
          className,
          namespace: instance.namespace,
          ...(instance.host === undefined ? {} : { host: instance.host }),
          properties: Object.fromEntries(properties.map(({ name, value }) => [name, value])),
        }
      })
  })
}

/**
 * A script whose calls could not be followed, but whose code (not its strings and comments) calls what writes
 * subscriptions: `$c.Put()` on an object that came from elsewhere.
 */
function unresolved(text: string): readonly Act[] {
  const tokens = lexPowerShell(text)
  const classes = new Set<string>()
  let writes = false
  for (const [index, token] of tokens.entries()) {
    if (token.kind === 'word' && /^(?:put|put_|createinstance|putinstance)$/i.test(token.text)) {
      const before = tokens[index - 1]
      if (before?.kind === 'punctuation' && (before.text === '.' || before.text === '::')) writes = true
    }
    if (
      token.kind === 'word' ||
      ((token.kind === 'string' || token.kind === 'expandable') && token.text.length < 120)
    )
      for (const name of classesIn(token.text)) classes.add(name)
    // C# for Add-Type stands in one long string.
    if (
      (token.kind === 'string' || token.kind === 'expandable') &&
      /\b(?:ManagementClass|CimInstance)\b/.test(token.text) &&
      /\b(?:CreateInstance|Put|PutInstance)\s*\(/.test(token.text)
    ) {
      const named = classesIn(token.text)
      if (named.length > 0 && /\badd-type\b/i.test(text)) {
        writes = true
        for (const name of named) classes.add(name)
      }
    }
  }
  if (!writes || classes.size === 0) return []
  const names = [...classes].sort()
  return [
    {
      verb: 'creates',
      tool: /\badd-type\b/i.test(text) ? 'dotnet' : 'powershell',
      why: `the script names ${names.join(', ')} and calls a method that writes objects`,
      className: names.join(' '),
    },
  ]
}

function mentionsIn(text: string): readonly Act[] {
  const classes = classesIn(text)
  if (classes.length === 0) return []
  const rule =
    /\b(?:detection|logsource|falsepositives|DeviceProcessEvents|DeviceEvents|SecurityEvent|index=|sourcetype|has_any|mitre|T1546)\b/i.test(
      text,
    )
  const why = rule
    ? `a rule or document about detection names ${classes.join(', ')}; nothing is done with them`
    : `the text names ${classes.join(', ')} but does nothing with them`
  return [{ verb: 'mentions', tool: 'other', why, className: classes.join(' ') }]
}

function guessKind(text: string): AuthoringKind {
  const head = text.slice(0, 20_000)
  const visual = /\b(?:Dim\s+\w|Set\s+\w+\s*=|CreateObject\s*\(|End\s+Sub)/i.test(head)
  const java = /\b(?:var\s+\w+\s*=|new\s+ActiveXObject)/.test(head)
  // A script that PowerShell carries as text is its cargo: the cmdlet around it tells the language.
  const shell =
    /\$\w+\s*=|-\w+Object\b|New-Object|\b(?:Set-WmiInstance|New-CimInstance|swmi|ncim)\b|\[wmiclass\]/i.test(
      head,
    )
  return (visual || java) && !shell ? 'script' : 'powershell'
}

function languageOf(text: string): Language {
  return /\b(?:var\s+[\w$]+\s*[=;]|new\s+ActiveXObject|function\s*\([^)]*\)\s*\{|\}\s*catch\s*\()/.test(text)
    ? 'jscript'
    : 'vbscript'
}
