"""Sensing and completion with gross outliers: the squared loss and Huber's, as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

import ipgd

from .command import picture_options, picture_parser

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Curve = tuple[NDArray[np.int64], NDArray[np.float64]]


@dataclass(frozen=True)
class Size:
    """The problems: noise and outliers relative to the root mean square of y."""

    d: int = 40
    rank: int = 3
    m: int = 1200
    d1: int = 80
    d2: int = 60
    fraction: float = 0.5
    noise: float = 0.01
    outliers: float = 0.1
    outlier_size: float = 10.0
    seeds: int = 3
    max_iter: int = 6000


def spoiled(
    problem: ipgd.Problem, size: Size, seed: int
) -> tuple[ipgd.Problem, ipgd.Problem, float]:
    """The problem with noise, the same with outliers too, and the noise's standard deviation.

    The standard deviation is in the units of the delta of :class:`ipgd.Huber`.
    """
    rng = np.random.default_rng(seed)
    unit = float(np.sqrt(np.mean(problem.y**2)))
    deviation = size.noise * unit
    noisy = problem.y + deviation * rng.standard_normal(problem.m)
    wrong = noisy.copy()
    chosen = rng.choice(problem.m, int(size.outliers * problem.m), replace=False)
    wrong[chosen] += size.outlier_size * unit * rng.standard_normal(len(chosen))
    operator, truth = problem.operator, problem.truth
    return (
        ipgd.Problem(operator, noisy, truth),
        ipgd.Problem(operator, wrong, truth),
        deviation / operator.scale,
    )


def problems(
    size: Size, seed: int
) -> dict[str, tuple[ipgd.Problem, ipgd.SymmetricFactor | ipgd.AsymmetricFactor]]:
    """The noiseless problems and their models: all columns in sensing, r in completion."""
    rank = size.rank
    sensing = ipgd.matrix_sensing(d=size.d, rank=rank, m=size.m, rng=seed)
    completion = ipgd.matrix_completion(
        size.d1, size.d2, rank=rank, fraction=size.fraction, rng=seed
    )
    return {
        "sensing": (sensing, ipgd.SymmetricFactor()),
        "completion": (completion, ipgd.AsymmetricFactor(rank)),
    }


def measure(size: Size) -> dict[str, dict[str, list[Curve]]]:
    """Recovery errors along the runs: for each problem and each loss, a curve for each seed."""
    curves: dict[str, dict[str, list[Curve]]] = {}
    for seed in range(size.seeds):
        for name, (problem, model) in problems(size, seed).items():
            noisy, wrong, deviation = spoiled(problem, size, seed)
            runs = {
                "squared, no outliers": noisy,
                "squared": wrong,
                "Huber": wrong.with_loss(ipgd.Huber(3 * deviation)),
            }
            for label, instance in runs.items():
                solution = ipgd.solve(
                    instance,
                    parameterization=model,
                    max_iter=size.max_iter,
                    record=("test_error",),
                    record_every=25,
                    rng=seed,
                )
                curve = solution.history["iteration"], solution.history["test_error"]
                curves.setdefault(name, {}).setdefault(label, []).append(curve)
    return curves


def picture(curves: dict[str, dict[str, list[Curve]]]) -> Figure:
    """Recovery errors over iterations."""
    figure, axes = ipgd.plots.new_figure(1, len(curves))
    figure.set_size_inches(9, 4)
    for ax, (name, by_loss) in zip(axes[0], curves.items(), strict=True):
        for k, (label, runs) in enumerate(by_loss.items()):
            for n, (iterations, errors) in enumerate(runs):
                ax.loglog(iterations + 1, errors, color=f"C{k}", label=label if n == 0 else None)
        ax.set_title(name)
        ax.set_xlabel("iteration + 1")
        ax.grid(alpha=0.3)
    axes[0, 0].set_ylabel("relative recovery error ‖Θ − Θ*‖ / ‖Θ*‖")
    axes[0, 0].legend(fontsize="small")
    return figure


def main(arguments: Sequence[str] | None = None, size: Size | None = None) -> None:
    """Measure, print the errors at the end and draw."""
    output: Path = picture_options(picture_parser(__doc__), arguments).output
    curves = measure(size or Size())
    print("recovery error at the end".ljust(36), "a value for each instance")
    for name, by_loss in curves.items():
        for label, runs in by_loss.items():
            ends = (f"{errors[-1]:8.1e}" for _, errors in runs)
            print(f"{name}, {label}".ljust(36), *ends)
    ipgd.plots.save(picture(curves), output)


if __name__ == "__main__":
    main()
