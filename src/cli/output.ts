import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { basename, dirname, join, resolve, sep } from 'node:path'
import { InputError } from '../diagnostics/index.ts'

export interface OutputOptions {
  /** Replace an existing file. */
  readonly force?: boolean
  /** Evidence paths of this call: nothing is ever written into them. */
  readonly evidence?: readonly string[]
}

/**
 * Refuses an output path before any work is done: an existing file without `force`, a folder or device, a place in a folder
 * that does not exist or inside the evidence. Throws `InputError` (`cli/...`), which the command turns into exit status 2.
 */
export function checkOutput(path: string, options: OutputOptions = {}): void {
  const at = { in: 'file', source: path } as const
  if (!existsSync(dirname(resolve(path)))) {
    throw new InputError('cli/not-found', `the folder for the output file does not exist`, at)
  }
  if (existsSync(path) && !statSync(path).isFile()) {
    // A rename would put a file where a device was.
    throw new InputError('cli/output-exists', 'a folder or device stands where the output file would', at, {
      hint: 'choose another name; without -o the output goes to standard output',
    })
  }
  if (existsSync(path) && !options.force) {
    throw new InputError('cli/output-exists', 'the output file exists already', at, {
      hint: 'choose another name, or give --force to replace it',
    })
  }
  const target = join(realpathSync(dirname(resolve(path))), basename(path))
  for (const evidence of options.evidence ?? []) {
    if (!existsSync(evidence)) continue
    const real = realpathSync(evidence)
    const inside = statSync(real).isDirectory() ? target.startsWith(real + sep) : target === real
    if (inside) {
      throw new InputError('cli/output-in-evidence', `the output would lie in the evidence ${evidence}`, at, {
        hint: 'nothing is ever written into evidence: choose a path outside it',
      })
    }
  }
}

/** Writes a file whole or not at all: a temporary file beside it, then a rename. */
export function writeOutput(path: string, content: string | Uint8Array, options: OutputOptions = {}): void {
  checkOutput(path, options)
  const temporary = join(dirname(resolve(path)), `.${basename(path)}.${process.pid}.tmp`)
  const file = openSync(temporary, 'wx')
  let open = true
  try {
    const bytes = typeof content === 'string' ? Buffer.from(content, 'utf8') : content
    for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written)
    fsyncSync(file)
    closeSync(file)
    open = false
    renameSync(temporary, path)
  } catch (error) {
    if (open) closeSync(file)
    rmSync(temporary, { force: true })
    throw error
  }
}

let closed = false

/**
 * Writes results to standard output and waits until they are handed over: a pipe may be slow. False once its reader has
 * closed it, so that whoever writes piece by piece can stop.
 */
export async function writeStandardOutput(content: string): Promise<boolean> {
  if (closed) return false
  await new Promise<void>((done) => {
    // Errors come to the stream's listener too, which ends the program for all but a closed pipe.
    process.stdout.write(content, (error) => {
      if (error) closed = true
      done()
    })
  })
  return !closed
}
