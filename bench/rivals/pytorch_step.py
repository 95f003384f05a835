"""The adversarial step in PyTorch: one generator forward that serves both losses, and no wait inside the loop.

python pytorch_step.py IDX_FILE BATCH STEPS_A_ROUND float32|bfloat16|compile IMAGES [LABELS_FILE PENALTY]

With labels, the model is class-conditional, and both gradient penalties have this weight. `compile` is float32 with
both networks compiled; torch.compile has no second derivatives, so it takes no penalty.
"""

import os
import sys
import time

import numpy as np
import torch
from pytorch_model import (
    ConditionalGenerator,
    ProjectionDiscriminator,
    adversarial_step,
    discriminator,
    generator,
    initialise,
)
from rounds import serve

torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
torch.manual_seed(1)
file, batch, steps, precision, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], int(sys.argv[5])

images = torch.from_numpy(np.fromfile(file, np.uint8, count * 784, offset=16)).view(count, 1, 28, 28)
labels, gamma = [], 0.0
gen, disc = initialise(generator()), initialise(discriminator())
if len(sys.argv) > 6:
    labels, gamma = [torch.from_numpy(np.fromfile(sys.argv[6], np.uint8, count, offset=8)).long()], float(sys.argv[7])
    gen, disc = ConditionalGenerator(), ProjectionDiscriminator()
if precision == "compile":
    gen, disc = torch.compile(gen), torch.compile(disc)
gen_adam = torch.optim.Adam(gen.parameters(), lr=2e-4)
disc_adam = torch.optim.Adam(disc.parameters(), lr=2e-4)


def step(real, own_labels):
    targets = torch.ones(len(real), 1), torch.zeros(len(real), 1)
    mixed = torch.autocast("cpu", torch.bfloat16, precision == "bfloat16")
    return adversarial_step(gen, disc, gen_adam, disc_adam, real, targets, mixed, own_labels, gamma)


def one_round(steps=steps):
    losses = []
    start = time.perf_counter()
    order = torch.randperm(count)[: steps * batch]
    for chosen in order.split(batch):
        losses.append(step(images[chosen].float().div_(127.5).sub_(1), [each[chosen] for each in labels]))
    last = torch.stack(losses)[-1].tolist()
    return {"seconds": (time.perf_counter() - start) / len(losses), "losses": last}


one_round(2)
serve({"version": torch.__version__, "threads": torch.get_num_threads()}, one_round)
