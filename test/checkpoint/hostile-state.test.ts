import { join } from 'node:path'
import { readState } from '../../lib/checkpoint/index.js'
import { sharedFolder } from '../support/folder.js'
import { type Draft, draftState, float32, int64, patch, writeDraft, writeRaw } from './files.js'
import { type Case, describeHostile, type Make } from './hostile.js'

const folder = sharedFolder()

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
const image = (index: number, value: bigint) => element('epoch.permutation', index, int64(value))
const extra = (name: string) => generator(({ tensors }) => tensors.set(name, { dtype: 'F32', shape: [1] }))

const HPARAMS = '{"latentDim":2,"outputDim":1,"batchSize":2}'
const hparams = (text: string) => metadata({ hparams: text })

const METADATA: Case[] = [
  [/its metadata has no "format"/, file => writeRaw(file, '{}')],
  [/says format "pt" instead of "libtorch-dcgan"/, metadata({ format: 'pt' })],
  [/its metadata has no "version"/, metadata({ version: undefined })],
  [
    /says version "2", and this release reads version 1\. Update libtorch-dcgan: release "9\.0\.0" wrote/,
    metadata({ version: '2', library: '9.0.0' }),
  ],
  [/says version "0", and this release reads version 1/, metadata({ version: '0' })],
  [/says kind "discriminator" instead of "full" or "generator"/, metadata({ kind: 'discriminator' })],
  ...['-1', '1.5', '0x10', '1e3', ' 1', '', 'NaN', '007', '9007199254740992'].map(
    (step): Case => [/says step ".*" instead of an integer from 0 to 2\^53 - 1/, metadata({ step })],
  ),
  [/its metadata has no "step"/, metadata({ step: undefined })],
  [/says step 13, epoch 11, batch 3, though each epoch and batch takes a step/, metadata({ epoch: '11' })],
  [/batch 5 of 10 images, which do not make so many mini-batches/, metadata({ batch: '5' })],
  [/batch 0 of 1 images, which do not make/, metadata({ batch: '0', dataset_count: '1' })],
  [/batch 3 of 0 images/, metadata({ dataset_count: '0', dataset_hash: '' })],
  [/but a file of kind "generator" holds no epoch under way/, metadata({ kind: 'generator' })],
  [/says dataset_hash "0123" for 10 images/, metadata({ dataset_hash: '0123' })],
  [/says dataset_hash "0123456789abcdef" for 0 images/, metadata({ batch: '0', dataset_count: '0' })],
  [/its list of hparams is not JSON/, hparams('{latentDim:2}')],
  [/its list of hparams is not an object/, hparams('[]')],
  [/its list of hparams is not an object/, hparams('null')],
  [/has a key twice in one object/, hparams('{"latentDim":3,"latentDim":2,"outputDim":1}')],
  [
    /from 1 to 4096 for latentDim but received an object/,
    hparams('{"latentDim":{"latentDim":2},"outputDim":1}'),
  ],
  [/Unknown key "latent" in the hparams/, hparams('{"latentDim":2,"outputDim":1,"latent":2}')],
  [/Unknown key "__proto__" in the hparams/, hparams('{"latentDim":2,"outputDim":1,"__proto__":1}')],
  [/its hparams have no latentDim/, hparams('{"outputDim":1}')],
  [/an integer from 1 to 4096 for latentDim but received 0/, hparams(HPARAMS.replace('2', '0'))],
  [/its hparams take 70002 characters, more than 65536/, hparams(JSON.stringify('x'.repeat(70_000)))],
]

const TABLE: Case[] = [
  [
    /tensor "generator\.bn2\.bias" is missing/,
    generator(({ tensors }) => tensors.delete('generator.bn2.bias')),
  ],
  [/tensor "generator\.linear\.weight" is missing/, generator(({ tensors }) => tensors.clear())],
  [
    /tensor "generator\.bn4\.bias" has no place in a state of kind "generator"/,
    generator(({ tensors }) => tensors.set('generator.bn4.bias', { dtype: 'F32', shape: [1] })),
  ],
  [/tensor "" has no place/, generator(({ tensors }) => tensors.set('', { dtype: 'F32', shape: [0] }))],
  [/tensor "toString" has no place/, extra('toString')],
  [/tensor "x{57}\.\.\." has no place/, extra('x'.repeat(5000))],
  [/tensor "\\u001b\[2J\\ud800" has no place/, extra('\u001b[2J\ud800')],
  [
    /tensor "discriminator\.conv1\.bias" has no place/,
    generator(({ tensors }) => tensors.set('discriminator.conv1.bias', { dtype: 'F32', shape: [64] })),
  ],
  [
    /tensor "discriminator\.conv1\.weight" is missing/,
    full(draft => Object.assign(draft, { tensors: draftState('generator').tensors, patches: [] })),
  ],
  [
    /tensor "epoch\.permutation" is missing/,
    full(draft => draft.tensors.delete('epoch.permutation') && Object.assign(draft, { patches: [] })),
  ],
  [
    /tensor "generator\.linear\.weight" has shape \[12544, 3\] instead of \[12544, 2\]/,
    generator(({ tensors }) => tensors.set('generator.linear.weight', { dtype: 'F32', shape: [12544, 3] })),
  ],
  [
    /tensor "generator\.linear\.weight" has shape \[2, 12544\] instead of \[12544, 2\]/,
    generator(({ tensors }) => tensors.set('generator.linear.weight', { dtype: 'F32', shape: [2, 12544] })),
  ],
  [
    /tensor "generator\.bn1\.bias" has shape \[12544, 1\] instead of \[12544\]/,
    generator(({ tensors }) => tensors.set('generator.bn1.bias', { dtype: 'F32', shape: [12544, 1] })),
  ],
  [
    /tensor "generator\.bn1\.num_batches_tracked" has shape \[1\] instead of \[\]/,
    generator(({ tensors }) =>
      tensors.set('generator.bn1.num_batches_tracked', { dtype: 'I64', shape: [1] }),
    ),
  ],
  [
    /tensor "generator\.bn1\.bias" has dtype F64 instead of F32/,
    generator(({ tensors }) => tensors.set('generator.bn1.bias', { dtype: 'F64', shape: [12544] })),
  ],
  [
    /tensor "generator\.bn1\.num_batches_tracked" has dtype F16 instead of I64/,
    generator(({ tensors }) => tensors.set('generator.bn1.num_batches_tracked', { dtype: 'F16', shape: [] })),
  ],
  [
    /tensor "generator\.bn1\.bias" has dtype F16 instead of F32/,
    full(({ tensors }) => tensors.set('generator.bn1.bias', { dtype: 'F16', shape: [12544] })),
  ],
]

const NUMBERS: Case[] = [
  [
    /tensor "discriminator\.linear\.weight" holds NaN at element 6271, not a finite number/,
    element('discriminator.linear.weight', 6271, float32(Number.NaN)),
  ],
  [
    /tensor "generator\.conv1\.weight" holds Infinity at element 800000, not a finite number/,
    element('generator.conv1.weight', 800_000, float32(Number.POSITIVE_INFINITY)),
  ],
  [
    /tensor "fixed_latents" holds -Infinity at element 1, not a finite number/,
    element('fixed_latents', 1, float32(Number.NEGATIVE_INFINITY)),
  ],
  [
    /tensor "generator\.bn1\.running_var" holds -1 at element 12543, not a finite number from 0/,
    element('generator.bn1.running_var', 12543, float32(-1)),
  ],
  [
    /tensor "optimizer\.generator\.linear\.weight\.exp_avg_sq" holds -1 at element 7, not a finite number from 0/,
    element('optimizer.generator.linear.weight.exp_avg_sq', 7, float32(-1)),
  ],
  [
    /exp_avg_sq" holds Infinity at element 0/,
    element('optimizer.discriminator.conv1.bias.exp_avg_sq', 0, float32(Number.POSITIVE_INFINITY)),
  ],
  [
    /tensor "generator\.conv3\.weight" holds NaN at element 1023/,
    half(draft => patch(draft, 'generator.conv3.weight', 1023, Buffer.from([0x01, 0x7c]))),
  ],
  [
    /tensor "generator\.conv1\.weight" holds -Infinity at element 800000/,
    half(draft => patch(draft, 'generator.conv1.weight', 800_000, Buffer.from([0x00, 0xfc]))),
  ],
  [
    /tensor "optimizer\.generator\.step" holds -1 at element 0, not an integer from 0 to 2\^53 - 1/,
    element('optimizer.generator.step', 0, int64(-1n)),
  ],
  [
    /num_batches_tracked" holds 9007199254740992 at element 0/,
    element('generator.bn3.num_batches_tracked', 0, int64(2n ** 53n)),
  ],
  [/tensor "rng\.noise" holds -1 at element 1, not an integer from 0/, element('rng.noise', 1, int64(-1n))],
  [/tensor "epoch\.permutation" holds 0 at element 9, not each integer from 0 to 9 once/, image(9, 0n)],
  [/tensor "epoch\.permutation" holds 10 at element 3, not each/, image(3, 10n)],
  [/tensor "epoch\.permutation" holds -1 at element 0, not each/, image(0, -1n)],
  [/tensor "epoch\.permutation" holds 9223372036854775807 at element 0/, image(0, 2n ** 63n - 1n)],
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
