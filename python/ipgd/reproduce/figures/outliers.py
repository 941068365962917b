"""Sensing and completion with gross outliers: the squared loss and Huber's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

import ipgd
from ipgd.plots.style import COLORS, LINES

from ..claims import Claim, at_least, at_most
from ..figure import Data, Figure
from ..measures import Array, stacked
from ..progress import Track

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture

LOSSES = ("squared, no outliers", "squared", "Huber")
PROBLEMS = ("sensing", "completion")


@dataclass(frozen=True)
class Setting:
    """Noise and outliers are relative to the root mean square of y."""

    d: int = 40
    rank: int = 3
    m: int = 1200
    d1: int = 80
    d2: int = 60
    fraction: float = 0.5
    noise: float = 0.01
    outliers: float = 0.1
    outlier_size: float = 10.0
    max_iter: int = 6000
    record_every: int = 25
    seeds: tuple[int, ...] = (0, 1, 2)


def spoiled(
    problem: ipgd.Problem, setting: Setting, seed: int
) -> tuple[ipgd.Problem, ipgd.Problem, float]:
    """The problem with noise, the same with outliers too, and the noise's standard deviation.

    The standard deviation is in the units of the delta of :class:`ipgd.Huber`.
    """
    rng = np.random.default_rng(seed)
    unit = float(np.sqrt(np.mean(problem.y**2)))
    deviation = setting.noise * unit
    noisy = problem.y + deviation * rng.standard_normal(problem.m)
    wrong = noisy.copy()
    chosen = rng.choice(problem.m, int(setting.outliers * problem.m), replace=False)
    wrong[chosen] += setting.outlier_size * unit * rng.standard_normal(len(chosen))
    operator, truth = problem.operator, problem.truth
    return (
        ipgd.Problem(operator, noisy, truth),
        ipgd.Problem(operator, wrong, truth),
        deviation / operator.scale,
    )


def run(setting: Setting, track: Track) -> Data:
    """All columns in sensing, r in completion; a batch of the three losses for each."""
    rank, solutions = setting.rank, []
    for name, seed in track([(name, seed) for name in PROBLEMS for seed in setting.seeds]):
        problem: ipgd.Problem
        model: ipgd.SymmetricFactor | ipgd.AsymmetricFactor
        if name == "sensing":
            problem = ipgd.matrix_sensing(d=setting.d, rank=rank, m=setting.m, rng=seed)
            model = ipgd.SymmetricFactor()
        else:
            problem = ipgd.matrix_completion(
                setting.d1, setting.d2, rank=rank, fraction=setting.fraction, rng=seed
            )
            model = ipgd.AsymmetricFactor(rank)
        noisy, wrong, deviation = spoiled(problem, setting, seed)
        solutions += ipgd.solve_batch(
            [noisy, wrong, wrong.with_loss(ipgd.Huber(3 * deviation))],
            seeds=[seed] * len(LOSSES),
            parameterization=model,
            max_iter=setting.max_iter,
            record=("test_error",),
            record_every=setting.record_every,
            progress=track.solving,
        )
    shape = (len(PROBLEMS), len(setting.seeds), len(LOSSES))
    errors = stacked(solutions, "test_error", shape)
    iterations = np.minimum(
        np.arange(errors.shape[-1]) * setting.record_every, max(run.nit for run in solutions)
    )
    return {
        "problem": np.array(PROBLEMS),
        "seed": np.array(setting.seeds),
        "loss": np.array(LOSSES),
        "iteration": iterations,
        "test_error": errors,
    }


def draw(data: Data) -> Picture:
    """Recovery errors over the iterations, a line for each seed."""
    figure, axes = ipgd.plots.new_figure(1, len(PROBLEMS), sharey=True)
    for ax, name, errors in zip(axes[0], data["problem"], data["test_error"], strict=True):
        for k, (label, runs) in enumerate(
            zip(data["loss"], np.swapaxes(errors, 0, 1), strict=True)
        ):
            style = {"color": COLORS[k], "linestyle": LINES[k]}
            lines = ax.loglog(data["iteration"] + 1, runs.T, **style)
            lines[0].set_label(str(label))
        ax.set_title(str(name))
        ax.set_xlabel("iteration + 1")
    axes[0, 0].set_ylabel("recovery error ‖Θ − Θ*‖ / ‖Θ*‖")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure


def ratio(data: Data, one: str, other: str) -> Array:
    """Final error with one loss over that with another: the largest over problems, for each seed.

    The smallest where `other` is Huber's.
    """
    ends = dict(zip(LOSSES, np.moveaxis(data["test_error"][..., -1], -1, 0), strict=True))
    ratios = ends[one] / ends[other]
    worst: Array = ratios.min(axis=0) if other == "Huber" else ratios.max(axis=0)
    return worst


FIGURE = Figure(
    title="Huber's loss recovers the matrix where a tenth of the measurements is grossly wrong.",
    paper=None,
    full=Setting(),
    quick=Setting(d=20, rank=2, m=500, d1=40, d2=30, fraction=0.6),
    run=run,
    axes={"test_error": ("problem", "seed", "loss", "iteration")},
    draw=draw,
    claims=(
        Claim(
            "With Huber's loss the error is near that which the noise alone leaves.",
            "its error over that of the squared loss without outliers, the larger of both problems",
            lambda data: ratio(data, "Huber", "squared, no outliers"),
            at_most(4),
        ),
        Claim(
            "The squared loss fits the outliers and misses the matrix.",
            "its error over that of Huber's loss, the smaller of both problems",
            lambda data: ratio(data, "squared", "Huber"),
            at_least(10),
        ),
    ),
    seen=(
        "A tenth of the measurements is grossly wrong. The squared loss fits them and misses the "
        "matrix by more than its own size. Huber's loss takes more iterations, and comes close to "
        "the error that the noise alone leaves."
    ),
)
