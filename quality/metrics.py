"""Distances between two sets of points, as NumPy float64 arrays of n × d. Nothing here knows of images.

Heusel et al. 2017 (Fréchet distance), Kynkäänniemi et al. 2019 (precision and recall), Naeem et al. 2020 (density and
coverage), Salimans et al. 2016 (score).
"""

import numpy as np
import torch

PRECISION_K = 3  # neighbours that span a point's ball, as in the authors' experiments
COVERAGE_K = 5
ROWS = 1000  # of a distance matrix at a time: 80 MB for 10,000 columns


def gaussian(points):
    return points.mean(0), np.cov(points, rowvar=False)


def root(matrix):
    """The symmetric square root. Eigenvalues that rounding made negative count as zero."""
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * np.sqrt(values.clip(0))) @ vectors.T


def frechet_distance(a, b):
    """Between Gaussians (mean, covariance): |μa − μb|² + tr(Ca + Cb − 2 (Ca½ Cb Ca½)½)."""
    (mean_a, cov_a), (mean_b, cov_b) = a, b
    half = root(cov_a)
    product = half @ cov_b @ half
    # The symmetric form has the eigenvalues of Ca Cb, and they are real and not negative but for rounding.
    cross = np.sqrt(np.linalg.eigvalsh((product + product.T) / 2).clip(0)).sum()
    return float(((mean_a - mean_b) ** 2).sum() + np.trace(cov_a) + np.trace(cov_b) - 2 * cross)


def squared_distances(a, b):
    """Rows of |a_i − b_j|², some at a time. float64, so that the expanded square is exact enough near zero."""
    b = torch.from_numpy(b)
    norms = (b * b).sum(1)
    for rows in torch.from_numpy(a).split(ROWS):
        yield torch.addmm(norms, rows, b.T, alpha=-2).add_((rows * rows).sum(1, keepdim=True)).clamp_(min=0)


class Manifold:
    """A set of points, and around each a ball that reaches its k-th nearest neighbour."""

    def __init__(self, points):
        self.points = points
        # Squared distances in ascending order. Column 0 is the point itself, so column k is its k-th neighbour.
        largest = max(PRECISION_K, COVERAGE_K) + 1
        nearest = [rows.topk(largest, largest=False).values for rows in squared_distances(points, points)]
        self.squared_radii = torch.cat(nearest)

    def ball(self, k):
        """The squared radius of each ball."""
        return self.squared_radii[:, k]


def manifold_metrics(real, fake):
    """Precision, recall, density and coverage of one `Manifold` against another."""
    in_real = []  # of each fake point: is it in a ball of a real one
    in_fake = torch.zeros(len(real.points), dtype=torch.bool)  # of each real point, likewise
    covered = torch.zeros(len(real.points), dtype=torch.bool)  # of each real point: is a fake one in its ball
    hits, start = 0, 0
    for rows in squared_distances(fake.points, real.points):
        balls = fake.ball(PRECISION_K)[start : start + len(rows)]
        in_real.append((rows <= real.ball(PRECISION_K)).any(1))
        in_fake |= (rows <= balls[:, None]).any(0)
        wide = rows <= real.ball(COVERAGE_K)
        covered |= wide.any(0)
        hits += int(wide.sum())
        start += len(rows)
    return {
        "precision": float(torch.cat(in_real).double().mean()),
        "recall": float(in_fake.double().mean()),
        "density": hits / (COVERAGE_K * len(fake.points)),
        "coverage": float(covered.double().mean()),
    }


def classifier_score(probabilities):
    """exp of the mean KL divergence of p(class | image) from p(class): 1 to the number of classes."""
    marginal = probabilities.mean(0)
    log_ratio = np.log(probabilities.clip(1e-300)) - np.log(marginal.clip(1e-300))
    return float(np.exp((probabilities * log_ratio).sum(1).mean()))
