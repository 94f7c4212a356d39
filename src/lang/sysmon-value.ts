import { unescapeMofString } from './mof/string.ts'

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

/**
 * Undoes how Sysmon 19-21 write a value: a blank, quotes, and MOF escapes inside them; some forwarders escape `<` and
 * `>` once more as HTML entities. A value that is not quoted (Operation, Type, User) comes back as it is.
 * Source: observed in evidence evtx-winpwnage-iewin7 and json-covenant-persistwmi-it001; TELEMETRY section 4.
 */
export function unquoteSysmon(value: string): string {
  const trimmed = value.trim()
  const text = /^&quot;[\s\S]*&quot;$/.test(trimmed) ? decodeEntities(trimmed) : trimmed
  if (text.length < 2 || !text.startsWith('"') || !text.endsWith('"')) return value
  const inner = text === trimmed ? decodeEntities(text.slice(1, -1)) : text.slice(1, -1)
  return unescapeMofString(inner)
}

/**
 * Only `&lt;` and `&gt;` (and `&quot;`, `&amp;` beside them) were put there by a forwarder. A script's own `&amp;` must
 * survive, so nothing is decoded where no angle bracket was escaped or a plain one stands next to it.
 */
function decodeEntities(text: string): string {
  if (!/&(?:lt|gt|quot);/.test(text) || /[<>]/.test(text)) return text
  return text.replace(/&(lt|gt|amp|quot|apos);/g, (whole, name: string) => ENTITIES[name] ?? whole)
}
