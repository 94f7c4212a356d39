import { DOTNET_DURATION_PATTERN, ISO_DURATION_PATTERN, YAML_DURATION_PATTERN } from './vocabulary.ts'

const YAML = new RegExp(YAML_DURATION_PATTERN)
const DOTNET = new RegExp(DOTNET_DURATION_PATTERN)
const ISO = new RegExp(ISO_DURATION_PATTERN)
const MINUTES_OF: Readonly<Record<string, number>> = { m: 1, h: 60, d: 24 * 60 }

/** Minutes of a duration as rule YAML writes it: `5m`, `1h`, `14d`, or .NET's `01:00:00`; else `undefined`. */
export function yamlDurationMinutes(text: string): number | undefined {
  if (YAML.test(text)) return Number(text.slice(0, -1)) * (MINUTES_OF[text.slice(-1)] ?? 0)
  if (!DOTNET.test(text)) return undefined
  const [seconds = 0, minutes = 0, hours = 0, days = 0] = text.split(/[.:]/).reverse().map(Number)
  return hours > 23 || minutes > 59 || seconds > 59
    ? undefined
    : days * 1440 + hours * 60 + minutes + seconds / 60
}

/** `1h` → `PT1H`, `14d` → `P14D`, `01:30:00` → `PT1H30M`. Anything else stays as it is: the service judges it. */
export function toIsoDuration(text: string): string {
  if (YAML.test(text)) {
    const unit = text.slice(-1).toUpperCase()
    return unit === 'D' ? `P${text.slice(0, -1)}D` : `PT${text.slice(0, -1)}${unit}`
  }
  if (yamlDurationMinutes(text) === undefined) return text
  const [seconds = 0, minutes = 0, hours = 0, days = 0] = text.split(/[.:]/).reverse().map(Number)
  const time = [
    [hours, 'H'],
    [minutes, 'M'],
    [seconds, 'S'],
  ]
    .filter(([amount]) => amount !== 0)
    .map((part) => part.join(''))
    .join('')
  const day = days === 0 ? '' : `${days}D`
  return day === '' && time === '' ? 'PT0S' : `P${day}${time === '' ? '' : `T${time}`}`
}

/** `PT1H` → `1h`, in the unit that needs no fraction; what no single unit can say stays ISO 8601. */
export function toYamlDuration(text: string): string {
  if (!ISO.test(text)) return text
  const part = (unit: string): number => Number(new RegExp(`(\\d+)${unit}`).exec(text)?.[1] ?? 0)
  const time = text.slice(text.indexOf('T') < 0 ? text.length : text.indexOf('T'))
  const minutePart = Number(/(\d+)M/.exec(time)?.[1] ?? 0)
  if (part('S') !== 0) return text
  const minutes = part('D') * 1440 + part('H') * 60 + minutePart
  // `PT24H` and `P1D` are the same time in different words: keep the word where one unit says it.
  const units = [part('D'), part('H'), minutePart].filter((amount) => amount > 0)
  if (units.length === 1 && units[0] !== undefined && units[0] < 100_000) {
    return `${units[0]}${part('D') > 0 ? 'd' : part('H') > 0 ? 'h' : 'm'}`
  }
  return minutes === 0 || minutes > 99_999 ? text : minutes % 60 === 0 ? `${minutes / 60}h` : `${minutes}m`
}
