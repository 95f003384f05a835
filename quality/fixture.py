"""Writes test/fixtures/evaluation.json: figures of real images by the reference implementation, for `npm test`.

    python quality/fixture.py && npm run format

The test gives the same images to `DCGAN.evaluate()` in the generator's place. Some are corrupted, so that no figure is at
one of its ends.
"""

import json
import pathlib

import numpy as np
from classifier import load, mnist
from metrics import Manifold, frechet_distance, gaussian, manifold_metrics

FILE = pathlib.Path(__file__).resolve().parent.parent / "test" / "fixtures" / "evaluation.json"
REAL, FAKE = 700, 500


def corrupted(pixels):
    """Every third image is shifted down by as many rows as its number says, and every fourth is inverted."""
    images = pixels.reshape(-1, 28, 28).copy()
    for i in range(len(images)):
        if i % 3 == 0:
            images[i] = np.roll(images[i], i % 28, 0)
        if i % 4 == 0:
            images[i] = 255 - images[i]
    return images.reshape(-1, 784)


def main():
    classifier, digest = load()
    real, _ = classifier.describe(mnist("t10k")[0][:REAL])
    pixels, labels = mnist("train")
    fake, probabilities = classifier.describe(corrupted(pixels[:FAKE]))
    classes = probabilities.argmax(1)
    right = classes == labels[:FAKE]
    figures = {
        "frechetDistance": frechet_distance(gaussian(fake), gaussian(real)),
        **manifold_metrics(Manifold(real), Manifold(fake)),
        "confidence": float(probabilities.max(1).mean()),
        "classShares": (np.bincount(classes, minlength=10) / FAKE).tolist(),
        "labelAccuracy": float(right.mean()),
        "labelAccuracyByClass": [float(right[labels[:FAKE] == label].mean()) for label in range(10)],
    }
    contents = {"classifier": digest, "real": REAL, "fake": FAKE, "figures": figures}
    FILE.write_text(json.dumps(contents, indent=2) + "\n")


if __name__ == "__main__":
    main()
