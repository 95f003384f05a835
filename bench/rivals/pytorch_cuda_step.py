"""The adversarial step in PyTorch on a GPU, with everything on the device: eager, captured in one CUDA graph, or compiled.

python pytorch_cuda_step.py IDX_FILE BATCH STEPS_A_ROUND float32|bfloat16 IMAGES eager|graphed|compiled DEVICE
"""

import sys
import time

import numpy as np
import torch
from pytorch_model import adversarial_step, discriminator, generator, initialise
from rounds import serve

file, batch, steps = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
precision, count, kind, device = sys.argv[4], int(sys.argv[5]), sys.argv[6], sys.argv[7]
torch.manual_seed(1)

images = torch.from_numpy(np.fromfile(file, np.uint8, count * 784, offset=16)).view(count, 1, 28, 28).to(device)
gen = initialise(generator()).to(device, memory_format=torch.channels_last)
disc = initialise(discriminator()).to(device, memory_format=torch.channels_last)
options = {"lr": 2e-4, "fused": True, "capturable": kind == "graphed"}
gen_adam = torch.optim.Adam(gen.parameters(), **options)
disc_adam = torch.optim.Adam(disc.parameters(), **options)
make, judge = (torch.compile(gen), torch.compile(disc)) if kind == "compiled" else (gen, disc)
targets = torch.ones(batch, 1, device=device), torch.zeros(batch, 1, device=device)


def step(chosen):
    real = images[chosen].float().div_(127.5).sub_(1)
    # A cache of weights in bfloat16 must not outlive a captured step.
    mixed = torch.autocast(device, torch.bfloat16, precision == "bfloat16", cache_enabled=kind != "graphed")
    return adversarial_step(make, judge, gen_adam, disc_adam, real, targets, mixed)


def captured():
    """The step as one launch: its mini-batch is copied to where the graph reads it."""
    chosen = torch.arange(batch, device=device)
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(3):
            step(chosen)
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        losses = step(chosen)

    def replay(rows):
        chosen.copy_(rows)
        graph.replay()
        return losses.clone()

    return replay


one_step = captured() if kind == "graphed" else step


def one_round(steps=steps):
    start = time.perf_counter()
    order = torch.randperm(count, device=device)[: steps * batch]
    losses = [one_step(chosen) for chosen in order.split(batch)]
    last = torch.stack(losses)[-1].tolist()  # waits for the device
    return {"seconds": (time.perf_counter() - start) / len(losses), "losses": last}


one_round(3)
serve({"version": torch.__version__}, one_round)
