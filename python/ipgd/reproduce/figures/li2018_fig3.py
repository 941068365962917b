"""Test error over many iterations: descent from a small start needs no early stopping."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ipgd

from ..claims import Claim, at_most
from ..figure import Data, Figure, Paper
from ..measures import largest_ratio
from .li2018_fig1 import Setting, run

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture


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
    full=Setting(alphas=(0.1, 0.01, 0.001), max_iter=100_000, record_every=500),
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
