import { type Atom, atomWords, likeWords, listWords, quoted } from './conditions.ts'
import type { TriggerProcess } from './model.ts'
import { atomsOf, type Change, type Describer, equalValues, type Group, type Part } from './part.ts'
import { demandedBy, describeProgram, isSecurityService } from './programs.ts'

const NAME_PROPERTIES = new Set(['name', 'processname', 'caption', 'executablepath', 'description'])

/** Starts and ends of programs: Win32_Process and the kernel's trace events. */
export const processes: Describer = {
  classes:
    /^(?:win32_process|win32_processtrace|win32_processstarttrace|win32_processstoptrace|cim_process)$/,
  consumes: (property) => NAME_PROPERTIES.has(property),
  each: true,
  describe: (group) => {
    const change = changeOf(group)
    const programs = group.alternatives.map((atoms) => programOf(atoms))
    const named = programs.filter((program) => program !== undefined)
    const stop = change === 'deleted'
    const kind = stop ? 'process-stop' : 'process-start'
    if (named.length < programs.length || named.length === 0) {
      return { kind, words: anyWords(change), rows: ['activity'], broad: true }
    }
    const security = named.some(
      ({ process }) => process.role === 'analyst-tool' || process.role === 'security-product',
    )
    const words = programWords(change, listWords(named.map((program) => program.words)))
    const desktop =
      named.some(({ process }) => process.name.toLowerCase() === 'explorer.exe') && change === 'created'
    return {
      kind,
      words: desktop ? `${words}, which happens when someone signs in` : words,
      rows: [security ? 'security-tool' : 'activity'],
      details: { processes: named.map(({ process }) => process) },
    }
  },
}

function changeOf(group: Group): Change {
  if (group.lower === 'win32_processstarttrace') return 'created'
  if (group.lower === 'win32_processstoptrace') return 'deleted'
  // The trace events are starts and ends alone; an object that is queried as an event is neither.
  if (group.lower === 'win32_processtrace') return 'happened'
  return group.change === 'happened' ? 'operated' : group.change
}

interface Program {
  readonly process: TriggerProcess
  readonly words: string
}

/** The program that one alternative names. Only a positive comparison names one. */
function programOf(atoms: readonly Atom[]): Program | undefined {
  const names = atoms.filter(
    ({ property, other }) => other === undefined && NAME_PROPERTIES.has(property.toLowerCase()),
  )
  const atom = names.find(({ test }) => test === '=') ?? names.find(({ test }) => test === 'like')
  const others = names.filter((other) => other !== atom).map((other) => atomWords(other))
  const rest = others.length === 0 ? '' : ` (and ${listWords(others, 'and')})`
  if (atom === undefined) {
    return names.length === 0
      ? undefined
      : { process: { name: '', role: 'other' }, words: `any program${rest}` }
  }
  // LIKE without a wildcard is an equality.
  const isPattern = atom.test === 'like' && /[%_[]/.test(atom.value)
  // `%.exe` fits every program; a set of letters does not.
  if (isPattern && names.length === 1 && demandedBy(atom.value) === '' && !atom.value.includes('['))
    return undefined
  const process = describeProgram(atom.value, isPattern)
  if (isPattern) {
    const what = /path$/i.test(atom.property) ? 'path' : 'name'
    const pattern = `whose ${what} ${likeWords(atom.value)}`
    const label =
      process.label === undefined ? `a program ${pattern}` : `${process.label} (or any program ${pattern})`
    return { process, words: label + rest }
  }
  return {
    process,
    words:
      (process.label === undefined ? quotedName(process.name) : `${process.label} (${process.name})`) + rest,
  }
}

function quotedName(name: string): string {
  return /^[\w.+ -]{1,60}$/.test(name) ? name : quoted(name)
}

function programWords(change: Change, programs: string): string {
  switch (change) {
    case 'created':
      return `when someone starts ${programs}`
    case 'deleted':
      return `when ${programs} is closed`
    case 'modified':
      return `while ${programs} is running`
    case 'happened':
      return `when ${programs} starts or is closed`
    default:
      return `when ${programs} starts, runs or is closed`
  }
}

function anyWords(change: Change): string {
  switch (change) {
    case 'created':
      return 'when any program starts'
    case 'deleted':
      return 'when any program is closed'
    case 'modified':
      return 'again and again while programs are running'
    case 'happened':
      return 'when any program starts or is closed'
    default:
      return 'when any program starts, runs or is closed'
  }
}

/** Services and drivers. */
export const services: Describer = {
  classes: /^(?:win32_service|win32_baseservice|win32_systemdriver|cim_service|win32_terminalservice)$/,
  consumes: (property, atom) =>
    /^(?:display)?name$/.test(property)
      ? atom.test === '=' || atom.test === 'like'
      : phaseOf(atom) !== undefined,
  describe: (group) => describeService(group),
}

/** What a comparison of State or Started says of a service now. */
function phaseOf({ property, test, value, previous }: Atom): 'runs' | 'rests' | 'not-runs' | undefined {
  if (previous) return undefined
  if (/^state$/i.test(property) && test === '=')
    return /^running$/i.test(value) ? 'runs' : /^stopped$/i.test(value) ? 'rests' : undefined
  if (/^state$/i.test(property) && test === '!=' && /^running$/i.test(value)) return 'not-runs'
  if (/^started$/i.test(property) && test === '=')
    return /^true$/i.test(value) ? 'runs' : /^(?:false|0)$/i.test(value) ? 'rests' : undefined
  return undefined
}

function describeService(group: Group): Part {
  const names = equalValues(group, 'name', 'displayname')
  const patterns = atomsOf(group, 'name', 'displayname')
    .filter(({ test }) => test === 'like')
    .map(({ value }) => value)
  const what = group.lower === 'win32_systemdriver' ? 'driver' : 'service'
  const who = listWords([
    ...(names.length === 0 ? [] : [`the ${what} ${listWords(names.map(quoted))}`]),
    ...patterns.map((pattern) => `a ${what} whose name ${likeWords(pattern)}`),
  ])
  const phases = new Set(group.alternatives.flat().map(phaseOf))
  const isOver = phases.has('rests') || phases.has('not-runs')
  const security =
    !(phases.has('runs') && !isOver) &&
    (names.some((name) => isSecurityService(name)) ||
      patterns.some((pattern) => isSecurityService(pattern, true)))
  return {
    kind: 'service',
    words: `when ${who === '' ? `any ${what}` : who} ${serviceWords(group.change, phases)}`,
    rows: [security ? 'security-tool' : 'operational'],
    details: { services: [...names, ...patterns] },
  }
}

function serviceWords(change: Change, phases: ReadonlySet<ReturnType<typeof phaseOf>>): string {
  const isRunning = phases.has('runs')
  const isOver = phases.has('rests') || phases.has('not-runs')
  const state = isRunning && isOver ? '' : isRunning ? ' and runs' : isOver ? ' and does not run' : ''
  if (change === 'created') return `is installed${state}`
  if (change === 'deleted') return 'is removed'
  if (isRunning && isOver) return 'starts or stops'
  if (isRunning) return 'starts'
  if (phases.has('rests')) return 'stops'
  if (isOver) return 'stops or pauses'
  return change === 'modified' ? 'changes its state or settings' : 'is installed, changed or removed'
}
