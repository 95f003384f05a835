"""A second classifier of MNIST, for checks of what the first one says: other layers, another seed, shifted images.

    python quality/second_classifier.py           trains it, writes quality/runs/second-classifier.pt
    python quality/second_classifier.py FILE...   reads files of n × 784 grey levels; labels lie next to them in FILE.labels

The package does not ship it. One line of JSON for each file: how many images it reads as their label, the share by
label, how confidently, and in its own features the distance, precision and recall against the test images.
"""

import json
import pathlib
import sys

import numpy as np
import torch
from classifier import accuracy, mnist, normalise, train
from metrics import Manifold, frechet_distance, gaussian, manifold_metrics
from torch import nn

FILE = pathlib.Path(__file__).resolve().parent / "runs" / "second-classifier.pt"
SEED, EPOCHS, LARGEST_SHIFT = 2, 8, 2


class SecondClassifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.BatchNorm2d(32),
            nn.Conv2d(32, 64, 3), nn.ReLU(), nn.BatchNorm2d(64),
            nn.Conv2d(64, 64, 3), nn.ReLU(), nn.MaxPool2d(2), nn.BatchNorm2d(64),
            nn.Flatten(), nn.Dropout(0.3), nn.Linear(1024, 96), nn.ReLU(),
        )  # fmt: skip
        self.head = nn.Linear(96, 10)

    def forward(self, images):
        return self.head(self.body(images))

    @torch.no_grad()
    def describe(self, pixels, batch=500):
        """Features (n × 96, float64) and class probabilities (n × 10, float64) of n × 784 grey levels."""
        self.eval()
        found = [self.body(normalise(pixels[start : start + batch])) for start in range(0, len(pixels), batch)]
        features = torch.cat(found)
        return features.double().numpy(), self.head(features).double().softmax(1).numpy()


def shifted(pixels):
    """Each image moved by up to LARGEST_SHIFT pixels either way."""
    images = nn.functional.pad(normalise(pixels), [LARGEST_SHIFT] * 4, value=-1)
    across, down = torch.randint(2 * LARGEST_SHIFT + 1, (2, len(images))).tolist()
    return torch.stack([image[:, y : y + 28, x : x + 28] for image, x, y in zip(images, across, down)])


def load():
    if not FILE.exists():
        sys.exit(f"{FILE} is missing. Make it: {sys.executable} quality/second_classifier.py")
    model = SecondClassifier()
    model.load_state_dict(torch.load(FILE, weights_only=True))
    return model


def main(files):
    if not files:
        FILE.parent.mkdir(parents=True, exist_ok=True)
        torch.manual_seed(SEED)
        model = train(SecondClassifier(), EPOCHS, shifted)
        torch.save(model.state_dict(), FILE)
        print(json.dumps({"file": str(FILE), "accuracy": accuracy(model)}))
        return
    model = load()
    real, _ = model.describe(mnist("t10k")[0])
    real_gaussian, real_manifold = gaussian(real), Manifold(real)
    for file in files:
        features, probabilities = model.describe(np.fromfile(file, np.uint8).reshape(-1, 784))
        labels = np.fromfile(f"{file}.labels", np.uint8)
        right = probabilities.argmax(1) == labels
        by_label = [round(float(right[labels == label].mean()), 4) for label in range(10)]
        figures = {
            "confidence": float(probabilities.max(1).mean()),
            "fd": frechet_distance(gaussian(features), real_gaussian),
            **manifold_metrics(real_manifold, Manifold(features)),
        }
        rounded = {name: round(value, 4) for name, value in figures.items()}
        counts = {"count": len(labels), "read": int(right.sum()), "byLabel": by_label}
        print(json.dumps({"file": file, **counts, **rounded}))


if __name__ == "__main__":
    main(sys.argv[1:])
