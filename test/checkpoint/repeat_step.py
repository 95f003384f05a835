"""Repeats one training step of a state file, by docs/state-file.md alone: repeat_step.py BEFORE AFTER IMAGES LABELS.

Prints as JSON how far each tensor of AFTER is from the repeated one, relative to how far the step moved it.
"""
import json
import math
import sys

import numpy
import torch
from safetensors import safe_open
from torch.nn import functional as F


def read(path):
    with safe_open(path, 'pt') as file:
        return {name: file.get_tensor(name) for name in file.keys()}, file.metadata()


state, metadata = read(sys.argv[1])
expected, _ = read(sys.argv[2])
hparams = json.loads(metadata['hparams'])
images = torch.from_numpy(numpy.fromfile(sys.argv[3], numpy.uint8)).view(-1, 1, 28, 28)
labels = torch.from_numpy(numpy.fromfile(sys.argv[4], numpy.uint8)).long()
step, epoch, batch = (int(metadata[key]) for key in ('step', 'epoch', 'batch'))
before = {name: tensor.clone() for name, tensor in state.items()}


# Random words

def philox(key, counter):
    """P(key; counter), for arrays of counter words: uint32 [4, ...]."""
    c = [numpy.asarray(word, numpy.uint64) & 0xFFFFFFFF for word in numpy.broadcast_arrays(*counter)]
    k = [key & 0xFFFFFFFF, key >> 32]
    for _ in range(10):
        a = c[0] * numpy.uint64(0xD2511F53)
        b = c[2] * numpy.uint64(0xCD9E8D57)
        low, high = numpy.uint64(0xFFFFFFFF), numpy.uint64(32)
        c = [(b >> high) ^ c[1] ^ numpy.uint64(k[0]), b & low, (a >> high) ^ c[3] ^ numpy.uint64(k[1]), a & low]
        k = [(k[0] + 0x9E3779B9) & 0xFFFFFFFF, (k[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return c


def halves(number):
    return number & 0xFFFFFFFF, number >> 32


def permutation():
    if 'epoch.permutation' in state:
        return state['epoch.permutation']
    w = philox(hparams['seed'], (*halves(epoch), 0, 5))
    seed = int(w[1]) * 2**32 + int(w[0])
    return torch.randperm(len(images), generator=torch.Generator().manual_seed(seed))


def other_labels(label, update):
    key, first = state['rng.noise'].tolist()
    i = numpy.arange(len(label)) + first + update * len(label)
    w = philox(key, (0, *halves(i), 10))[0]
    offset = 1 + (w * numpy.uint64(hparams['classes'] - 1) >> numpy.uint64(32))
    return (label + torch.from_numpy(offset.astype(numpy.int64))) % hparams['classes']


def latent_vectors(count):
    key, first = state['rng.noise'].tolist()
    z = hparams['latentDim']
    i = numpy.arange(first, first + count)[:, None]
    w = philox(key, (numpy.arange(-(-z // 4))[None, :], *halves(i), 3))
    u = [(word + 1.0) / 2**32 for word in w]
    entries = []
    for radius, angle in ((u[0], u[1]), (u[2], u[3])):
        r, phi = numpy.sqrt(-2 * numpy.log(radius)), 2 * math.pi * angle
        entries += [r * numpy.cos(phi), r * numpy.sin(phi)]
    vectors = numpy.stack(entries, 2).reshape(count, -1)[:, :z]
    state['rng.noise'][1] += count
    return torch.from_numpy(vectors.astype(numpy.float32))


def mask(q, layer, n, channels, side):
    key = state['rng.dropout'][0].item()
    p, e = numpy.arange(side * side)[:, None], numpy.arange(n * channels)[None, :]
    g, f = p * -(-n * channels // 128) + e // 128, e % 128
    w = philox(key, (16 * g + f % 16, q % 2**32, q // 2**32 ^ layer << 24, 4))
    word = numpy.choose(numpy.broadcast_to(f // 32, w[0].shape), w)
    bits = numpy.where(f % 32 < 16, word & numpy.uint64(0xFFFF), word >> numpy.uint64(16))
    kept = bits >= round(65536 * hparams['dropout'])
    factors = torch.from_numpy(kept.astype(numpy.float32)) / (1 - hparams['dropout'])
    return factors.view(side, side, n, channels).permute(2, 3, 0, 1)


# Networks

def normalise(x, name):
    p = f'generator.{name}.'
    state[p + 'num_batches_tracked'] += 1
    return F.relu(F.batch_norm(x, state[p + 'running_mean'], state[p + 'running_var'], state[p + 'weight'],
                               state[p + 'bias'], training=True, momentum=0.1, eps=1e-5))


def generate(latents, label):
    if hparams['classes']:
        latents = torch.cat((latents, F.one_hot(label, hparams['classes'])), 1)
    x = normalise(latents @ state['generator.linear.weight'].T, 'bn1').view(-1, 256, 7, 7)
    x = normalise(F.conv_transpose2d(x, state['generator.conv1.weight'], stride=1, padding=2), 'bn2')
    x = normalise(F.conv_transpose2d(x, state['generator.conv2.weight'], stride=2, padding=1), 'bn3')
    return torch.tanh(F.conv_transpose2d(x, state['generator.conv3.weight'], stride=2, padding=1))


def discriminate(x, label, other=None):
    """The logits of all images and, if there are other labels, those of the first images with them."""
    q = state['rng.dropout'][1].item()
    state['rng.dropout'][1] += 1
    for layer, (channels, side) in enumerate(((64, 14), (128, 7))):
        p = f'discriminator.conv{layer + 1}.'
        x = F.leaky_relu(F.conv2d(x, state[p + 'weight'], state[p + 'bias'], stride=2, padding=1), 0.2)
        if hparams['dropout'] > 0:
            x = x * mask(q, layer, len(x), channels, side)
    x = x.flatten(1)
    logits = F.linear(x, state['discriminator.linear.weight'], state['discriminator.linear.bias'])[:, 0]
    if hparams['classes'] == 0:
        return logits

    def projected(label):
        return logits[:len(label)] + (x[:len(label)] * state['discriminator.projection'][label]).sum(1)

    return projected(label) if other is None else (projected(label), projected(other))


# Updates

def at_epoch(value):
    return value[min(epoch, len(value) - 1)] if isinstance(value, list) else value


def parameters(network):
    kept = [name[:-len('.exp_avg')] for name in state if name.endswith('.exp_avg')]
    return [name.removeprefix('optimizer.') for name in kept if name.startswith(f'optimizer.{network}.')]


def learn(network, loss, rate):
    names = parameters(network)
    grads = torch.autograd.grad(loss, [state[name] for name in names])
    count = state[f'optimizer.{network}.step']
    for name, grad in zip(names, grads):
        parameter = state[name].detach().clone().requires_grad_()
        adam = torch.optim.Adam([parameter], lr=at_epoch(rate), betas=(hparams['beta1'], hparams['beta2']), eps=1e-8)
        moments = {key: state[f'optimizer.{name}.{key}'] for key in ('exp_avg', 'exp_avg_sq')}
        adam.state[parameter] = {'step': count.float().clone(), **moments}
        parameter.grad = grad
        adam.step()
        state[name] = parameter.detach()
    count += 1


def require_gradients(network, wanted):
    for name in parameters(network):
        state[name] = state[name].detach().requires_grad_(wanted)


def cross_entropy(logits, label):
    return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, label))


rows = permutation()[batch * hparams['batchSize']:][:hparams['batchSize']]
real = images[rows].float() / 127.5 - 1
label = labels[rows]
count = len(rows)
relativistic = hparams['loss'] == 'relativistic'
mismatch = at_epoch(hparams['mismatch'])
others = [other_labels(label, i) for i in range(hparams['discSteps'])] if mismatch else None
latents = latent_vectors(hparams['discSteps'] * count).split(count)

for i, drawn in enumerate(latents):
    require_gradients('generator', i + 1 == len(latents))
    require_gradients('discriminator', True)
    fake = generate(drawn, label)
    both = torch.cat((real, fake.detach())).requires_grad_()
    if mismatch:
        logits, on_other = discriminate(both, torch.cat((label, label)), others[i])
    else:
        logits = discriminate(both, torch.cat((label, label)))
    on_real, on_fake = logits.split(count)
    if relativistic:
        loss = F.softplus(on_fake - on_real).mean()
    else:
        loss = cross_entropy(on_real, 1 - hparams['labelSmoothing']) + cross_entropy(on_fake, 0.0)
    if mismatch:
        loss = loss + mismatch * F.softplus(on_other).mean()
    slopes = torch.autograd.grad(logits.sum(), both, create_graph=True)[0].square().sum((1, 2, 3)).split(count)
    for gamma, squared in zip((hparams['r1'], hparams['r2']), slopes):
        loss = loss + at_epoch(gamma) / 2 * squared.mean()
    learn('discriminator', loss, hparams['discLr'])

on_real = discriminate(real, label) if relativistic else None
on_fake = discriminate(fake, label)
loss = F.softplus(on_real - on_fake).mean() if relativistic else cross_entropy(on_fake, 1.0)
learn('generator', loss, hparams['genLr'])

decay = min(hparams['emaDecay'], (1 + step) / (10 + step))
for name in state:
    if name.startswith('average.'):
        new = state[name.removeprefix('average.')]
        state[name] = state[name].lerp(new, 1 - decay) if new.is_floating_point() else new

distances = {}
for name, tensor in expected.items():
    if name == 'epoch.permutation':
        distances[name] = 0 if torch.equal(permutation(), tensor) else 1
    else:
        moved = (tensor.double() - before[name].double()).norm().item()
        off = (tensor.double() - state[name].detach().double()).norm().item()
        distances[name] = off if moved == 0 else off / moved
print(json.dumps(distances))
