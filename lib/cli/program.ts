import { Command } from 'commander'
import { DEFAULTS, HYPER_PARAMS } from '../hyperparams.js'
import { recipes } from '../recipes.js'
import { addHyperParams, numberOrText, numbersOrText } from './flags.js'

// Each command's code is loaded when the command runs, so that --help and usage errors are quick.

const { version } = require('../../package.json') as { version: string }

const MODEL =
  "a saved model or a checkpoint, or 'pretrained' for the one that the package ships " +
  '(default: output/dcgan.safetensors if it is there, else pretrained)'

/** Makes the command line. Parsing arguments runs their command. */
export function createProgram(): Command {
  const program = new Command('libtorch-dcgan')
    .description('Train a DCGAN on handwritten digits and generate digit images, on LibTorch')
    .version(version)
    .helpCommand(false)
    .enablePositionalOptions()
    .exitOverride()
    .addHelpText('after', '\nEach command has a --help of its own.')
  addScript(program, 'setup', 'find or fetch LibTorch, and build what is not built yet')
  addScript(program, 'doctor', 'check the installation and suggest fixes')
  addTrain(program)
  addSampling(program, 'sample', 'make digit images')
    .option('--count <n>', 'images (default: 1)', numberOrText)
    .option('--out <path>', 'a .png file for one picture, or a folder for one file per image', 'digits.png')
    .action(async flags => (await import('./sample.js')).sample(flags))
  addSampling(
    program,
    'grid',
    'write the picture that the snapshots show, or a grid of new digits with --seed',
  )
    .option('--count <n>', `images with --seed (default: ${DEFAULTS.outputDim ** 2})`, numberOrText)
    .option('--out <file>', 'the PNG file', 'grid.png')
    .action(async flags => (await import('./sample.js')).grid(flags))
  addAnimate(program)
  addExport(program)
  addEvaluate(program)
  return program
}

/** Adds a command that is a script with flags of its own. */
function addScript(program: Command, name: 'setup' | 'doctor', description: string): void {
  program
    .command(name)
    .description(description)
    .helpOption(false)
    .allowUnknownOption()
    .allowExcessArguments()
    .passThroughOptions()
    .action(async (_flags: unknown, command: Command) => {
      const script = require(`../../scripts/${name}.js`) as {
        main(argv: string[]): Promise<number | undefined>
      }
      process.exitCode = (await script.main(command.args)) ?? process.exitCode
    })
}

function addTrain(program: Command): void {
  const command = program
    .command('train')
    .description('train on MNIST; 1 epoch on a CPU and 25 on CUDA, unless --epochs says')
    .option('--recipe <name>', "'best', or 'tutorial' for the tutorial's hyper-parameters (default: best)")
    .option('--data <folder>', 'folder of IDX files (default: $MNIST_DIR, or the MNIST package)')
    .option('--output-dir <folder>', 'where snapshots, the GIF, checkpoint and model go', 'output')
    .option('--steps <n>', 'stop after so many steps (default: at the end of the last epoch)', numberOrText)
    .option('--log <file>', 'a CSV file of the losses, one row for each step')
    .option('--tensorboard <folder>', 'where files for TensorBoard go, of training and evaluation')
    .option('--resume <file>', 'continue from a checkpoint or a saved model')
    .option('--new-data', 'continue on another data set than the one that it was trained on')
    .option(
      '--checkpoint <file>',
      'what Ctrl-C leaves to continue from, and each epoch (default: <output-dir>/checkpoint.safetensors)',
    )
    .option('--no-checkpoint', 'keep none')
    .option('--checkpoint-every <steps>', 'steps from one to the next (default: an epoch)', numberOrText)
    .option('--checkpoint-keep <n>', 'older checkpoints that stay beside it (default: 0)', numberOrText)
    .option('--save <file>', 'where the trained model goes (default: <output-dir>/dcgan.safetensors)')
    .option('--no-save', 'do not save the trained model')
    .option(
      '--evaluate <n>',
      'digits to compare with real ones at the end, some ten seconds on two cores (default: 10000)',
      numberOrText,
    )
    .option('--no-evaluate', 'compare none')
    .option('--no-preview', 'show no digits on the terminal')
    .option('--json', 'print the result as JSON, everything else on standard error')
  addHyperParams(command, HYPER_PARAMS, recipes.best)
    .addHelpText('after', '\nCtrl-C stops after the step and saves the checkpoint; twice, it stops at once.')
    .action(async flags => (await import('./train.js')).train(flags))
}

function addEvaluate(program: Command): void {
  const command = program
    .command('evaluate')
    .description('tell how good the digits of a model are, beside real ones')
    .argument('[model]', MODEL)
    .option('--count <n>', 'digits to make (default: 10000)', numberOrText)
    .option('--seed <n>', 'draws them (default: 0)', numberOrText)
    .option(
      '--data <folder>',
      'folder of IDX files, whose test images are real ones (default: $MNIST_DIR, or the MNIST package)',
    )
    .option('--json', 'print the result as JSON')
  addHyperParams(command, ['device', 'precision', 'threads']).action(async (model, flags) =>
    (await import('./evaluate.js')).evaluate(model, flags),
  )
}

function withModelFlag(command: Command): Command {
  return command.option('--model <file>', MODEL)
}

function addSampling(program: Command, name: string, description: string): Command {
  const command = withModelFlag(program.command(name).description(description))
    .option('--columns <n>', 'images per row of the picture', numberOrText)
    .option('--scale <n>', 'output pixels per image pixel (default: 1)', numberOrText)
    .option('--gap <n>', 'empty pixels between two images (default: 0)', numberOrText)
    .option('--invert', 'draw black digits on white')
    .option('--no-preview', 'show no digits on the terminal')
    .option('--seed <n>', 'draws the digits (default: random)', numberOrText)
    .option('--labels <list>', 'digits to show: one for all, or one for each, such as 3,1,4', numbersOrText)
    .option(
      '--min-confidence <p>',
      'draw each digit again until the classifier is as sure of it, 0 to 1; 20 times at most',
      numberOrText,
    )
    .option('--json', 'print the result as JSON')
  return addHyperParams(command, ['device', 'precision', 'threads'])
}

function addExport(program: Command): void {
  withModelFlag(program.command('export').description('write the generator as an ONNX model'))
    .argument('<file>', 'the ONNX file')
    .option('--output <type>', "'float32' for images in (-1, 1), 'uint8' for grey levels (default: float32)")
    .option('--half', 'keep the weights in half precision, for half of the size')
    .option('--json', 'print the result as JSON')
    .action(async (file, flags) => (await import('./export.js')).exportOnnx(file, flags))
}

function addAnimate(program: Command): void {
  program
    .command('animate')
    .description('make a GIF of the snapshots in a folder')
    .argument('[folder]', 'where the snapshots are', 'output')
    .argument('[file]', 'the GIF (default: <folder>/output.gif)')
    .option('--delay <ms>', 'milliseconds a frame (default: 250)', numberOrText)
    .option('--last-delay <ms>', 'milliseconds of the last frame (default: 2000)', numberOrText)
    .option('--repeat <n>', 'repetitions; 0 for ever, -1 none (default: 0)', numberOrText)
    .option('--scale <n>', 'output pixels per image pixel (default: 1)', numberOrText)
    .option('--json', 'print the result as JSON')
    .action(async (folder, file, flags) => (await import('./animate.js')).animate(folder, file, flags))
}
