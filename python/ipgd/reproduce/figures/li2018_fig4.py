"""Projected gradient descent over the PSD cone beside descent on U, over the dimension."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

import ipgd

from ..claims import Claim, at_least, at_most
from ..figure import Data, Figure, Paper
from ..measures import Array
from ..progress import Track

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture

METHODS = ("descent on U", "projected")


@dataclass(frozen=True)
class Setting:
    """m = multiple d r Gaussian measurements of a truth of rank r, for every d."""

    dimensions: tuple[int, ...] = (50, 100, 150)
    rank: int = 5
    multiple: float = 5
    alpha: float = 1e-4
    factored_iterations: int = 4000
    projected_iterations: int = 2000
    relative_loss: float = 1e-10
    seeds: tuple[int, ...] = (0, 1, 2)


def run(setting: Setting, track: Track) -> Data:
    """Both methods for each seed and dimension."""
    shape = (len(METHODS), len(setting.seeds), len(setting.dimensions))
    error, train = np.empty(shape), np.empty(shape)
    for s, k in track(list(np.ndindex(*shape[1:]))):
        d, seed = setting.dimensions[k], setting.seeds[s]
        m = round(setting.multiple * d * setting.rank)
        problem = ipgd.matrix_sensing(d, setting.rank, m, rng=seed)
        solutions = (
            ipgd.solve(
                problem,
                init=ipgd.init.scaled_identity(setting.alpha),
                max_iter=setting.factored_iterations,
                stop=ipgd.Stop(relative_loss=setting.relative_loss),
                record=("test_error",),
                record_every=setting.factored_iterations,
                progress=track.solving,
            ),
            ipgd.baselines.projected_gradient(
                problem,
                max_iter=setting.projected_iterations,
                relative_loss=setting.relative_loss,
                record_every=setting.projected_iterations,
                progress=track.solving,
            ),
        )
        error[:, s, k] = [solution.history["test_error"][-1] for solution in solutions]
        train[:, s, k] = [solution.train_error for solution in solutions]
    return {
        "method": np.array(METHODS),
        "seed": np.array(setting.seeds),
        "d": np.array(setting.dimensions),
        "test_error": error,
        "train_error": train,
    }


def draw(data: Data) -> Picture:
    """Test errors over d: medians as lines, every seed as a dot."""
    figure, axes = ipgd.plots.new_figure(1, 1)
    figure.set_size_inches(6, 4)
    ax = axes[0, 0]
    for label, values in zip(data["method"], data["test_error"], strict=True):
        (line,) = ax.semilogy(data["d"], np.median(values, axis=0), label=str(label))
        ax.semilogy(data["d"], values.T, ".", color=line.get_color())
    ax.set_xlabel("dimension d, with measurements in proportion to d")
    ax.set_ylabel("‖Θ − Θ*‖ / ‖Θ*‖")
    ax.set_xticks(data["d"])
    ax.legend()
    return figure


def growth(data: Data) -> Array:
    """Error of the projected method at the largest d over that at the smallest, for each seed."""
    error = data["test_error"][1]
    ratio: Array = error[:, -1] / error[:, 0]
    return ratio


FIGURE = Figure(
    title="Over the cone of positive semidefinite matrices descent needs more measurements.",
    paper=Paper("Li, Ma, Zhang", 2018, "1712.09203", "Figure 4"),
    full=Setting(),
    quick=Setting((12, 24, 36), 1, 5, 1e-4, 1500, 400),
    run=run,
    axes=dict.fromkeys(("test_error", "train_error"), ("method", "seed", "d")),
    draw=draw,
    claims=(
        Claim(
            "Descent on U recovers the truth at every d.",
            "largest test error over d",
            lambda data: data["test_error"][0].max(axis=1),
            at_most(1e-2),
        ),
        Claim(
            "At the largest d the projected method misses it.",
            "test error",
            lambda data: data["test_error"][1, :, -1],
            at_least(0.1),
        ),
        Claim(
            "The projected method gets worse as d grows.",
            "its test error at the largest d over that at the smallest",
            growth,
            at_least(1.5),
        ),
    ),
    seen=(
        "With m = 5 d r measurements descent on U from a small start recovers the truth at every "
        "d. Projected descent on Θ starts at zero, fits y as well, and is the farther off the "
        "larger d: the cone alone does not single out the truth."
    ),
    ours="The budgets and bounds; steps are automatic.",
    notes="The paper's number of iterations.",
)
