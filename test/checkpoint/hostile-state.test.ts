import { join } from 'node:path'
import { readState } from '../../lib/checkpoint/index.js'
import { type Draft, draftState, float32, int64, patch, writeDraft, writeRaw } from './files.js'
import { type Case, describeHostile, type Make } from './hostile.js'
import { temporaryFolder } from './states.js'

const folder = temporaryFolder()

/** A state file with something changed. */
const corrupted =
  (draft: () => Draft) =>
  (corrupt: (draft: Draft) => unknown): Make =>
  file => {
    const made = draft()
    corrupt(made)
    writeDraft(file, made)
  }
const full = corrupted(() => draftState('full'))
const generator = corrupted(() => draftState('generator'))
const half = corrupted(() => draftState('generator', { half: true }))

const metadata = (changes: Record<string, string | undefined>) =>
  full(draft => {
    for (const [key, value] of Object.entries(changes)) {
      if (value === undefined) draft.metadata.delete(key)
      else draft.metadata.set(key, value)
    }
  })
const element = (name: string, index: number, bytes: Buffer) =>
  full(draft => patch(draft, name, index, bytes))

const HPARAMS = '{"latentDim":2,"outputDim":1,"batchSize":2}'
const hparams = (text: string) => metadata({ hparams: text })

const METADATA: Case[] = [
  ['none', /its metadata has no "format"/, file => writeRaw(file, '{}')],
  ['another format', /says format "pt" instead of "libtorch-dcgan"/, metadata({ format: 'pt' })],
  ['no version', /its metadata has no "version"/, metadata({ version: undefined })],
  [
    'a newer version',
    /says version "2", and this release reads version 1\. Update libtorch-dcgan: release "9\.0\.0" wrote/,
    metadata({ version: '2', library: '9.0.0' }),
  ],
  [
    'a version before the first',
    /says version "0", and this release reads version 1/,
    metadata({ version: '0' }),
  ],
  [
    'an unknown kind',
    /says kind "discriminator" instead of "full" or "generator"/,
    metadata({ kind: 'discriminator' }),
  ],
  ...['-1', '1.5', '0x10', '1e3', ' 1', '', 'NaN', '007', '9007199254740992'].map(
    (step): Case => [
      `step ${step}`,
      /says step ".*" instead of an integer from 0 to 2\^53 - 1/,
      metadata({ step }),
    ],
  ),
  ['no step', /its metadata has no "step"/, metadata({ step: undefined })],
  [
    'more epochs than steps',
    /says step 13, epoch 11, batch 3, though each epoch and batch takes a step/,
    metadata({ epoch: '11' }),
  ],
  [
    'too many batches',
    /says step 13, epoch 1, batch 5 of 10 images, which do not make so many mini-batches/,
    metadata({ batch: '5' }),
  ],
  [
    'a data set of one image',
    /batch 0 of 1 images, which do not make/,
    metadata({ batch: '0', dataset_count: '1' }),
  ],
  ['a batch of nothing', /batch 3 of 0 images/, metadata({ dataset_count: '0', dataset_hash: '' })],
  [
    'an epoch under way in a generator',
    /but a file of kind "generator" holds no epoch under way/,
    metadata({ kind: 'generator' }),
  ],
  ['a short hash', /says dataset_hash "0123" for 10 images/, metadata({ dataset_hash: '0123' })],
  [
    'a hash of nothing',
    /says dataset_hash "0123456789abcdef" for 0 images/,
    metadata({ batch: '0', dataset_count: '0' }),
  ],
  ['hparams that are no JSON', /its list of hparams is not JSON/, hparams('{latentDim:2}')],
  ['hparams that are a list', /its list of hparams is not an object/, hparams('[]')],
  ['hparams that are null', /its list of hparams is not an object/, hparams('null')],
  [
    'hparams with a key twice',
    /has a key twice in one object/,
    hparams('{"latentDim":3,"latentDim":2,"outputDim":1}'),
  ],
  [
    'hparams with an object',
    /Expected an integer from 1 to 4096 for latentDim but received an object/,
    hparams('{"latentDim":{"latentDim":2},"outputDim":1}'),
  ],
  [
    'hparams with an unknown key',
    /Unknown key "latent" in the hparams/,
    hparams('{"latentDim":2,"outputDim":1,"latent":2}'),
  ],
  [
    'hparams with a prototype',
    /Unknown key "__proto__" in the hparams/,
    hparams('{"latentDim":2,"outputDim":1,"__proto__":1}'),
  ],
  ['hparams without latentDim', /its hparams have no latentDim/, hparams('{"outputDim":1}')],
  [
    'hparams out of range',
    /an integer from 1 to 4096 for latentDim but received 0/,
    hparams(HPARAMS.replace('2', '0')),
  ],
  [
    'hparams of a book',
    /its hparams take 70002 characters, more than 65536/,
    hparams(JSON.stringify('x'.repeat(70_000))),
  ],
]

const TABLE: Case[] = [
  [
    'a missing tensor',
    /tensor "generator\.bn2\.bias" is missing/,
    generator(({ tensors }) => tensors.delete('generator.bn2.bias')),
  ],
  ['no tensor', /tensor "generator\.linear\.weight" is missing/, generator(({ tensors }) => tensors.clear())],
  [
    'an extra tensor',
    /tensor "generator\.bn4\.bias" has no place in a state of kind "generator"/,
    generator(({ tensors }) => tensors.set('generator.bn4.bias', { dtype: 'F32', shape: [1] })),
  ],
  [
    'an empty extra tensor',
    /tensor "" has no place/,
    generator(({ tensors }) => tensors.set('', { dtype: 'F32', shape: [0] })),
  ],
  [
    'a tensor named as JavaScript',
    /tensor "toString" has no place/,
    generator(({ tensors }) => tensors.set('toString', { dtype: 'F32', shape: [1] })),
  ],
  [
    'a tensor with a long name',
    /tensor "x{57}\.\.\." has no place/,
    generator(({ tensors }) => tensors.set('x'.repeat(5000), { dtype: 'F32', shape: [1] })),
  ],
  [
    'a tensor with an unprintable name',
    /tensor "\\u001b\[2J\\ud800" has no place/,
    generator(({ tensors }) => tensors.set('\u001b[2J\ud800', { dtype: 'F32', shape: [1] })),
  ],
  [
    'a discriminator in a generator',
    /tensor "discriminator\.conv1\.bias" has no place/,
    generator(({ tensors }) => tensors.set('discriminator.conv1.bias', { dtype: 'F32', shape: [64] })),
  ],
  [
    'a generator for a whole',
    /tensor "discriminator\.conv1\.weight" is missing/,
    full(draft => Object.assign(draft, { tensors: draftState('generator').tensors, patches: [] })),
  ],
  [
    'an epoch without permutation',
    /tensor "epoch\.permutation" is missing/,
    full(draft => draft.tensors.delete('epoch.permutation') && Object.assign(draft, { patches: [] })),
  ],
  [
    'another latentDim',
    /tensor "generator\.linear\.weight" has shape \[12544, 3\] instead of \[12544, 2\]/,
    generator(({ tensors }) => tensors.set('generator.linear.weight', { dtype: 'F32', shape: [12544, 3] })),
  ],
  [
    'a transposed tensor',
    /tensor "generator\.linear\.weight" has shape \[2, 12544\] instead of \[12544, 2\]/,
    generator(({ tensors }) => tensors.set('generator.linear.weight', { dtype: 'F32', shape: [2, 12544] })),
  ],
  [
    'another rank',
    /tensor "generator\.bn1\.bias" has shape \[12544, 1\] instead of \[12544\]/,
    generator(({ tensors }) => tensors.set('generator.bn1.bias', { dtype: 'F32', shape: [12544, 1] })),
  ],
  [
    'a list for a counter',
    /tensor "generator\.bn1\.num_batches_tracked" has shape \[1\] instead of \[\]/,
    generator(({ tensors }) =>
      tensors.set('generator.bn1.num_batches_tracked', { dtype: 'I64', shape: [1] }),
    ),
  ],
  [
    'doubles',
    /tensor "generator\.bn1\.bias" has dtype F64 instead of F32/,
    generator(({ tensors }) => tensors.set('generator.bn1.bias', { dtype: 'F64', shape: [12544] })),
  ],
  [
    'a counter in half precision',
    /tensor "generator\.bn1\.num_batches_tracked" has dtype F16 instead of I64/,
    generator(({ tensors }) => tensors.set('generator.bn1.num_batches_tracked', { dtype: 'F16', shape: [] })),
  ],
  [
    'half precision in a whole state',
    /tensor "generator\.bn1\.bias" has dtype F16 instead of F32/,
    full(({ tensors }) => tensors.set('generator.bn1.bias', { dtype: 'F16', shape: [12544] })),
  ],
]

const NUMBERS: Case[] = [
  [
    'NaN',
    /tensor "discriminator\.linear\.weight" holds NaN at element 6271, not a finite number/,
    element('discriminator.linear.weight', 6271, float32(Number.NaN)),
  ],
  [
    'infinity behind the first piece',
    /tensor "generator\.conv1\.weight" holds Infinity at element 800000, not a finite number/,
    element('generator.conv1.weight', 800_000, float32(Number.POSITIVE_INFINITY)),
  ],
  [
    'negative infinity',
    /tensor "fixed_latents" holds -Infinity at element 1, not a finite number/,
    element('fixed_latents', 1, float32(Number.NEGATIVE_INFINITY)),
  ],
  [
    'a negative variance',
    /tensor "generator\.bn1\.running_var" holds -1 at element 12543, not a finite number from 0/,
    element('generator.bn1.running_var', 12543, float32(-1)),
  ],
  [
    'a negative second moment',
    /tensor "optimizer\.generator\.linear\.weight\.exp_avg_sq" holds -1 at element 7, not a finite number from 0/,
    element('optimizer.generator.linear.weight.exp_avg_sq', 7, float32(-1)),
  ],
  [
    'an infinite second moment',
    /exp_avg_sq" holds Infinity at element 0/,
    element('optimizer.discriminator.conv1.bias.exp_avg_sq', 0, float32(Number.POSITIVE_INFINITY)),
  ],
  [
    'NaN in half precision',
    /tensor "generator\.conv3\.weight" holds NaN at element 1023/,
    half(draft => patch(draft, 'generator.conv3.weight', 1023, Buffer.from([0x01, 0x7c]))),
  ],
  [
    'infinity in half precision',
    /tensor "generator\.conv1\.weight" holds -Infinity at element 800000/,
    half(draft => patch(draft, 'generator.conv1.weight', 800_000, Buffer.from([0x00, 0xfc]))),
  ],
  [
    'a negative counter',
    /tensor "optimizer\.generator\.step" holds -1 at element 0, not an integer from 0 to 2\^53 - 1/,
    element('optimizer.generator.step', 0, int64(-1n)),
  ],
  [
    'a counter past the safe integers',
    /num_batches_tracked" holds 9007199254740992 at element 0/,
    element('generator.bn3.num_batches_tracked', 0, int64(2n ** 53n)),
  ],
  [
    'a negative count of numbers drawn',
    /tensor "rng\.noise" holds -1 at element 1, not an integer from 0/,
    element('rng.noise', 1, int64(-1n)),
  ],
  [
    'an image twice',
    /tensor "epoch\.permutation" holds 0 at element 9, not each integer from 0 to 9 once/,
    element('epoch.permutation', 9, int64(0n)),
  ],
  [
    'an image past the last',
    /tensor "epoch\.permutation" holds 10 at element 3, not each/,
    element('epoch.permutation', 3, int64(10n)),
  ],
  [
    'an image before the first',
    /tensor "epoch\.permutation" holds -1 at element 0, not each/,
    element('epoch.permutation', 0, int64(-1n)),
  ],
  [
    'an image past counting',
    /tensor "epoch\.permutation" holds 9223372036854775807 at element 0/,
    element('epoch.permutation', 0, int64(2n ** 63n - 1n)),
  ],
]

describeHostile(folder, 'the metadata', METADATA)
describeHostile(folder, 'the table of tensors', TABLE)
describeHostile(folder, 'the numbers', NUMBERS)

it('accepts the drafts that the hostile files are made of', async () => {
  for (const [name, make] of Object.entries({ full, generator, half })) {
    const file = join(folder, `draft-${name}`)
    make(() => {})(file)
    expect((await readState(file)).state.step).toBe(13)
  }
})

it('accepts the extremes that are allowed', async () => {
  const file = join(folder, 'extremes')
  full(draft => {
    patch(draft, 'rng.noise', 0, int64(-(2n ** 63n)))
    patch(draft, 'rng.dropout', 1, int64(2n ** 53n - 1n))
    patch(draft, 'generator.bn1.bias', 0, float32(-3.4028234663852886e38))
    patch(draft, 'generator.bn1.running_var', 0, float32(-0))
    draft.metadata.set('note of another program', 'ignored')
  })(file)
  expect((await readState(file)).kind).toBe('full')
})
