"""Writes the generator for onnxruntime-node, in eval mode, for any number of images: python export_onnx.py FILE"""

import sys

import torch
from pytorch_model import generator, initialise

torch.manual_seed(1)
gen = initialise(generator()).eval()
torch.onnx.export(
    gen,
    (torch.randn(2, 100),),
    sys.argv[1],
    input_names=["latents"],
    output_names=["images"],
    dynamic_shapes=[{0: torch.export.Dim("count", min=1, max=4096)}],
    external_data=False,
)
