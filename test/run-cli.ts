import { main } from '../src/cli/main.ts'

export interface CliRun {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs the command line in this process, as `triad ARGS` would, and gives what it printed and its exit status. */
export async function runCli(...args: string[]): Promise<CliRun> {
  const out: string[] = []
  const error: string[] = []
  const written = { stdout: process.stdout.write, stderr: process.stderr.write, exitCode: process.exitCode }
  process.stdout.write = capture(out)
  process.stderr.write = capture(error)
  process.exitCode = undefined
  try {
    const status = await main(args)
    return { status, stdout: out.join(''), stderr: error.join('') }
  } finally {
    process.stdout.write = written.stdout
    process.stderr.write = written.stderr
    process.exitCode = written.exitCode
  }
}

function capture(into: string[]): typeof process.stdout.write {
  return ((chunk: string | Uint8Array, ...rest: unknown[]) => {
    into.push(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8'))
    for (const item of rest) if (typeof item === 'function') item()
    return true
  }) as typeof process.stdout.write
}
