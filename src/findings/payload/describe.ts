import type { ConsumerFacts } from '../model.ts'
import { consumerText, logFileCode, withProgram } from './analyse.ts'
import { withoutComments } from './comments.ts'
import { describeCommand } from './describe-command.ts'
import { describeScript, languageName } from './describe-script.ts'
import { ENCODED_SCRIPT } from './features.ts'
import { defang } from './indicators.ts'
import type { Payload, PayloadLists } from './types.ts'

const show = (text: string, length = 120): string => {
  const line = defang(text.replace(/\s+/g, ' ').trim())
  return line.length <= length ? line : `${line.slice(0, length - 1)}…`
}

/** What a consumer does, in words for someone who has never heard of WMI; begins with a verb, no full stop. */
export function describeAction(
  consumer: ConsumerFacts | undefined,
  payload: Payload,
  lists: PayloadLists,
): string {
  if (consumer === undefined) return 'does something that the evidence does not show'
  const read = (name: string): string | undefined => consumerText(consumer, name)
  switch (payload.kind) {
    case 'command': {
      const executable = read('ExecutablePath')
      const template = withProgram(read('CommandLineTemplate'), executable) ?? executable
      if (template === undefined) return 'runs a program as SYSTEM; which one, the evidence does not show'
      return describeCommand(template, payload.layers, executable)
    }
    case 'script':
      return describeScriptConsumer(consumer, payload)
    case 'log-file': {
      const file = show(read('Filename') ?? 'a file that the evidence does not name')
      const text = read('Text')
      const code = logFileCode(consumer, lists)
      const written = text === undefined ? 'text' : `the text "${show(text, 100)}"`
      return code === undefined
        ? `writes ${written} to ${file} and runs nothing`
        : `writes ${written} to ${file}; ${code}`
    }
    case 'mail': {
      const to = read('ToLine')
      return `sends a mail${to === undefined ? '' : ` to ${show(to)}`}${read('SMTPServer') === undefined ? '' : ` through ${show(read('SMTPServer') ?? '')}`}`
    }
    case 'event-log':
      return `writes an entry to the event log${read('SourceName') === undefined ? '' : ` in the name of "${show(read('SourceName') ?? '')}"`} and runs nothing`
    default: {
      if (consumer.class === undefined || /^__eventconsumer$/i.test(consumer.class))
        return 'is carried out by a part of which the evidence does not tell the class; it may run code as SYSTEM'
      return `is carried out by a part called ${show(consumer.class)} that is not one of Windows' own; what it does is not known, and it may run code as SYSTEM${settingsOf(consumer)}`
    }
  }
}

const MAX_SETTINGS = 4

/** Text that an unknown class is set up with: the only trace of what it may do. */
function settingsOf(consumer: ConsumerFacts): string {
  const texts = Object.entries(consumer.properties).filter(
    (entry): entry is [string, string] =>
      typeof entry[1] === 'string' && entry[1].trim() !== '' && !/^(?:name|machinename)$/i.test(entry[0]),
  )
  if (texts.length === 0) return ''
  const shown = texts.slice(0, MAX_SETTINGS).map(([name, text]) => `${show(name, 40)} "${show(text, 100)}"`)
  const more = texts.length > MAX_SETTINGS ? ` and ${texts.length - MAX_SETTINGS} more` : ''
  return `; it is set up with ${shown.join(', ')}${more}`
}

function describeScriptConsumer(consumer: ConsumerFacts, payload: Payload): string {
  const text = consumerText(consumer, 'ScriptText')
  const engine = consumerText(consumer, 'ScriptingEngine')
  const file = consumerText(consumer, 'ScriptFileName')
  const language = languageName(engine, text ?? '')
  const article = /^[aeiou]/i.test(language) ? 'an' : 'a'
  if (text === undefined) {
    return file === undefined
      ? `runs a script as SYSTEM; its text is not in the evidence`
      : `runs the script file ${show(file)} as SYSTEM (its content is not in the evidence)`
  }
  if (ENCODED_SCRIPT.test(text))
    return `runs ${article} ${language} as SYSTEM whose text is encoded (by Microsoft's Script Encoder): what it does cannot be read here`
  const does = describeScript(
    withoutComments(text, engine),
    payload.layers.map((layer) => layer.text),
  )
  if (does !== undefined) return `runs ${article} ${language} as SYSTEM that ${does}`
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '').length
  if (lines <= 1) return `runs ${article} ${language} as SYSTEM: "${show(text)}"`
  return `runs ${article} ${language} of ${lines} lines as SYSTEM; what it does must be read in its text`
}
