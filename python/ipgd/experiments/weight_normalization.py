"""How large a start may be: sparse recovery with and without weight normalisation, as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

import ipgd
from ipgd.operators import Dense

from .command import picture_options, picture_parser

if TYPE_CHECKING:
    from matplotlib.figure import Figure

RATIOS = (1.0, 3.0, 10.0, 30.0, 100.0)
SCALES = (0.01, 0.03, 0.05, 0.07, 0.1, 0.12, 0.14, 0.17, 0.2, 0.3)


@dataclass(frozen=True)
class Size:
    """The problem: d entries, `positive` of them 1 and `negative` -1, from m measurements."""

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
    """Errors over the scale of the start: the median as a line, every instance as a dot."""
    figure, axes = ipgd.plots.new_figure(1, 1)
    figure.set_size_inches(7, 4.2)
    ax = axes[0, 0]
    for label, values in table.items():
        (line,) = ax.loglog(scales, np.median(values, axis=0), label=label)
        ax.loglog(scales, values.T, ".", markersize=4, alpha=0.5, color=line.get_color())
    label = "d α² = smaller number of equal signs"
    ax.axvline(size.limit, color="black", linestyle=":", linewidth=1, label=label)
    ax.set_xlabel("size α of the entries of the start")
    ax.set_ylabel("relative recovery error ‖Θ − Θ*‖ / ‖Θ*‖")
    figure.legend(loc="outside right center", fontsize="small")
    ax.grid(alpha=0.3)
    return figure


def main(arguments: Sequence[str] | None = None, size: Size | None = None) -> None:
    """Measure, print the medians and draw."""
    output: Path = picture_options(picture_parser(__doc__), arguments).output
    size = size or Size()
    table = measure(size)
    print("entries of the start".ljust(22), *(f"{scale:8g}" for scale in SCALES))
    for label, values in table.items():
        print(label.ljust(22), *(f"{error:8.1e}" for error in np.median(values, axis=0)))
    ipgd.plots.save(picture(table, SCALES, size), output)


if __name__ == "__main__":
    main()
