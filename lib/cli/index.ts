#!/usr/bin/env node
import { CommanderError } from 'commander'
import { EXIT, reportFailure, showWarnings } from './failure.js'
import { createProgram } from './program.js'

const program = createProgram()

// `train` itself says that it trains on the CPU, and that nothing is left to train. For the others this does not matter.
showWarnings(code => code === 'DCGAN_NO_CUDA' || code === 'DCGAN_NOTHING_LEFT')

// The reader may close the pipe early, as `libtorch-dcgan train --help | head -3` does.
process.stdout.on('error', error => {
  if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error
  process.exit(EXIT.SIGPIPE)
})

program.parseAsync().catch(error => {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : EXIT.usage
  else process.exitCode = reportFailure(error)
})
