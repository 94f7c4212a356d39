import { unwrapBase64, unwrapEncodedCommand, unwrapNumbers, unwrapPercent } from './base64.ts'
import { foldScript } from './fold.ts'
import { innerCommand } from './inner-command.ts'
import { unwrapBackticks, unwrapShell } from './shell.ts'
import type { DecodedLayer, DecodeOptions, Unwrap } from './types.ts'

/** Real samples nest four deep at most: command, base64, gzip, script with joined strings. */
const MAX_DEPTH = 8
const MAX_LAYERS = 32
const MAX_LENGTH = 262_144
/** Texts that are looked at in all, so that many layers of many blobs stay bounded. */
const MAX_LOOKS = 48

/** Constants of a script put together; of a command line, those of the script that it gives to PowerShell. */
function unwrapConstants(text: string): readonly DecodedLayer[] {
  const inner = innerCommand(text)
  if (inner === undefined) return foldScript(text)
  const folded = foldScript(inner.text, 'powershell')
  return inner.isAll ? folded : [...foldScript(text), ...folded]
}

const UNWRAPS: readonly Unwrap[] = [
  unwrapEncodedCommand,
  unwrapShell,
  unwrapBackticks,
  unwrapBase64,
  unwrapNumbers,
  unwrapPercent,
  // Last: a list of codes that is also put together should be told as what it is.
  unwrapConstants,
]

/**
 * The layers that a command line or script hides, outermost first, without running anything: encoded commands,
 * base64, gzip and deflate, joined and formatted strings, carets and sliced variables, character codes,
 * percent-encoding, exclusive-or with a stated key. The text itself is not among them. Bounded in depth (8), number
 * (32) and size; any text gives an answer.
 */
export function decodeLayers(text: string, options: DecodeOptions = {}): readonly DecodedLayer[] {
  const { maxDepth = MAX_DEPTH, maxLayers = MAX_LAYERS, maxLength = MAX_LENGTH } = options
  const layers: DecodedLayer[] = []
  const seen = new Set([text])
  let looks = 0
  const visit = (current: string, depth: number): void => {
    if (depth >= maxDepth) return
    const found: DecodedLayer[] = []
    for (const unwrap of UNWRAPS) {
      for (const layer of unwrap(current)) {
        const cut = layer.text.length > maxLength ? layer.text.slice(0, maxLength) : layer.text
        if (cut.trim().length < 3 || seen.has(cut)) continue
        seen.add(cut)
        found.push({ how: layer.how, text: cut })
      }
    }
    for (const layer of found) {
      if (layers.length >= maxLayers || looks >= MAX_LOOKS) return
      layers.push(layer)
      looks += 1
      visit(layer.text, depth + 1)
    }
  }
  visit(text.slice(0, maxLength), 0)
  return layers
}
