import type { KustoType } from '../sql/types.ts'
import type { AlongPath, GraphRel } from './graph.ts'

/** Place in the query text an expression came from, for refusals. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** A JSON value of a `dynamic(...)` literal. Integers beyond 2^53 lose digits, as they do in JSON itself. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

/**
 * A typed scalar expression. Names are resolved: `column` is a column of the operator's input, `let` names and
 * function parameters are already replaced by what they stand for. No SQL here.
 */
export type Expr =
  | { readonly kind: 'column'; readonly name: string; readonly type: KustoType }
  | {
      readonly kind: 'literal'
      readonly type: KustoType
      /** Integers, timespans (ticks), decimals, guids and datetimes (ISO) as text; real as number; null is null. */
      readonly value: Json
    }
  | {
      readonly kind: 'call'
      /** KQL function name in lower case, or an operator: `==`, `has`, `!in~`, `and`, `+` … */
      readonly name: string
      readonly args: readonly Expr[]
      readonly type: KustoType
      readonly span: Span
    }
  /** A step into a dynamic value: a name, or an index that counts from the end when negative. */
  | { readonly kind: 'member'; readonly of: Expr; readonly key: string | number; readonly type: 'dynamic' }
  /** `in`, `has_any` and their kin with a list; dynamic arrays among the items are flattened. */
  | {
      readonly kind: 'list'
      readonly name: string
      readonly value: Expr
      readonly items: readonly Expr[]
      readonly type: 'bool'
      readonly span: Span
    }
  /** The same with a table, whose first column is the list. */
  | {
      readonly kind: 'in-table'
      readonly name: string
      readonly value: Expr
      readonly table: Rel
      readonly type: 'bool'
      readonly span: Span
    }
  /** `toscalar(T)`: first column of the first row. */
  | { readonly kind: 'scalar-of'; readonly table: Rel; readonly type: KustoType }
  | AlongPath

export interface Column {
  readonly name: string
  readonly type: KustoType
  readonly hidden?: boolean
}

export interface NamedExpr {
  readonly name: string
  readonly expr: Expr
}

export interface SortKey {
  readonly expr: Expr
  readonly descending: boolean
  readonly nullsFirst: boolean
}

/** One aggregate of `summarize`: a call and the columns it makes (`arg_max(t, *)` makes several). */
export interface Aggregate {
  readonly name: string
  readonly args: readonly Expr[]
  readonly columns: readonly Column[]
  /** Scalar wrapping around aggregates, e.g. `round(avg(x), 2)`: columns `inner` are the aggregates' names. */
  readonly span: Span
}

export type JoinKind =
  | 'innerunique'
  | 'inner'
  | 'leftouter'
  | 'rightouter'
  | 'fullouter'
  | 'leftanti'
  | 'leftsemi'
  | 'rightanti'
  | 'rightsemi'

export interface ParseStep {
  readonly kind: 'text' | 'regex' | 'any' | 'column'
  readonly text?: string
  readonly column?: Column
}

export interface ExpandColumn {
  readonly name: string
  readonly expr: Expr
  readonly to: KustoType | undefined
}

/** One step of `scan`. Expressions may name values of a step's state (`stateName`). */
export interface ScanStep {
  readonly name: string
  readonly output: 'all' | 'last' | 'none'
  readonly condition: Expr
  readonly assignments: readonly NamedExpr[]
}

/** A tabular operator with its input. `columns` is what it puts out, in order. Node identity is meaningful: a node
 *  referenced twice (`let T = …`) is one common table expression. */
export type Rel =
  | {
      readonly kind: 'table'
      readonly name: string
      readonly sqlName: string
      readonly columns: readonly Column[]
    }
  | {
      readonly kind: 'values'
      readonly columns: readonly Column[]
      readonly rows: readonly (readonly Expr[])[]
    }
  | {
      readonly kind: 'range'
      readonly columns: readonly Column[]
      readonly from: Expr
      readonly to: Expr
      readonly step: Expr
      readonly span: Span
    }
  | {
      readonly kind: 'external'
      readonly columns: readonly Column[]
      readonly uris: readonly string[]
      readonly properties: Readonly<Record<string, string>>
    }
  | {
      readonly kind: 'where'
      readonly input: Rel
      readonly predicate: Expr
      readonly columns: readonly Column[]
    }
  /** All of project, extend, project-away …: the complete list of output columns. */
  | {
      readonly kind: 'project'
      readonly input: Rel
      readonly items: readonly NamedExpr[]
      readonly columns: readonly Column[]
    }
  | {
      readonly kind: 'summarize'
      readonly input: Rel
      readonly keys: readonly NamedExpr[]
      readonly aggregates: readonly Aggregate[]
      /** Output columns as expressions over keys and aggregate columns. */
      readonly items: readonly NamedExpr[]
      readonly columns: readonly Column[]
    }
  | {
      readonly kind: 'sort'
      readonly input: Rel
      readonly by: readonly SortKey[]
      readonly columns: readonly Column[]
    }
  | { readonly kind: 'take'; readonly input: Rel; readonly count: Expr; readonly columns: readonly Column[] }
  | {
      readonly kind: 'sample'
      readonly input: Rel
      readonly count: Expr
      readonly columns: readonly Column[]
    }
  | {
      readonly kind: 'top'
      readonly input: Rel
      readonly by: readonly SortKey[]
      readonly count: Expr
      readonly columns: readonly Column[]
    }
  | {
      readonly kind: 'top-nested'
      readonly input: Rel
      readonly levels: readonly {
        readonly count: Expr | undefined
        readonly of: NamedExpr
        readonly others: Expr | undefined
        readonly aggregate: Aggregate
        readonly ascending: boolean
      }[]
      readonly columns: readonly Column[]
    }
  | {
      readonly kind: 'join'
      readonly joinKind: JoinKind
      readonly left: Rel
      readonly right: Rel
      readonly on: readonly { readonly left: Expr; readonly right: Expr }[]
      /** A further condition over the output columns (`ipv4_lookup`). */
      readonly test?: Expr
      /** Output columns: side and the name on that side. */
      readonly items: readonly {
        readonly side: 'left' | 'right'
        readonly from: string
        readonly name: string
      }[]
      readonly columns: readonly Column[]
      readonly span: Span
    }
  | {
      readonly kind: 'union'
      readonly inputs: readonly {
        readonly rel: Rel
        /** Output column name → input column name; absent columns are null or `''`. */
        readonly map: ReadonlyMap<string, string>
        readonly source: string
      }[]
      readonly withSource: string | undefined
      readonly columns: readonly Column[]
    }
  | {
      readonly kind: 'expand'
      readonly input: Rel
      readonly items: readonly ExpandColumn[]
      readonly index: string | undefined
      readonly limit: Expr | undefined
      readonly bagArrays: boolean
      readonly columns: readonly Column[]
    }
  /** `mv-apply`: `sub` is the subquery, whose leaf is an `apply-input` with this node's `id`. */
  | {
      readonly kind: 'apply'
      readonly input: Rel
      readonly items: readonly ExpandColumn[]
      readonly index: string | undefined
      readonly limit: Expr | undefined
      readonly id: number
      readonly sub: Rel
      readonly columns: readonly Column[]
    }
  /** `partition by`: `sub` runs once per value of `by`. */
  | {
      readonly kind: 'partition'
      readonly input: Rel
      readonly by: Expr
      readonly id: number
      readonly sub: Rel
      readonly columns: readonly Column[]
    }
  | {
      readonly kind: 'scan'
      readonly input: Rel
      readonly steps: readonly ScanStep[]
      readonly declared: readonly (Column & { readonly fallback: Expr })[]
      readonly matchId: string | undefined
      readonly columns: readonly Column[]
      readonly span: Span
    }
  | GraphRel
  | { readonly kind: 'apply-input'; readonly id: number; readonly columns: readonly Column[] }
  | {
      readonly kind: 'parse'
      readonly input: Rel
      readonly value: Expr
      readonly mode: 'simple' | 'regex' | 'relaxed'
      readonly flags: string
      readonly steps: readonly ParseStep[]
      readonly filter: boolean
      readonly columns: readonly Column[]
      readonly span: Span
    }
  | {
      readonly kind: 'parse-kv'
      readonly input: Rel
      readonly value: Expr
      readonly keys: readonly Column[]
      readonly options: Readonly<Record<string, string | boolean>>
      readonly columns: readonly Column[]
      readonly span: Span
    }
  | {
      readonly kind: 'make-series'
      readonly input: Rel
      readonly values: readonly {
        readonly aggregates: readonly Aggregate[]
        /** Over the aggregates' columns. */
        readonly expr: Expr
        readonly fallback: Expr | undefined
      }[]
      readonly on: NamedExpr
      readonly from: Expr | undefined
      readonly to: Expr | undefined
      readonly step: Expr
      readonly by: readonly NamedExpr[]
      /** `kind=nonempty`: an empty input gives the defaults rather than nothing. */
      readonly nonEmpty: boolean
      readonly columns: readonly Column[]
      readonly span: Span
    }
  /** Fixes an order for row_number, prev, next, row_cumsum. */
  | { readonly kind: 'serialize'; readonly input: Rel; readonly columns: readonly Column[] }
  | { readonly kind: 'materialize'; readonly input: Rel; readonly columns: readonly Column[] }
  | {
      readonly kind: 'sample-distinct'
      readonly input: Rel
      readonly count: Expr
      readonly of: NamedExpr
      readonly columns: readonly Column[]
    }
  /** Distinct keys of a column of bags with the type their values share: rows (name, type). */
  | {
      readonly kind: 'bag-keys'
      readonly input: Rel
      readonly bag: Expr
      readonly columns: readonly Column[]
    }
  | {
      readonly kind: 'pivot'
      readonly input: Rel
      readonly by: Expr
      readonly aggregate: Aggregate
      readonly keys: readonly string[]
      readonly values: readonly string[]
      readonly columns: readonly Column[]
    }

/** What a whole query means. */
export interface Plan {
  readonly root: Rel
  readonly ordered: boolean
}
