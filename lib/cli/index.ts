#!/usr/bin/env node
import { CommanderError } from 'commander'
import { EXIT, reportFailure, showWarnings } from './failure.js'
import { createProgram } from './program.js'

const program = createProgram()

// Training says once that it is on the CPU; who asks for a digit need not hear it each time.
showWarnings(code => code === 'DCGAN_NO_CUDA' && program.args[0] !== 'train')

// Who reads the output may have seen enough: `libtorch-dcgan train --help | head -3`.
process.stdout.on('error', error => {
  if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error
  process.exit(EXIT.SIGPIPE)
})

program.parseAsync().catch(error => {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : EXIT.usage
  else process.exitCode = reportFailure(error)
})
