import type { Expr, Rel } from '../plan/expr.ts'
import type { Graph } from '../plan/graph.ts'
import type { KustoType } from '../sql/types.ts'
import { type Binding, type Context, refuse, Scope } from './context.ts'
import { literal } from './literals.ts'
import { call, readExpr, readStatement, readTable } from './read.ts'
import type { Syn } from './syntax.ts'

type FunctionBinding = Extract<Binding, { kind: 'function' }>

/** Deepest nesting of user-defined functions; the deepest in the public corpus is 3. */
const MAX_CALL_DEPTH = 40

/** Inlines a call of a user-defined scalar function (SEMANTICS 8: a function is a macro). */
export function callFunction(
  context: Context,
  syn: Syn,
  binding: FunctionBinding,
  args: readonly Syn[],
): Expr {
  return inBody(context, syn, binding, bindArguments(context, syn, binding, args), (inner, body) =>
    readExpr({ ...inner, columns: undefined }, body),
  )
}

/** Inlines a call of a user-defined tabular function; `piped` is the table `invoke` hands over. */
export function callTable(
  context: Context,
  syn: Syn,
  binding: FunctionBinding,
  args: readonly Syn[],
  piped?: Rel,
  declared = false,
): Rel {
  const scope = bindArguments(context, syn, binding, args, piped)
  return inBody(context, syn, binding, scope, readTable, declared)
}

/** Inlines a call of a user-defined function whose result is a graph. */
export function callGraph(
  context: Context,
  syn: Syn,
  binding: FunctionBinding,
  args: readonly Syn[],
  read: (context: Context, body: Syn) => Graph,
): Graph {
  return inBody(context, syn, binding, bindArguments(context, syn, binding, args), read)
}

function inBody<T>(
  context: Context,
  syn: Syn,
  binding: FunctionBinding,
  scope: Scope,
  read: (context: Context, body: Syn) => T,
  declared = false,
): T {
  const { front } = context
  if (front.depth >= MAX_CALL_DEPTH) return refuse(context, syn, 'a function nested this deeply')
  // A call's own body is bound with the argument's columns; a view named by a wildcard has only its declaration.
  const body = (declared ? undefined : syn.functionBody) ?? binding.declaration.child('Body')
  front.depth += 1
  const inner: Context = { front, scope, columns: undefined }
  for (const statement of body.list('Statements')) readStatement(inner, statement)
  const expression = body.maybe('Expression')
  if (expression === undefined) return refuse(context, syn, 'a function without a result')
  const result = read(inner, expression)
  front.depth -= 1
  return result
}

function bindArguments(
  context: Context,
  syn: Syn,
  binding: FunctionBinding,
  args: readonly Syn[],
  piped?: Rel,
): Scope {
  const scope = new Scope(binding.scope)
  const parameters = binding.declaration.child('Parameters').list('Parameters')
  const named = new Map<string, Syn>()
  const positional: Syn[] = []
  for (const arg of args) {
    if (arg.kind === 'SimpleNamedExpression') named.set(arg.child('Name').simpleName, arg.child('Expression'))
    else positional.push(arg)
  }
  let next = 0
  for (const [index, parameter] of parameters.entries()) {
    const declared = parameter.child('NameAndType')
    const name = declared.child('Name').simpleName
    if (index === 0 && piped !== undefined) {
      scope.set(name, { kind: 'table', rel: piped, name })
      continue
    }
    const given = named.get(name) ?? positional[next]
    if (!named.has(name) && given !== undefined) next += 1
    const fallback = parameter.maybe('DefaultValue')?.maybe('Value')
    const value = given ?? fallback
    if (value === undefined) return refuse(context, syn, `a call without a value for ‘${name}’`)
    if (declared.child('Type').kind === 'SchemaTypeExpression') {
      scope.set(name, { kind: 'table', rel: readTable(context, value), name })
    } else {
      const type: KustoType = declared.child('Name').scalar ?? 'dynamic'
      scope.set(name, { kind: 'scalar', expr: asType(context, value, readExpr(context, value), type) })
    }
  }
  return scope
}

/** An argument takes its parameter's type: `f(1)` for a real parameter is `f(real(1))`. */
function asType(context: Context, syn: Syn, expr: Expr, type: KustoType): Expr {
  if (expr.type === type || expr.type === 'dynamic' || type === 'dynamic') return expr
  if (expr.kind === 'literal' && expr.value === null) return literal(type, null)
  const convert = {
    int: 'toint',
    long: 'tolong',
    real: 'toreal',
    decimal: 'todecimal',
    string: 'tostring',
  } as const
  const name = type in convert ? convert[type as keyof typeof convert] : undefined
  return name === undefined ? expr : call(context, syn, name, [expr], type)
}
