#!/usr/bin/env node
import { EXIT } from './exit-status.ts'
import { main } from './main.ts'

// A reader that closes the pipe early (`| head`) is no fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(EXIT.done)
  throw error
})

process.exitCode = await main(process.argv.slice(2))
