"""Quadratic networks that fit few samples: which of them generalise depends on the start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

import ipgd

from ..claims import Claim, at_least, at_most
from ..figure import Data, Figure, Paper
from ..progress import Track
from ..table import markdown
from .li2018_quadratic import network

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture

_LONGEST = 50_000  # iterations of a stage


@dataclass(frozen=True)
class Setting:
    """m = multiple d r samples, and one larger network; the two starts are alpha I."""

    d: int = 40
    rank: int = 1
    multiples: tuple[float, ...] = (1.5, 2, 2.25, 2.5, 3, 4)
    alphas: tuple[float, float] = (1e-4, 2.0)
    fitted: float = 2e-3  # train error
    larger: tuple[int, int, int] = (100, 3, 8)  # d, r, multiple
    larger_fitted: float = 3e-3
    max_iter: int = 500_000
    seeds: tuple[int, ...] = (0, 1, 2)


@dataclass(frozen=True)
class Fit:
    """The end of a run of gradient descent that went on until it fitted the samples.

    Attributes
    ----------
    train, test : float
        ||A(Theta) - y|| / ||y|| and ||Theta - Theta*||_F / ||Theta*||_F.
    iterations : int
    """

    train: float
    test: float
    iterations: int


def fit(
    problem: ipgd.Problem, alpha: float, train_error: float = 2e-3, max_iter: int = 500_000
) -> Fit:
    """Gradient descent from U_0 = alpha I to this train error, in stages that get longer.

    The step of a stage is eta = 1/(4 max(c, 2(2||U||^2 + ||U||_F^2))), with c the curvature at the
    solution: E A*A(U Uᵀ)/m = 2 U Uᵀ + ||U||_F^2 I, so that it grows as a large U shrinks.
    """
    U = alpha * np.eye(problem.operator.matrix_shape[0])
    curvature, done, stage = problem.scale().curvature, 0, 25
    while True:
        here = 2 * (2 * np.linalg.norm(U, 2) ** 2 + np.linalg.norm(U) ** 2)
        budget = min(stage, max_iter - done)
        solution = ipgd.solve(
            problem,
            ipgd.GD(1 / (4 * max(curvature, float(here)))),
            init=U,
            max_iter=budget,
            stop=ipgd.Stop(relative_loss=train_error**2),
            record=("train_error", "test_error"),
            record_every=budget,
        )
        U, done, stage = solution.parameters["U"], done + solution.nit, min(2 * stage, _LONGEST)
        if solution.status != "max_iter" or done >= max_iter:
            history = solution.history
            return Fit(float(history["train_error"][-1]), float(history["test_error"][-1]), done)


def run(setting: Setting, track: Track) -> Data:
    """Two fits for each number of samples and seed, and two of the larger network."""
    counts = [round(multiple * setting.d * setting.rank) for multiple in setting.multiples]
    d, rank, multiple = setting.larger
    cases = [
        (setting.d, setting.rank, m, setting.fitted, seed) for seed in setting.seeds for m in counts
    ]
    cases += [(d, rank, multiple * d * rank, setting.larger_fitted, seed) for seed in setting.seeds]
    fits = [
        [fit(network(d, rank, m, seed), alpha, level, setting.max_iter) for alpha in setting.alphas]
        for d, rank, m, level, seed in track(cases)
    ]
    values = np.array([[(f.train, f.test, f.iterations) for f in pair] for pair in fits])
    own = len(setting.seeds) * len(counts)
    shape = (len(setting.seeds), len(counts), 2, 3)
    train, test, iterations = np.moveaxis(values[:own].reshape(shape), -1, 0)
    return {
        "seed": np.array(setting.seeds),
        "m": np.array(counts),
        "alpha": np.array(setting.alphas),
        "train_error": train,
        "test_error": test,
        "iterations": iterations,
        "larger_test_error": values[own:, :, 1],
        "fitted": np.array(setting.fitted),
        "d": np.array(setting.d),
        "rank": np.array(setting.rank),
    }


def draw(data: Data) -> Picture:
    """Test errors over the number of samples: medians, and every network as a dot."""
    figure, axes = ipgd.plots.new_figure(1, 1)
    figure.set_size_inches(6.5, 4)
    ax, d, r = axes[0, 0], int(data["d"]), int(data["rank"])
    for alpha, errors in zip(data["alpha"], np.moveaxis(data["test_error"], -1, 0), strict=True):
        label = f"from U = {alpha:g} I, median"
        (line,) = ax.semilogy(data["m"], np.median(errors, axis=0), label=label)
        ax.semilogy(data["m"], errors.T, ".", color=line.get_color(), alpha=0.5)
    free = d * r - r * (r - 1) // 2
    ax.axvline(free, color="grey", linestyle=":", label=f"free parameters of Θ*: {free}")
    ax.set_xlabel(f"samples m  (d = {d}, r = {r})")
    ax.set_ylabel(f"relative recovery error, all fitted to {data['fitted']:g}")
    ax.legend(fontsize="small")
    return figure


def table(data: Data) -> str:
    """Medians of test errors and iterations."""
    errors, iterations = (np.median(data[n], axis=0) for n in ("test_error", "iterations"))
    rows = [
        (m, *(f"{error:.1e}, {count:.0f}" for error, count in zip(e, i, strict=True)))
        for m, e, i in zip(data["m"], errors, iterations, strict=True)
    ]
    columns = [f"from U = {alpha:g} I" for alpha in data["alpha"]]
    return markdown(("m: test error, iterations", *columns), rows)


def excess(data: Data, k: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Test error from the large start over that from the small one, at the k-th size."""
    ratio: np.ndarray[tuple[int], np.dtype[np.float64]] = (
        data["test_error"][:, k, 1] / data["test_error"][:, k, 0]
    )
    return ratio


FIGURE = Figure(
    title="Quadratic networks from few samples: the start decides which one is found.",
    paper=Paper("Li, Ma, Zhang", 2018, "1712.09203", "section 5, small against large starts"),
    full=Setting(),
    quick=Setting(
        multiples=(2,),
        fitted=5e-3,
        larger=(20, 2, 8),
        seeds=(0, 1, 2),
    ),
    run=run,
    axes={
        **dict.fromkeys(("train_error", "test_error", "iterations"), ("seed", "m", "alpha")),
        "larger_test_error": ("seed", "alpha"),
        "fitted": (),
        "d": (),
        "rank": (),
    },
    draw=draw,
    claims=(
        Claim(
            "All runs fit the samples.",
            "largest train error over the level that was asked for",
            lambda data: data["train_error"].max(axis=(1, 2)) / data["fitted"],
            at_most(1),
            ours=True,
        ),
        Claim(
            "With twice as many samples as parameters the start decides.",
            "test error from the large start over that from the small one, m = 2 d r",
            lambda data: excess(data, int(np.argmin(abs(data["m"] - 2 * data["d"])))),
            at_least(2),
            ours=True,
        ),
        Claim(
            "With eight times as many samples, fitted just as well, a large start misses the "
            "network.",
            "its test error over that of the small start, larger network",
            lambda data: data["larger_test_error"][:, 1] / data["larger_test_error"][:, 0],
            at_least(2),
            explanation=(
                "Given more iterations, and steps that grow as U shrinks, the large start arrives, "
                "too. U Uᵀ is positive semidefinite, and about one such matrix fits that many "
                "measurements of rank one."
            ),
        ),
        Claim(
            "From the small start the larger network is found.",
            "test error",
            lambda data: data["larger_test_error"][:, 0],
            at_most(0.05),
        ),
    ),
    seen=(
        "Here every run goes on until it fits. With little more than two samples for each "
        "parameter the start decides: from a small one gradient descent comes close to the "
        "network, from a large one it fits the samples as well and misses the network; with fewer "
        "samples both miss it. With more of them, also at the size of the paper, we do not find "
        "this separation."
    ),
    ours="The sizes of few samples, and steps that grow as U shrinks.",
    notes="For how long the paper's large start was run.",
    table=table,
)
