import type { KustoValue, RenderHint, ResultColumn } from '../query/index.ts'
import { visible, width } from '../reports/index.ts'
import { cellText } from './query-output.ts'

const BARS = new Set([
  'barchart',
  'columnchart',
  'piechart',
  'timechart',
  'linechart',
  'areachart',
  'stackedareachart',
])
const NUMERIC = new Set(['int', 'long', 'real', 'decimal'])
const MAX_BARS = 60

/**
 * A chart in text for what `render` asked: one bar a row and number, labelled by the columns that are no numbers.
 * `undefined` where the chart or the columns cannot be drawn so; the rows are printed then.
 */
export function drawChart(
  hint: RenderHint,
  columns: readonly ResultColumn[],
  rows: readonly (readonly KustoValue[])[],
  terminalColumns: number,
): string | undefined {
  const values = columns.flatMap(({ type }, at) => (NUMERIC.has(type) ? [at] : []))
  const labels = columns.flatMap(({ type }, at) => (NUMERIC.has(type) ? [] : [at]))
  if (!BARS.has(hint.chart) || values.length === 0 || rows.length === 0 || rows.length > MAX_BARS)
    return undefined
  const bars = rows.flatMap((row) =>
    values.map((at) => ({
      label: [
        ...labels.map((label) => cellText(row[label] ?? null)),
        ...(values.length > 1 ? [columns[at]?.name ?? ''] : []),
      ]
        .map((text) => visible(text).slice(0, 40))
        .join('  '),
      value: Number(row[at] ?? Number.NaN),
    })),
  )
  const largest = Math.max(...bars.map((bar) => (Number.isFinite(bar.value) ? bar.value : 0)))
  if (!(largest > 0)) return undefined
  const labelWidth = Math.max(...bars.map((bar) => width(bar.label)))
  const numbers = bars.map((bar) =>
    Number.isFinite(bar.value) ? String(Math.round(bar.value * 1000) / 1000) : '-',
  )
  const numberWidth = Math.max(...numbers.map((text) => text.length))
  const room = Math.max(10, terminalColumns - labelWidth - numberWidth - 4)
  const title = hint.properties.title === undefined ? '' : `${visible(hint.properties.title)}\n`
  const lines = bars.map((bar, at) => {
    const size =
      Number.isFinite(bar.value) && bar.value > 0 ? Math.max(1, Math.round((bar.value / largest) * room)) : 0
    const label = bar.label + ' '.repeat(labelWidth - width(bar.label))
    return `${label}  ${(numbers[at] ?? '').padStart(numberWidth)}  ${'█'.repeat(size)}\n`
  })
  return title + lines.join('')
}
