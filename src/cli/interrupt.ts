/**
 * A signal that the first Ctrl-C aborts, so that work can end in order; a second one ends the process as if nobody had
 * listened. `tell` runs at once, in the place of the shell's silence. Call `release` when there is nothing left to end.
 */
export function listenForInterrupt(tell: () => void = () => undefined): Interrupt {
  const controller = new AbortController()
  const abort = (): void => {
    controller.abort()
    tell()
  }
  process.once('SIGINT', abort)
  return { signal: controller.signal, release: () => void process.off('SIGINT', abort) }
}

export interface Interrupt {
  readonly signal: AbortSignal
  release(): void
}
