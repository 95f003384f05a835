"""The class-conditional step in PyTorch eager, with gradient penalties or without.

python pytorch_classes_step.py IMAGES_FILE LABELS_FILE BATCH STEPS_A_ROUND PENALTY
"""

import os
import sys
import time

import numpy as np
import torch
from pytorch_model import bce, discriminator, generator, initialise
from rounds import serve
from torch import nn

CLASSES, LATENT = 10, 100
torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
torch.manual_seed(1)
images_file, labels_file, batch, steps, gamma = *sys.argv[1:3], *map(int, sys.argv[3:5]), float(sys.argv[5])


class Critic(nn.Module):
    """A discriminator that judges by a projection on the label (Miyato and Koyama 2018)."""

    def __init__(self):
        super().__init__()
        *features, self.last = discriminator()
        self.features = nn.Sequential(*features)
        self.projection = nn.Embedding(CLASSES, self.last.in_features)

    def forward(self, images, labels):
        features = self.features(images)
        return self.last(features) + (features * self.projection(labels)).sum(1, keepdim=True)


images = torch.from_numpy(np.fromfile(images_file, np.uint8, offset=16)).view(-1, 1, 28, 28)
labels = torch.from_numpy(np.fromfile(labels_file, np.uint8, offset=8)).long()
gen, disc = initialise(generator(LATENT + CLASSES)), initialise(Critic())
nn.init.zeros_(disc.projection.weight)
gen_adam = torch.optim.Adam(gen.parameters(), lr=2e-4)
disc_adam = torch.optim.Adam(disc.parameters(), lr=2e-4)


def penalty(images, logits):
    """γ/2 · E‖∇ₓD(x)‖² (Mescheder et al. 2018)."""
    slopes = torch.autograd.grad(logits.sum(), images, create_graph=True)[0]
    return gamma / 2 * slopes.square().sum((1, 2, 3)).mean()


def step(real, classes):
    ones, zeros = torch.ones(len(real), 1), torch.zeros(len(real), 1)
    fake = gen(torch.cat((torch.randn(len(real), LATENT), nn.functional.one_hot(classes, CLASSES)), 1))
    generated = fake.detach()
    if gamma > 0:
        real.requires_grad_()
        generated.requires_grad_()
    real_logits, fake_logits = disc(real, classes), disc(generated, classes)
    disc_loss = bce(real_logits, ones) + bce(fake_logits, zeros)
    penalties = penalty(real, real_logits) + penalty(generated, fake_logits) if gamma > 0 else 0
    disc_adam.zero_grad(set_to_none=True)
    (disc_loss + penalties).backward()
    disc_adam.step()

    disc.requires_grad_(False)  # the generator's loss needs no gradient of the discriminator's weights
    gen_loss = bce(disc(fake, classes), ones)
    gen_adam.zero_grad(set_to_none=True)
    gen_loss.backward()
    disc.requires_grad_(True)
    gen_adam.step()
    return torch.stack([disc_loss.detach(), gen_loss.detach()])


def one_round(steps=steps):
    losses = []
    start = time.perf_counter()
    order = torch.randperm(len(images))[: steps * batch]
    for chosen in order.split(batch):
        losses.append(step(images[chosen].float().div_(127.5).sub_(1), labels[chosen]))
    last = torch.stack(losses)[-1].tolist()
    return {"seconds": (time.perf_counter() - start) / len(losses), "losses": last}


one_round(2)
serve({"version": torch.__version__, "threads": torch.get_num_threads()}, one_round)
