import pc from 'picocolors'
import type { Severity } from '../../findings/model.ts'

/** Paints text, or leaves it as it is: colour is only an addition, the words say everything. */
export interface Palette {
  severity(severity: Severity, text: string): string
  label(text: string): string
  strong(text: string): string
}

/** A palette with or without colour. */
export function palette(colour: boolean): Palette {
  const paint = pc.createColors(colour)
  const bySeverity: Readonly<Record<Severity, (text: string) => string>> = {
    critical: (text) => paint.bold(paint.red(text)),
    high: paint.red,
    medium: paint.yellow,
    low: paint.cyan,
    informational: paint.dim,
  }
  return {
    severity: (severity, text) => bySeverity[severity](text),
    label: paint.dim,
    strong: paint.bold,
  }
}
