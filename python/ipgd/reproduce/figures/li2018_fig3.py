"""Test error over many iterations: descent from a small start needs no early stopping."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

import ipgd

from ..claims import Claim, at_most
from ..figure import Data, Figure, Paper
from ..measures import largest_ratio, stacked
from ..progress import Track

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture


@dataclass(frozen=True)
class Setting:
    """U Uᵀ with d columns from U_0 = alpha I, m = 5 d r Gaussian measurements."""

    d: int = 100
    rank: int = 5
    alphas: tuple[float, ...] = (0.1, 0.01, 0.001)
    step_size: float = 0.0025
    max_iter: int = 100_000
    record_every: int = 500
    seeds: tuple[int, ...] = (0, 1, 2)


def run(setting: Setting, track: Track) -> Data:
    """One batch of all alphas for each seed."""
    solutions: list[ipgd.Solution] = []
    for seed in track(setting.seeds):
        solutions += ipgd.solve_batch(
            ipgd.matrix_sensing(setting.d, setting.rank, 5 * setting.d * setting.rank, rng=seed),
            ipgd.GD(setting.step_size),
            inits=[ipgd.init.scaled_identity(alpha) for alpha in setting.alphas],
            max_iter=setting.max_iter,
            stop=ipgd.Stop(relative_loss=0),
            record=("train_error", "test_error"),
            record_every=setting.record_every,
            progress=track.solving,
        )
    shape = (len(setting.seeds), len(setting.alphas))
    return {
        "seed": np.array(setting.seeds),
        "alpha": np.array(setting.alphas),
        "iteration": solutions[0].history["iteration"],
        "train_error": stacked(solutions, "train_error", shape),
        "test_error": stacked(solutions, "test_error", shape),
    }


def draw(data: Data) -> Picture:
    """Both errors of the first seed."""
    figure, axes = ipgd.plots.new_figure(1, 2, sharey=True)
    labels = {"train_error": "‖A(UUᵀ) − y‖ / ‖y‖", "test_error": "‖UUᵀ − Θ*‖ / ‖Θ*‖"}
    for ax, (name, label) in zip(axes[0], labels.items(), strict=True):
        for alpha, values in zip(data["alpha"], data[name][0], strict=True):
            ax.loglog(data["iteration"][1:], values[1:], label=f"α = {alpha:g}")
        ax.set_xlabel("iteration")
        ax.set_ylabel(label)
    axes[0, 1].legend()
    return figure


FIGURE = Figure(
    title="The test error keeps falling: there is nothing to be won by stopping early.",
    paper=Paper("Li, Ma, Zhang", 2018, "1712.09203", "Figure 3"),
    full=Setting(),
    quick=Setting(16, 1, (0.1, 0.001), 0.02, 20_000, 200),
    run=run,
    axes=dict.fromkeys(("train_error", "test_error"), ("seed", "alpha", "iteration")),
    draw=draw,
    claims=(
        Claim(
            "The test error of the last iterate is the least of all, from every start.",
            "last test error over the least one, worst alpha",
            lambda data: (data["test_error"][..., -1] / data["test_error"].min(axis=-1)).max(
                axis=1
            ),
            at_most(1.01),
        ),
        Claim(
            "It never rises, from the smallest start.",
            "largest ratio of a test error to that of the record before",
            lambda data: largest_ratio(data["test_error"][:, -1]),
            at_most(1.02),
            ours=True,
        ),
        Claim(
            "From the smallest start the truth is recovered.",
            "last test error",
            lambda data: data["test_error"][:, -1, -1],
            at_most(1e-2),
        ),
    ),
    seen=(
        "Ten times as many iterations as in Figure 1: the errors fall quickly to a level that "
        "the start decides, and then go on falling slowly."
    ),
    ours="The start's sizes and the bounds.",
    notes="Which starts the paper shows.",
)
