#!/usr/bin/env node
import { Command, CommanderError } from 'commander'
import { DEFAULTS, HYPER_PARAMS } from '../hyperparams.js'
import { EXIT, reportFailure, showWarnings } from './failure.js'
import { addHyperParams, numberOrText } from './flags.js'

// Each command's own code is loaded when it is asked for: --help and a mistyped flag answer at once.

const MODEL = 'output/dcgan.safetensors'
const { version } = require('../../package.json') as { version: string }

const program = new Command('libtorch-dcgan')
  .description('Train a DCGAN on handwritten digits and generate digit images, on LibTorch')
  .version(version)
  .enablePositionalOptions()
  .exitOverride()

for (const [name, description] of [
  ['setup', 'find or fetch LibTorch, and build what is not built yet'],
  ['doctor', 'say what is there, what is missing, and how to mend it'],
] as const) {
  program
    .command(name)
    .description(description)
    .helpOption(false)
    .allowUnknownOption()
    .allowExcessArguments()
    .passThroughOptions()
    .action(async (_flags: unknown, command: Command) => {
      // The scripts need no installed dependency, and read their own flags.
      const script = require(`../../scripts/${name}.js`) as {
        main(argv: string[]): Promise<number | undefined>
      }
      process.exitCode = (await script.main(command.args)) ?? process.exitCode
    })
}

addHyperParams(
  program
    .command('train')
    .description(
      'train on MNIST as the tutorial does; on a CPU for 1 epoch, on CUDA for 25, unless --epochs says',
    )
    .option('--data <folder>', 'folder of IDX files (default: $MNIST_DIR, or the MNIST package)')
    .option('--output-dir <folder>', 'where snapshots and the GIF go', 'output')
    .option('--checkpoint <file>', 'keep a file to continue from; written on Ctrl-C too')
    .option(
      '--checkpoint-every <steps>',
      'steps from one checkpoint to the next (default: an epoch)',
      numberOrText,
    )
    .option('--checkpoint-keep <n>', 'older checkpoints that stay beside it (default: 1)', numberOrText)
    .option('--resume <file>', 'continue from a checkpoint or a saved model')
    .option('--save <file>', 'where the trained model goes (default: <output-dir>/dcgan.safetensors)')
    .option('--no-save', 'do not save the trained model')
    .option('--json', 'print the result as JSON, everything else on standard error'),
  HYPER_PARAMS,
)
  .addHelpText(
    'after',
    '\nThe defaults are those of the tutorial. Ctrl-C stops after the step, twice at once.',
  )
  .action(async flags => (await import('./train.js')).train(flags))

sampling('sample', 'make digit images')
  .option('--count <n>', 'images (default: 1)', numberOrText)
  .option('--out <path>', 'a .png file for one picture, or a folder for a file an image', 'digits.png')
  .action(async flags => (await import('./sample.js')).sample(flags))

sampling('grid', 'write the picture that the snapshots show, or a grid of new digits with --seed')
  .option('--count <n>', `images with --seed (default: ${DEFAULTS.outputDim ** 2})`, numberOrText)
  .option('--out <file>', 'the PNG file', 'grid.png')
  .action(async flags => (await import('./sample.js')).grid(flags))

program
  .command('animate')
  .description('make a GIF of the snapshots in a folder')
  .argument('[folder]', 'where the snapshots are', 'output')
  .argument('[file]', 'the GIF (default: <folder>/output.gif)')
  .option('--delay <ms>', 'milliseconds a frame (default: 250)', numberOrText)
  .option('--last-delay <ms>', 'milliseconds of the last frame (default: 2000)', numberOrText)
  .option('--repeat <n>', 'repetitions; 0 for ever, -1 none (default: 0)', numberOrText)
  .option('--scale <n>', 'pixels a pixel (default: 1)', numberOrText)
  .option('--json', 'print the result as JSON')
  .action(async (folder, file, flags) => (await import('./animate.js')).animate(folder, file, flags))

function sampling(name: string, description: string): Command {
  const command = program
    .command(name)
    .description(description)
    .option('--model <file>', 'a saved model or a checkpoint', MODEL)
    .option('--columns <n>', 'images in a row of the picture', numberOrText)
    .option('--scale <n>', 'pixels a pixel (default: 1)', numberOrText)
    .option('--seed <n>', 'draws the digits (default: random)', numberOrText)
    .option('--json', 'print the result as JSON')
  return addHyperParams(command, ['device', 'precision', 'threads'])
}

// Training says once that it is on the CPU; who asks for a digit need not hear it each time.
showWarnings(code => code === 'DCGAN_NO_CUDA' && program.args[0] !== 'train')

program.parseAsync().catch(error => {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : EXIT.usage
  else process.exitCode = reportFailure(error)
})
