"""What this processor reaches: oneDNN's best convolution of the step's own shapes, and a large matrix product.

python pytorch_roofline.py BATCH
"""

import os
import sys
import time

import torch
from rounds import serve

torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
batch = int(sys.argv[1])
LAYERS = {  # in, out, side of the output, kernel, stride, padding
    "5x5 256-128 at 7x7": (256, 128, 7, 5, 1, 2),
    "4x4 64-128 at 7x7": (64, 128, 7, 4, 2, 1),
}


def seconds(work, repeats=5):
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


@torch.inference_mode()
def one_round():
    figures = {}
    for name, dtype in (("float32", torch.float32), ("bfloat16", torch.bfloat16)):
        best = {}
        for layer, (inputs, outputs, side, kernel, stride, padding) in LAYERS.items():
            for memory_format in (torch.contiguous_format, torch.channels_last):
                x = torch.randn(batch, inputs, side * stride, side * stride, dtype=dtype)
                w = torch.randn(outputs, inputs, kernel, kernel, dtype=dtype)
                x, w = x.contiguous(memory_format=memory_format), w.contiguous(memory_format=memory_format)
                flops = 2 * batch * outputs * side * side * inputs * kernel * kernel
                rate = flops / seconds(lambda: torch.conv2d(x, w, None, stride, padding)) / 1e9
                best[layer] = max(best.get(layer, 0), rate)
        a, b = torch.randn(2, 2048, 2048).to(dtype)
        figures[name] = {"convolutions": best, "product": 2 * 2048**3 / seconds(lambda: a @ b) / 1e9}
    return figures


one_round()
serve({"version": torch.__version__, "threads": torch.get_num_threads()}, one_round)
