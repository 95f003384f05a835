import { Command, Option } from 'commander'
import { HYPER_PARAMS } from '../hyperparams.js'
import { packageVersion } from '../internal/installed.js'
import { recipes } from '../recipes.js'
import { addHyperParams, MACHINE_FLAGS, numberOrText, texts } from './flags.js'

// Each command's code is loaded when the command runs, so that --help and usage errors are quick.

const MODEL =
  "a saved model or a checkpoint, or 'pretrained' for the one in the package " +
  '(default: output/dcgan.safetensors if it exists, otherwise pretrained)'

/** Makes the command line. Parsing arguments runs their command. */
export function createProgram(): Command {
  const program = new Command('libtorch-dcgan')
    .description('Train a DCGAN on handwritten digits, and make new digits with it')
    .version(packageVersion())
    .helpCommand(false)
    .enablePositionalOptions()
    .exitOverride()
    .addHelpText('after', '\nEach command has a --help of its own.')
  addSetUp(program)
  program
    .command('doctor')
    .description('check the installation and suggest fixes; the exit code is 1 if something must be fixed')
    .option('--json', 'print the report as JSON')
    .action(async flags => (await import('./doctor.js')).doctor(flags))
  addTrain(program)
  addSampling(program, 'sample', 'make digit images')
    .option('--count <n>', 'number of images (default: one, or one for each of --labels)', numberOrText)
    .option(
      '--out <path>',
      'a .png file for one picture, a .gif file for an animation, or a folder for a file per image',
      'digits.png',
    )
    .action(async flags => (await import('./sample.js')).sample(flags))
  addSampling(
    program,
    'grid',
    'write a grid of digits: as in the snapshots, or new ones with --seed, --labels or --count',
  )
    .option(
      '--count <n>',
      'number of new digits (default: one for each of --labels, or as many as in a snapshot)',
      numberOrText,
    )
    .option('--out <file>', 'the PNG file', 'grid.png')
    .action(async flags => (await import('./sample.js')).grid(flags))
  addDataset(program)
  addAnimate(program)
  addExport(program)
  addEvaluate(program)
  return program
}

const SETUP_VARIABLES = `
Environment:
  LIBTORCH                use the LibTorch in this folder
  LIBTORCH_USE_PYTORCH=1  use the torch of the active Python (or of PYTHON)
  LIBTORCH_DCGAN_HOME     the cache folder, an absolute path; by default
                          libtorch-dcgan in XDG_CACHE_HOME or ~/.cache
  LIBTORCH_DCGAN_MIRROR   used in place of https://download.pytorch.org
  LIBTORCH_DCGAN_ALLOW_UNPINNED=1
                          take a wheel with another SHA-256 than the pinned one
  LIBTORCH_DCGAN_BUILD_FROM_SOURCE=1
                          build the addon even if a prebuilt one fits
  HTTPS_PROXY, HTTP_PROXY, NO_PROXY
                          the proxies for downloads`

function addSetUp(program: Command): void {
  const sources = ['cpu', 'cuda', 'from']
  const source = (flags: string, description: string) =>
    new Option(flags, description).conflicts(sources.filter(name => !flags.startsWith(`--${name}`)))
  program
    .command('setup')
    .description(
      'find or fetch LibTorch, which training needs, and build the addon if necessary; a second run does only what is left to do',
    )
    .addOption(
      source('--cpu', 'LibTorch for the CPU (192 MB to download on linux-x64, 155 MB on linux-arm64)'),
    )
    .addOption(
      source('--cuda', 'LibTorch for CUDA (2.8 GB to download); the default if there is an NVIDIA driver'),
    )
    .addOption(source('--from <file>', 'take LibTorch from a ZIP file or wheel'))
    .option('--rebuild', 'build the addon again, even if a prebuilt one fits')
    .option('--list', 'show what the cache holds')
    .option('--remove [name...]', 'remove what --list shows: all of it, or these names')
    .option('--json', 'with --list: print the list as JSON')
    .addHelpText('after', SETUP_VARIABLES)
    .showHelpAfterError('  libtorch-dcgan setup --help')
    .action(async flags => (await import('./set-up.js')).runSetUp(flags))
}

function addTrain(program: Command): void {
  const command = program
    .command('train')
    .description('train on MNIST: one epoch on a CPU and 20 on CUDA, unless --epochs is given')
    .option('--recipe <name>', "'best', or 'tutorial' for the tutorial's hyper-parameters (default: best)")
    .option(
      '--data <folder>',
      'folder of pictures, or of one folder of pictures per class; folder of IDX files; .npz file (default: $MNIST_DIR, otherwise the MNIST package)',
    )
    .option('--output-dir <folder>', 'folder for snapshots, GIF, checkpoint and model', 'output')
    .option('--steps <n>', 'stop after this many steps (default: at the end of the last epoch)', numberOrText)
    .option('--log <file>', 'CSV file for the losses, one row per step')
    .option('--tensorboard <folder>', 'folder for event files for TensorBoard, from training and evaluation')
    .option('--resume <file>', 'continue from a checkpoint or a saved model')
    .option('--new-data', 'with --resume: allow another data set than before')
    .option(
      '--checkpoint <file>',
      'file to resume from, written on Ctrl-C and after each epoch (default: <output-dir>/checkpoint.safetensors)',
    )
    .option('--no-checkpoint', 'write no checkpoint')
    .option('--checkpoint-every <steps>', 'steps between two checkpoints (default: an epoch)', numberOrText)
    .option('--checkpoint-keep <n>', 'older checkpoints to keep (default: 0)', numberOrText)
    .option('--save <file>', 'file for the trained model (default: <output-dir>/dcgan.safetensors)')
    .option('--no-save', 'do not save the trained model')
    .option(
      '--evaluate <n>',
      'at the end, compare this many digits with real ones (default: 10000, about twelve seconds)',
      numberOrText,
    )
    .option('--no-evaluate', 'do not compare at the end')
    .option(
      '--evaluate-every <epochs>',
      'compare during training too, each time after this many epochs',
      numberOrText,
    )
    .option(
      '--keep-best',
      'keep the compared model that is nearest to real images (Fréchet distance) in <output-dir>/best.safetensors',
    )
    .option('--no-preview', 'draw no digits on the terminal')
    .option('--json', 'print the result as JSON, and everything else on standard error')
    .optionsGroup('Hyper-parameters:')
  addHyperParams(command, HYPER_PARAMS, recipes.best)
    .addHelpText(
      'after',
      '\nCtrl-C stops after the current step and saves the checkpoint.\nA second Ctrl-C stops at once.',
    )
    .action(async (flags, command) => (await import('./train.js')).train(flags, command))
}

function addEvaluate(program: Command): void {
  const command = program
    .command('evaluate')
    .description('compare the images of a model with real ones')
    .argument('[model]', MODEL)
    .option(
      '--count <n>',
      'number of images; with fewer, the distance is larger (default: 10000)',
      numberOrText,
    )
    .option('--seed <n>', 'seed of the images (default: 0)', numberOrText)
    .option(
      '--data <folder>',
      'folder with test images to compare with (default: $MNIST_DIR, otherwise the MNIST package)',
    )
    .addOption(
      new Option(
        '--labels <which>',
        "'dataset': each label as often as among the real images (default); 'uniform': all equally often on average",
      ).choices(['dataset', 'uniform']),
    )
    .option(
      '--accuracy-score [n]',
      'also train one classifier on this many generated digits and one on as many real ones, and compare them (default: 20000; takes minutes)',
      numberOrText,
    )
    .option('--json', 'print the result as JSON')
  addHyperParams(command, MACHINE_FLAGS).action(async (model, flags) =>
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
    .option('--no-preview', 'draw no digits on the terminal')
    .option('--seed <n>', 'seed of new digits (default: random)', numberOrText)
    .option(
      '--labels <list>',
      'which digits: one label for all, or a list such as 3,1,4, repeated up to --count',
      texts,
    )
    .option(
      '--min-confidence <p>',
      'draw each digit up to 20 times, until the classifier is this confident, 0 to 1',
      numberOrText,
    )
    .option(
      '--truncation <factor>',
      'factor of the latent vectors, 0 to 10: below 1, digits are more typical (default: 1)',
      numberOrText,
    )
    .option('--json', 'print the result as JSON')
  return addHyperParams(command, MACHINE_FLAGS)
}

function addExport(program: Command): void {
  const command = withModelFlag(program.command('export').description('write the generator as an ONNX model'))
    .argument('<file>', 'the ONNX file')
    .option('--output <type>', "'float32' for images in (-1, 1), 'uint8' for grey levels (default: float32)")
    .option('--half', 'store the weights in half precision, which halves the size')
    .option('--json', 'print the result as JSON')
  addHyperParams(command, MACHINE_FLAGS).action(async (file, flags) =>
    (await import('./export.js')).exportOnnx(file, flags),
  )
}

function addDataset(program: Command): void {
  const command = withModelFlag(
    program.command('dataset').description('write generated digits as a labelled data set'),
  )
    .requiredOption('--count <n>', 'number of images, up to ten million', numberOrText)
    .option(
      '--format <name>',
      "'idx': MNIST's files; 'npz': for numpy.load(); 'png': a folder per class (default: idx)",
    )
    .option('--out <folder>', 'the folder', 'dataset')
    .option(
      '--labels <list>',
      "'balanced', one label for all, or one for each (default: balanced, if the model has classes)",
      texts,
    )
    .option('--seed <n>', 'seed of the digits (default: random)', numberOrText)
    .option('--json', 'print the result as JSON')
  addHyperParams(command, MACHINE_FLAGS)
    .addHelpText(
      'after',
      '\nThere is no --min-confidence here: it would leave out the unusual digits, and a\n' +
        'network that is trained on the rest does not learn them.',
    )
    .action(async flags => (await import('./dataset.js')).dataset(flags))
}

function addAnimate(program: Command): void {
  program
    .command('animate')
    .description('make a GIF of the snapshots in a folder')
    .argument('[folder]', 'folder of the snapshots', 'output')
    .argument('[file]', 'the GIF (default: <folder>/output.gif)')
    .option('--delay <ms>', 'milliseconds per frame (default: 250)', numberOrText)
    .option('--last-delay <ms>', 'milliseconds of the last frame (default: 2000)', numberOrText)
    .option('--repeat <n>', 'repetitions: 0 for ever, -1 for none (default: 0)', numberOrText)
    .option('--scale <n>', 'output pixels per image pixel (default: 1)', numberOrText)
    .option('--json', 'print the result as JSON')
    .action(async (folder, file, flags) => (await import('./animate.js')).animate(folder, file, flags))
}
