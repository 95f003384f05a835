"""Sampling in PyTorch: latents, generator in eval mode, grey levels.

python pytorch_sample.py COUNT SAMPLES_A_ROUND float32|bfloat16|compile

`compile` is float32 with a compiled generator. Its weights are constants (freezing).
"""

import os
import sys
import time

import torch
from pytorch_model import generator, initialise
from rounds import serve

torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
torch.manual_seed(1)
count, samples, precision = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
gen = initialise(generator()).eval()
if precision == "compile":
    gen = torch.compile(gen, options={"freezing": True})


@torch.inference_mode()
def sample():
    with torch.autocast("cpu", torch.bfloat16, precision == "bfloat16"):
        images = gen(torch.randn(count, 100))
    return images.float().add_(1).mul_(127.5).round_().to(torch.uint8).numpy()


def one_round(samples=samples):
    times = []
    for _ in range(samples):
        start = time.perf_counter()
        sample()
        times.append(time.perf_counter() - start)
    return {"seconds": sorted(times)[len(times) // 2]}


one_round(10)
serve({"version": torch.__version__, "threads": torch.get_num_threads()}, one_round)
