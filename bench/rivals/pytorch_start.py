"""From nothing to the first image in PyTorch; prints its mean grey level."""

import torch
from pytorch_model import generator, initialise

gen = initialise(generator()).eval()
with torch.inference_mode():
    print(gen(torch.randn(1, 100)).add(1).mul(127.5).mean().item())
