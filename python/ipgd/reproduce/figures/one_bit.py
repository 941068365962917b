"""A matrix of log-odds from single bits, beside nuclear-norm maximum likelihood."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

import ipgd

from ..claims import Claim, at_most
from ..figure import Data, Figure
from ..measures import Array
from ..progress import Track

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture

METHODS = (
    "one probability for all",
    "nuclear norm, given that of Θ*",
    "V Wᵀ, logistic loss, given the rank",
)


@dataclass(frozen=True)
class Setting:
    """Log-odds with a root mean square of `size`, a bit at a `fraction` of them."""

    d1: int = 120
    d2: int = 100
    rank: int = 2
    size: float = 2.0
    fraction: float = 0.6
    max_iter: int = 400
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)


def instance(setting: Setting, seed: int) -> tuple[Array, NDArray[np.bool_], Array]:
    """True log-odds, the mask of seen entries, and their bits (0 or 1) in the order of rows."""
    rng = np.random.default_rng(seed)
    shapes = (setting.d1, setting.rank), (setting.rank, setting.d2)
    truth = rng.standard_normal(shapes[0]) @ rng.standard_normal(shapes[1])
    truth *= setting.size / np.sqrt(np.mean(truth**2))
    seen = rng.random(truth.shape) < setting.fraction
    bits = (rng.random(int(seen.sum())) < expit(truth[seen])).astype(float)
    return truth, seen, bits


def nuclear_likelihood(seen: NDArray[np.bool_], bits: Array, norm: float, steps: int) -> Array:
    """Maximise the likelihood over ||X||_* <= norm (Davenport et al. 2014, without the max norm).

    Accelerated projected gradient; the curvature is at most 1/4, hence steps of 4.
    """
    X = Z = np.zeros(seen.shape)
    t = 1.0
    for _ in range(steps):
        gradient = np.zeros(seen.shape)
        gradient[seen] = expit(Z[seen]) - bits
        X_next = project(Z - 4 * gradient, norm)
        t_next = (1 + np.sqrt(1 + 4 * t * t)) / 2
        Z = X_next + (t - 1) / t_next * (X_next - X)
        X, t = X_next, t_next
    return X


def project(X: Array, norm: float) -> Array:
    """The nearest matrix whose singular values sum to at most `norm`."""
    U, sigma, Vt = np.linalg.svd(X, full_matrices=False)
    if sigma.sum() <= norm:
        return X
    excess = (np.cumsum(sigma) - norm) / np.arange(1, len(sigma) + 1)
    level = excess[np.flatnonzero(sigma > excess)[-1]]
    nearest: Array = (U * np.maximum(sigma - level, 0)) @ Vt
    return nearest


def run(setting: Setting, track: Track) -> Data:
    """Root mean square errors of the probabilities of unseen bits.

    The convex program is given ||Theta*||_*, the factors are given the rank.
    """
    errors = []
    for seed in track(setting.seeds):
        truth, seen, bits = instance(setting, seed)
        problem = ipgd.MatrixCompletion((*np.nonzero(seen), bits), shape=truth.shape)
        norm = float(np.linalg.norm(truth, "nuc"))
        solution = ipgd.solve(
            problem.with_loss(ipgd.Logistic()),
            parameterization=ipgd.AsymmetricFactor(setting.rank),
            max_iter=setting.max_iter,
            rng=seed,
            progress=track.solving,
        )
        found = (
            np.full(truth.shape, logit(bits.mean())),
            nuclear_likelihood(seen, bits, norm, setting.max_iter),
            solution.theta(),
        )
        unseen = [(expit(log_odds) - expit(truth))[~seen] for log_odds in found]
        errors.append([np.sqrt(np.mean(difference**2)) for difference in unseen])
    return {
        "seed": np.array(setting.seeds),
        "method": np.array(METHODS),
        "error": np.array(errors),
    }


def draw(data: Data) -> Picture:
    """A dot for each instance and method."""
    figure, axes = ipgd.plots.new_figure(1, 1)
    figure.set_size_inches(7, 2.6)
    ax = axes[0, 0]
    for k, errors in enumerate(data["error"].T):
        ax.plot(errors, np.full(len(errors), k), "o", alpha=0.6)
    ax.set_yticks(range(len(data["method"])), [str(method) for method in data["method"]])
    ax.set_ylim(len(data["method"]) - 0.5, -0.5)
    ax.set_xlim(left=0)
    ax.set_xlabel("root mean square error of unseen probabilities")
    ax.set_ylabel("method")
    return figure


FIGURE = Figure(
    title="Gradient descent finds a matrix of probabilities from single bits.",
    paper=None,
    full=Setting(),
    quick=Setting(d1=80, d2=60, max_iter=150, seeds=(0, 1, 2)),
    run=run,
    axes={"error": ("seed", "method")},
    draw=draw,
    claims=(
        Claim(
            "Factors come closer to the unseen probabilities than the nuclear norm.",
            "error over that of maximum likelihood under a bound on the nuclear norm",
            lambda data: data["error"][:, 2] / data["error"][:, 1],
            at_most(1),
        ),
        Claim(
            "The nuclear norm comes closer than one probability for all.",
            "error over that of the mean of the bits",
            lambda data: data["error"][:, 1] / data["error"][:, 0],
            at_most(1),
        ),
    ),
    seen=(
        "Each entry that is seen is one bit, drawn with the probability that the matrix gives. "
        "Gradient descent on the logistic loss comes closer to the unseen probabilities than "
        "maximum likelihood under a bound on the nuclear norm."
    ),
)
