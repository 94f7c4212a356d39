#!/usr/bin/env node
import { EXIT } from './exit-status.ts'
import { main } from './main.ts'

// A reader that closes the pipe early (`| head`) is no fault, and the exit status is still what the verb comes to.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') return
  process.stderr.write(`triad: error: standard output cannot be written (${error.code ?? error.message})\n`)
  process.exit(EXIT.internal)
})
// Nobody reads the diagnostics: nothing can be told, least of all that.
process.stderr.on('error', () => undefined)

const status = await main(process.argv.slice(2))
process.exitCode = status
// Output is handed over by now; a database that still works on the rules is not waited for.
if (status === EXIT.interrupted) process.exit()
