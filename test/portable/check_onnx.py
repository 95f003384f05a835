"""Checks an ONNX file as onnx, onnxruntime and PyTorch do: check_onnx.py FOLDER, with the files of python.test.ts in it.

Prints as JSON the inputs, the inferred shape of the output, and the largest differences of the images.
"""
import json
import os
import sys

import numpy
import onnx
import onnxruntime
import torch

os.chdir(sys.argv[1])
load = {}
exec(open('load.py').read(), load)  # the program of docs/state-file.md: what PyTorch makes of the weights

latents = numpy.fromfile('latents.f32', numpy.float32).reshape(-1, load['z'])
feeds = {'latents': latents}
if load['classes']:
    feeds['labels'] = numpy.fromfile('labels.u8', numpy.uint8).astype(numpy.int64)
with torch.no_grad():
    pytorch = load['generator'](load['inputs']).numpy()
sampled = numpy.fromfile('sampled.u8', numpy.uint8).reshape(pytorch.shape)


def check(name):
    model = onnx.load(name)
    onnx.checker.check_model(model, full_check=True)
    inferred = onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
    [output] = inferred.graph.output
    session = onnxruntime.InferenceSession(name, providers=['CPUExecutionProvider'])
    [images] = session.run(None, feeds)
    return {
        'opset': model.opset_import[0].version,
        'ir': model.ir_version,
        'unknown': [value.name for value in inferred.graph.value_info if not value.type.tensor_type.HasField('shape')],
        'inputs': [value.name for value in session.get_inputs()],
        'shape': [d.dim_param or d.dim_value for d in output.type.tensor_type.shape.dim],
        'dtype': str(images.dtype),
    }, images


def floats(name):
    reports, images = check(name)
    # A grey level is the nearest one: the number that it stands for is at most half a level away.
    levels = numpy.abs((images + 1) * 127.5 - sampled)
    return {**reports, 'pytorch': float(numpy.abs(images - pytorch).max()), 'ours': max(0, (float(levels.max()) - 0.5) / 127.5)}


def greys(name):
    reports, images = check(name)
    return {**reports, 'levels': int(numpy.abs(images.astype(int) - sampled).max())}


print(json.dumps({name: (greys if 'uint8' in name else floats)(name) for name in sys.argv[2:]}))
