"""Checks the measures on sets with known figures: python quality/check.py. Exit code 1 if one is off."""

import sys

import numpy as np
from classifier import accuracy, mnist
from evaluate import Judge, floor_draws
from metrics import Manifold, classifier_score, frechet_distance, gaussian, manifold_metrics

failures = 0


def check(what, value, low, high):
    global failures
    good = low <= value <= high
    failures += not good
    print(f"{'ok ' if good else 'OFF'} {what}: {value:.6g}, expected {low:g} to {high:g}")


def check_frechet(random):
    points = random.normal(size=(4000, 16)) @ random.normal(size=(16, 16))
    shift = random.normal(size=16)
    check("FD of a set and itself", frechet_distance(gaussian(points), gaussian(points)), -1e-8, 1e-8)
    shifted = frechet_distance(gaussian(points), gaussian(points + shift)) / (shift @ shift)
    check("FD of a shifted set, over the squared shift", shifted, 1 - 1e-8, 1 + 1e-8)
    a, b = random.uniform(0.1, 4, 16), random.uniform(0.1, 4, 16)
    zero = np.zeros(16)
    exact = ((np.sqrt(a) - np.sqrt(b)) ** 2).sum()
    found = frechet_distance((zero, np.diag(a)), (zero, np.diag(b)))
    check("FD of two diagonal Gaussians, over its closed form", found / exact, 1 - 1e-10, 1 + 1e-10)
    flat = np.hstack([points, np.zeros((len(points), 4)), points[:, :4]])
    check("FD of a set of singular covariance and itself", frechet_distance(gaussian(flat), gaussian(flat)), -1e-5, 1e-5)
    one, other = gaussian(random.normal(size=(10_000, 16))), gaussian(random.normal(size=(10_000, 16)))
    check("FD of two draws of one Gaussian", frechet_distance(one, other), 0, 0.05)


def check_manifolds(random):
    points = random.normal(size=(2000, 8))
    real = Manifold(points)
    same = manifold_metrics(real, Manifold(points))
    apart = manifold_metrics(real, Manifold(points + 100))
    for name in ("precision", "recall", "coverage"):
        check(f"{name} of a set and itself", same[name], 1, 1)
        check(f"{name} of disjoint sets", apart[name], 0, 0)
    check("density of disjoint sets", apart["density"], 0, 0)
    clusters = np.vstack([points, points + 100])
    half = manifold_metrics(Manifold(clusters), Manifold(random.normal(size=(4000, 8))))
    whole = manifold_metrics(Manifold(clusters), Manifold(np.vstack([random.normal(size=(2000, 8)) + i for i in (0, 100)])))
    check("recall where one cluster of two is missing, over that where none is", half["recall"] / whole["recall"], 0.45, 0.6)
    check("precision there", half["precision"], 0.75, 1)
    astray = np.vstack([random.normal(size=(2000, 8)), random.normal(size=(2000, 8)) - 100])
    stray = manifold_metrics(Manifold(clusters), Manifold(astray))
    check("precision where half of the samples are astray, over that where none is", stray["precision"] / whole["precision"], 0.45, 0.55)


def check_score():
    check("score of one class alone", classifier_score(np.eye(10)[[3] * 50]), 1 - 1e-9, 1 + 1e-9)
    check("score of ten certain classes", classifier_score(np.eye(10)), 10 - 1e-9, 10 + 1e-9)
    check("score of no idea", classifier_score(np.full((50, 10), 0.1)), 1 - 1e-9, 1 + 1e-9)


def check_images(random):
    judge = Judge()
    test, labels = mnist("t10k")
    check("accuracy of the classifier", accuracy(judge.classifier), 0.992, 1)
    itself = judge.judge(test)
    check("FD of the test images and themselves", itself["fd"], -1e-5, 1e-5)
    check("precision of the test images", itself["precision"], 1, 1)
    check("recall of the test images", itself["recall"], 1, 1)
    real = judge.judge(next(floor_draws(1)))
    check("precision of training images", real["precision"], 0.8, 1)
    check("recall of training images", real["recall"], 0.8, 1)
    noise = judge.judge(random.integers(0, 256, (10_000, 784), np.uint8))
    check("FD of noise, over the FD of training images", noise["fd"] / real["fd"], 50, 1e9)
    # Its precision is no use: noise, or plain grey, is one point in this space, and that lies in the ball of an outlier.
    check("recall of noise", noise["recall"], 0, 0.001)
    check("coverage of noise", noise["coverage"], 0, 0.01)
    grey = judge.judge(np.full((10_000, 784), 127, np.uint8))
    check("FD of grey, over the FD of training images", grey["fd"] / real["fd"], 50, 1e9)
    single = judge.judge(np.repeat(test[:1], 10_000, 0))
    check("precision of one digit repeated", single["precision"], 0.99, 1)
    check("recall of one digit repeated", single["recall"], 0, 0.001)
    train, train_labels = mnist("train")
    five = train[train_labels < 5][:10_000]
    check("recall of five classes of ten, over the recall of all", judge.judge(five)["recall"] / real["recall"], 0.45, 0.6)
    check("precision of five classes of ten", judge.judge(five)["precision"], 0.8, 1)
    blurred = test.reshape(-1, 28, 28).astype(np.float64)
    for axis in (1, 2):
        blurred = (np.roll(blurred, -1, axis) + blurred + np.roll(blurred, 1, axis)) / 3
    blurred = judge.judge(blurred.reshape(-1, 784).round().astype(np.uint8))
    check("FD of blurred test images, over the FD of training images", blurred["fd"] / real["fd"], 2, 1e9)


if __name__ == "__main__":
    random = np.random.default_rng(1)
    check_frechet(random)
    check_manifolds(random)
    check_score()
    check_images(random)
    sys.exit(1 if failures else 0)
