"""How large a start may be: sparse recovery with and without weight normalisation, as a picture."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

import ipgd
from ipgd.files import check_writable
from ipgd.operators import Dense

if TYPE_CHECKING:
    from matplotlib.figure import Figure

RATIOS = (1.0, 3.0, 10.0, 30.0, 100.0)
SCALES = (0.01, 0.03, 0.05, 0.07, 0.1, 0.12, 0.14, 0.17, 0.2, 0.3)


@dataclass(frozen=True)
class Size:
    """The problem: `positive` entries of 1 and `negative` ones of -1 among d, from m numbers."""

    d: int = 100
    m: int = 50
    positive: int = 3
    negative: int = 2
    seeds: int = 5
    max_iter: int = 200_000

    @property
    def limit(self) -> float:
        """The largest alpha with d alpha^2 <= min(positive, negative): starts that can grow."""
        return float(np.sqrt(min(self.positive, self.negative) / self.d))


def problem(size: Size, seed: int) -> ipgd.Problem:
    """One instance."""
    rng = np.random.default_rng(seed)
    signs = np.repeat([1.0, -1.0], [size.positive, size.negative])
    truth = np.zeros((size.d, 1))
    truth[rng.choice(size.d, len(signs), replace=False), 0] = signs
    operator = Dense.gaussian(size.m, size.d, 1, rng=rng)
    return ipgd.Problem(operator, operator.forward(truth), truth)


def errors(
    model: ipgd.HadamardPower | ipgd.WeightNormalized, scales: Sequence[float], size: Size
) -> NDArray[np.float64]:
    """Relative recovery errors, (seeds, scales), from constant starts of these entries."""
    rows = []
    for seed in range(size.seeds):
        instance = problem(size, seed)
        solutions = ipgd.solve_batch(
            instance,
            ipgd.GD(1 / (8 * instance.scale().curvature)),
            inits=[ipgd.init.constant(scale) for scale in scales],
            parameterization=model,
            stop=ipgd.Stop(relative_loss=1e-7),
            record=("test_error",),
            record_every=size.max_iter,
            max_iter=size.max_iter,
        )
        rows.append([solution.history["test_error"][-1] for solution in solutions])
    return np.array(rows)


def measure(
    size: Size, ratios: Sequence[float] = RATIOS, scales: Sequence[float] = SCALES
) -> dict[str, NDArray[np.float64]]:
    """The errors of the plain model and of each ratio, by label."""
    table = {"plain": errors(ipgd.HadamardPower(), scales, size)}
    for ratio in ratios:
        model = ipgd.WeightNormalized(step_ratio=ratio)
        table[f"step ratio {ratio:g}"] = errors(model, scales, size)
    return table


def picture(table: dict[str, NDArray[np.float64]], scales: Sequence[float], size: Size) -> Figure:
    """Median errors over the scale of the start; the band is the range over the instances."""
    figure, axes = ipgd.plots.new_figure(1, 1)
    ax = axes[0, 0]
    for label, values in table.items():
        (line,) = ax.loglog(scales, np.median(values, axis=0), marker=".", label=label)
        low, high = values.min(axis=0), values.max(axis=0)
        ax.fill_between(scales, low, high, alpha=0.15, color=line.get_color())
    ax.axvline(size.limit, color="black", linestyle=":", linewidth=1)
    ax.set_xlabel("entries α of the start (dotted: d α² = entries of one sign)")
    ax.set_ylabel("‖Θ − Θ*‖ / ‖Θ*‖")
    ax.legend(fontsize="x-small")
    ax.grid(alpha=0.3)
    return figure


def main(arguments: Sequence[str] | None = None, size: Size | None = None) -> None:
    """Measure, print the medians and draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, required=True, metavar="PICTURE")
    output: Path = parser.parse_args(arguments).output
    check_writable("output", output)
    ipgd.plots.check_picture("output", output)
    size = size or Size()
    table = measure(size)
    print("entries of the start".ljust(22), *(f"{scale:8g}" for scale in SCALES))
    for label, values in table.items():
        print(label.ljust(22), *(f"{error:8.1e}" for error in np.median(values, axis=0)))
    ipgd.plots.save(picture(table, SCALES, size), output)


if __name__ == "__main__":
    main()
