import type { Column, NamedExpr, Rel } from '../../plan/expr.ts'
import { type Context, note, refuse, spanOf } from '../context.ts'
import { literal } from '../literals.ts'
import { findColumn } from '../read.ts'
import type { Syn } from '../syntax.ts'
import { columnRef } from './columns.ts'

/** Columns that `invoke FileProfile(...)` adds. Source: defender-docs, advanced-hunting-fileprofile-function. */
export const FILE_PROFILE_COLUMNS: readonly Column[] = [
  { name: 'SHA1', type: 'string' },
  { name: 'SHA256', type: 'string' },
  { name: 'MD5', type: 'string' },
  { name: 'FileSize', type: 'int' },
  { name: 'GlobalPrevalence', type: 'int' },
  { name: 'GlobalFirstSeen', type: 'datetime' },
  { name: 'GlobalLastSeen', type: 'datetime' },
  { name: 'Signer', type: 'string' },
  { name: 'Issuer', type: 'string' },
  { name: 'SignerHash', type: 'string' },
  { name: 'IsCertificateValid', type: 'bool' },
  { name: 'IsRootSignerMicrosoft', type: 'bool' },
  { name: 'SignatureState', type: 'string' },
  { name: 'IsExecutable', type: 'bool' },
  { name: 'ThreatName', type: 'string' },
  { name: 'Publisher', type: 'string' },
  { name: 'SoftwareName', type: 'string' },
  { name: 'ProfileAvailability', type: 'string' },
]

/** `invoke` of a function that the service provides. Only FileProfile has a local stand-in. */
export function readInvokeBuiltIn(
  context: Context,
  input: Rel,
  syn: Syn,
  name: string,
  args: readonly Syn[],
): Rel {
  if (name !== 'FileProfile') return refuse(context, syn, `invoke ${name}()`)
  const key = args[0] === undefined ? 'SHA1' : String(args[0].node.LiteralValue ?? args[0].simpleName)
  const added = FILE_PROFILE_COLUMNS.filter((column) => findColumn(input.columns, column.name) === undefined)
  const profile = context.front.options.schema.fileProfile
  const keyColumn = findColumn(input.columns, key)
  if (profile === undefined || keyColumn === undefined) {
    note(context, 'query/stand-in', 'FileProfile() has no reputation data here: its columns are empty', syn)
    const items: NamedExpr[] = [
      ...input.columns.map((column) => ({ name: column.name, expr: columnRef(column) })),
      ...added.map((column) => ({
        name: column.name,
        expr: literal(column.type, column.type === 'string' ? '' : null),
      })),
    ]
    return { kind: 'project', input, items, columns: [...input.columns, ...added] }
  }
  return joinProfile(context, input, syn, keyColumn, added)
}

function joinProfile(context: Context, input: Rel, syn: Syn, key: Column, added: readonly Column[]): Rel {
  const profile = context.front.options.schema.fileProfile
  const hash = profile?.columns[0]
  if (profile === undefined || hash === undefined)
    return refuse(context, syn, 'FileProfile() without a hash column')
  const right: Rel = {
    kind: 'table',
    name: profile.name,
    sqlName: profile.sqlName ?? profile.name,
    columns: profile.columns,
  }
  const present = added.filter((column) => findColumn(right.columns, column.name) !== undefined)
  const items = [
    ...input.columns.map((column) => ({ side: 'left', from: column.name, name: column.name }) as const),
    ...present.map((column) => ({ side: 'right', from: column.name, name: column.name }) as const),
  ]
  const columns = [...input.columns, ...present]
  const on = [{ left: columnRef(key), right: columnRef(hash) }]
  const joined: Rel = {
    kind: 'join',
    joinKind: 'leftouter',
    left: input,
    right,
    on,
    items,
    columns,
    span: spanOf(context, syn),
  }
  const absent = added.filter((column) => !present.includes(column))
  return {
    kind: 'project',
    input: joined,
    items: [
      ...columns.map((column) => ({ name: column.name, expr: columnRef(column) })),
      ...absent.map((column) => ({
        name: column.name,
        expr: literal(column.type, column.type === 'string' ? '' : null),
      })),
    ],
    columns: [...columns, ...absent],
  }
}
