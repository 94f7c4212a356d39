import { yamlText } from '../sentinel/layout.ts'
import { fieldOf } from './fields.ts'
import type { ExportFile, LeftOut, PlatformExport, PlatformRule, SingleBody } from './model.ts'
import { expressible, infix, missingFacts, NAME_FACTS, regexBody, type Syntax } from './render.ts'
import { eventOf, fileName, NOT_CHECKED, noField, partsOf } from './words.ts'

/** CQL: every comparison is a regular expression without case. `ParentBaseFileName` is a name, `ImageFileName` a path. */
const CQL: Syntax = {
  and: ' ',
  or: ' or ',
  not: (text) => `not ${text}`,
  leaf: (field, leaf) =>
    `${field}=/${regexBody(leaf, NAME_FACTS.includes(leaf.fact) && field === 'ImageFileName')}/i`,
}

/** LogScale and Falcon NG-SIEM: one alert file a rule, over forwarded Windows events; process rules over Falcon's own. */
export function exportCrowdstrike(rules: readonly PlatformRule[]): PlatformExport {
  const files: ExportFile[] = []
  const leftOut: LeftOut[] = []
  for (const rule of rules) {
    const parts = partsOf(rule, rules)
    if (parts.some(({ body }) => expressible('crowdstrike', body.where) === undefined)) {
      leftOut.push(
        noField(
          rule,
          parts.flatMap(({ body }) => missingFacts('crowdstrike', body)),
        ),
      )
    } else files.push(alert(rule, query(rule, rules)))
  }
  files.push(alert(NATIVE, NATIVE_QUERY))
  return { files, leftOut }
}

/** Falcon's sensor has an event of its own for a binding; it names no more than that. Source: PLATFORMS 5. */
const NATIVE = {
  id: 'wmi-binding-falcon-sensor',
  title: 'WMI filter to consumer binding seen by the Falcon sensor',
  description: 'The Falcon sensor recorded that a WMI event filter was bound to a consumer.',
}
const NATIVE_QUERY =
  '#event_simpleName=WmiFilterConsumerBindingEtw event_platform=Win\n| table([@timestamp, aid, ComputerName])'

function alert(rule: Pick<PlatformRule, 'id' | 'title' | 'description'>, queryString: string): ExportFile {
  const text = yamlText({
    name: `Triad - ${rule.title}`,
    description: `${rule.description} (ATT&CK T1546.003)`,
    $schema: 'https://schemas.humio.com/alert/v0.3.0',
    enabled: false,
    throttleTime: '1h',
    timeInterval: '1h',
    queryString,
    actionNameReferences: [],
  })
  return { path: `${fileName(rule as PlatformRule)}.yaml`, text: `# ${NOT_CHECKED}\n${text}` }
}

function query(rule: PlatformRule, rules: readonly PlatformRule[]): string {
  const parts = partsOf(rule, rules)
  if (rule.body.kind === 'single') return parts.map(({ body }) => conditions(body)).join('')
  const keys = rule.body.by.map((fact) => fieldOf('crowdstrike', fact) ?? '')
  const steps = parts.map(({ body }, index) => {
    const links = index === 0 ? [] : keys.map((key) => ` | ${key} <=> part${index}.${key}`)
    return `  part${index + 1}: { ${conditions(body)}${links.join('')} } include: [${keys.join(', ')}]`
  })
  return `correlate(\n${steps.join(',\n')},\nsequence=${rule.body.ordered}, within=${rule.body.within})`
}

function conditions(body: SingleBody): string {
  const where = infix('crowdstrike', expressible('crowdstrike', body.where) ?? [], CQL)
  if (body.source === 'process') return `#event_simpleName=ProcessRollup2 ${where}`
  const { channel, eventId } = eventOf(body.source)
  return `windows.Channel="${channel}" windows.EventID=${eventId} ${where}`
}
