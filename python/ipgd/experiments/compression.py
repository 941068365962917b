"""The deep model and its compression on matrix completion, side by side, as a picture."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import ipgd

from .command import picture_options, picture_parser

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Size:
    """A d x d matrix of rank r with sigma_1 of about 1, and the part of it that is observed."""

    d: int = 300
    rank: int = 5
    fraction: float = 0.2
    depth: int = 3
    scale: float = 1e-3  # of the start, each layer
    step_size: float = 0.1
    relative_loss: float = 1e-6
    max_iter: int = 20_000
    record_every: int = 50
    timed: tuple[int, ...] = (300, 1000)  # the d at which iterations are timed
    iterations: int = 20  # of each timing


def problem(size: Size, d: int | None = None) -> ipgd.MatrixCompletion:
    """The instance, or one with another d."""
    d = size.d if d is None else d
    return ipgd.matrix_completion(d, d, size.rank, fraction=size.fraction, rng=1)


def solve(
    instance: ipgd.Problem, size: Size, gamma: float | None, **settings: object
) -> ipgd.Solution:
    """One run: compressed with this gamma, or the full model for None, from the same start."""
    full = gamma is None
    start = ipgd.init.scaled_orthogonal if full else ipgd.init.compressed
    return ipgd.solve(
        instance,
        ipgd.GD(size.step_size),
        parameterization=ipgd.DeepFactor(size.depth)
        if gamma is None
        else ipgd.CompressedDeep(size.depth, size.rank, gamma),
        init=start(size.scale),
        rng=0,
        **settings,  # type: ignore[arg-type]
    )


def measure(size: Size, gammas: Sequence[float]) -> dict[str, ipgd.Solution]:
    """The runs to the same loss, by label."""
    instance = problem(size)
    settings = {
        "max_iter": size.max_iter,
        "stop": ipgd.Stop(relative_loss=size.relative_loss),
        "record": ("loss", "test_error"),
        "record_every": size.record_every,
    }
    runs = {"full": solve(instance, size, None, **settings)}
    for gamma in gammas:
        runs[f"compressed, γ = {gamma:g}"] = solve(instance, size, gamma, **settings)
    return runs


def seconds_per_iteration(size: Size, d: int) -> tuple[float, float]:
    """Times of the full and of the compressed model, measured in turn; the best of three."""
    instance = problem(size, d)
    best = [np.inf, np.inf]
    stop = ipgd.Stop(relative_loss=0)
    for _ in range(3):
        for k, gamma in enumerate((None, 1.0)):
            marks: list[float] = []  # at the first and at the last iterate
            solve(
                instance,
                size,
                gamma,
                max_iter=size.iterations,
                stop=stop,
                record_every=size.iterations,
                callback=lambda _, marks=marks: marks.append(time.perf_counter()),
            )
            best[k] = min(best[k], (marks[-1] - marks[0]) / size.iterations)
    return best[0], best[1]


def picture(runs: dict[str, ipgd.Solution]) -> Figure:
    """Recovery error over the iterations."""
    figure, axes = ipgd.plots.new_figure(1, 1)
    figure.set_size_inches(6.5, 4)
    ax = axes[0, 0]
    for label, run in runs.items():
        style = "-" if label == "full" else "--"
        ax.semilogy(run.history["iteration"], run.history["test_error"], style, label=label)
    ax.set_xlim(left=0.7 * min(run.nit for run in runs.values()))  # all wait alike before
    ax.set_xlabel("iteration")
    ax.set_ylabel("relative recovery error ‖Θ − Θ*‖ / ‖Θ*‖")
    ax.legend(fontsize="small")
    ax.grid(alpha=0.3)
    return figure


def main(arguments: Sequence[str] | None = None, size: Size | None = None) -> None:
    """Measure, print counts and times, and draw."""
    parser = picture_parser(__doc__)
    parser.add_argument("--gamma", type=float, nargs="+", default=[0.01, 0.1, 1.0, 2.0])
    options = picture_options(parser, arguments)
    output: Path = options.output
    size = size or Size()
    runs = measure(size, options.gamma)
    for label, run in runs.items():
        error = run.history["test_error"][-1]
        print(f"{label:24} {run.nit:7d} iterations ({run.status}), error {error:.2e}")
    for d in size.timed:
        full, compressed = seconds_per_iteration(size, d)
        print(
            f"d = {d:5d}: {1e3 * full:8.3f} ms an iteration, compressed {1e3 * compressed:8.3f} "
            f"ms: {full / compressed:.1f} times less"
        )
    ipgd.plots.save(picture(runs), output)


if __name__ == "__main__":
    main()
