"""The gap between test and train error, over time and over the size of the start."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

import ipgd

from ..claims import Claim, at_least, at_most
from ..figure import Data, Figure, Paper
from ..measures import Array
from .li2018_fig1 import FIGURE as FIRST
from .li2018_fig1 import run

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture


def gap(data: Data) -> Array:
    """Test error minus train error, (seeds, alphas, iterations)."""
    difference: Array = data["test_error"] - data["train_error"]
    return difference


def draw(data: Data) -> Picture:
    """The gap of the first seed over time, and at the end over alpha for every seed."""
    figure, axes = ipgd.plots.new_figure(1, 2)
    shown = data["iteration"] >= min(500, data["iteration"][-1] / 4)
    floor = np.maximum(gap(data), 1e-12)
    for alpha, values in zip(data["alpha"], floor[0], strict=True):
        axes[0, 0].semilogy(data["iteration"][shown], values[shown], label=f"α = {alpha:g}")
    axes[0, 0].set_xlabel("iteration")
    axes[0, 1].loglog(data["alpha"], np.median(floor[..., -1], axis=0), label="median")
    axes[0, 1].loglog(data["alpha"], floor[..., -1].T, ".", color="#0072B2")
    axes[0, 1].set_xlabel("size α of the start")
    axes[0, 1].set_title("last iteration")
    for ax in axes[0]:
        ax.set_ylabel("test error − train error")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside right center")
    return figure


def order(data: Data) -> Array:
    """The p of gap ~ alpha^p at the end, by least squares over the starts up to 0.3; per seed."""
    used = data["alpha"] <= 0.3
    x = np.log(data["alpha"][used])
    last = np.log(np.maximum(gap(data)[:, used, -1], 1e-12))
    return np.array([np.polyfit(x, values, 1)[0] for values in last])


FIGURE = Figure(
    title="The gap between test and train error closes as the start gets smaller.",
    paper=Paper("Li, Ma, Zhang", 2018, "1712.09203", "Figure 2"),
    full=FIRST.full,
    quick=replace(FIRST.quick, d=16, rank=1, step_size=0.01, max_iter=4000),
    run=run,
    axes=FIRST.axes,
    draw=draw,
    claims=(
        Claim(
            "The gap at the end falls with the start.",
            "gap from the largest start over that from the smallest",
            lambda data: gap(data)[:, 0, -1] / gap(data)[:, -1, -1],
            at_least(10),
        ),
        Claim(
            "It does so like a power of alpha.",
            "p of gap ~ alpha^p, starts of at most 0.3",
            order,
            at_least(0.5),
            ours=True,
        ),
        Claim(
            "From the smallest start hardly a gap is left.",
            "test error minus train error",
            lambda data: gap(data)[:, -1, -1],
            at_most(0.01),
        ),
    ),
    seen=(
        "The runs are those of Figure 1. A smaller start closes the gap between what is fitted and "
        "what is recovered."
    ),
    ours="The gap over α, and the bounds.",
    notes="How the paper's Figure 2 differs from its Figure 1 in its settings.",
)
