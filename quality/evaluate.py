"""Compares images with the 10,000 test images of MNIST, in the features of the classifier.

    python quality/evaluate.py FILE...          files of n × 784 grey levels (quality/sample.js writes them)
    python quality/evaluate.py -                the same, the files' names on standard input, one a line
    python quality/evaluate.py --floor DRAWS    real images in their place: as many draws of 10,000 training images

One line of JSON for each file or draw.
"""

import json
import sys

import numpy as np
from classifier import accuracy, load, mnist
from metrics import Manifold, classifier_score, frechet_distance, gaussian, manifold_metrics

COUNT = 10_000
FLOOR_SEED = 1


class Judge:
    def __init__(self):
        self.classifier, self.digest = load()
        features, _ = self.classifier.describe(mnist("t10k")[0])
        self.gaussian, self.manifold = gaussian(features), Manifold(features)

    def judge(self, pixels):
        features, probabilities = self.classifier.describe(pixels)
        classes = np.bincount(probabilities.argmax(1), minlength=10)
        return {
            "count": len(pixels),
            "fd": frechet_distance(gaussian(features), self.gaussian),
            **manifold_metrics(self.manifold, Manifold(features)),
            "confidence": float(probabilities.max(1).mean()),
            "score": classifier_score(probabilities),
            "classes": classes.tolist(),
        }


def floor_draws(draws):
    """`draws` different sets of COUNT training images."""
    pixels, _ = mnist("train")
    random = np.random.default_rng(FLOOR_SEED)
    for _ in range(draws):
        yield pixels[random.choice(len(pixels), COUNT, replace=False)]


def rounded(value):
    return round(value, 6) if isinstance(value, float) else value


def main(arguments):
    if not arguments:
        sys.exit(__doc__)
    judge = Judge()
    header = {"classifier": judge.digest, "accuracy": accuracy(judge.classifier)}
    if arguments[0] == "--floor":
        sets = floor_draws(int(arguments[1]))
    else:
        files = map(str.strip, iter(sys.stdin.readline, "")) if arguments == ["-"] else arguments
        sets = (np.fromfile(file, np.uint8).reshape(-1, 784) for file in files)
    for pixels in sets:
        figures = {key: rounded(value) for key, value in judge.judge(pixels).items()}
        print(json.dumps({**header, **figures}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
