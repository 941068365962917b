"""Nuclear norm and effective rank of what deep factors find, beside the least nuclear norm."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

import ipgd

from ..claims import Claim, at_least, at_most
from ..figure import Data, Figure, Paper
from ..measures import Array
from .arora2019_table1 import Setting, run

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture


def draw(data: Data) -> Picture:
    """Norm, effective rank and error of every method over the number of entries; medians."""
    figure, axes = ipgd.plots.new_figure(1, 3)
    panels = {
        "nuclear norm / least one": data["nuclear_norm"] / data["nuclear_norm"][..., :1],
        "effective rank": data["effective_rank"],
        "mean squared error": data["error"],
    }
    for ax, (label, values) in zip(axes[0], panels.items(), strict=True):
        for method, middle in zip(data["method"], np.median(values, axis=0).T, strict=True):
            ax.plot(data["n_observed"], middle, marker=".", label=str(method))
        ax.set_xlabel("entries seen")
        ax.set_xticks(data["n_observed"])
        ax.set_ylabel(label)
    axes[0, 2].set_yscale("log")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside right center")
    return figure


def ratio(data: Data, name: str, entries: int) -> Array:
    """A quantity of the deepest model over that of the convex solution, for each seed."""
    values: Array = data[name][:, entries, -1] / data[name][:, entries, 0]
    return values


FIGURE = Figure(
    title="From few entries deep factors find a lower rank at a larger nuclear norm.",
    paper=Paper("Arora, Cohen, Hu, Luo", 2019, "1905.13655", "nuclear norm against rank"),
    full=Setting(n_observed=(2000, 5000)),
    quick=Setting(20, 1, (100, 200), (2, 3), 1e-2, 5e-3, 1e-5, max_iter=8000, gap=1e-4),
    run=run,
    axes=dict.fromkeys(
        ("error", "train", "nuclear_norm", "effective_rank"), ("seed", "n_observed", "method")
    ),
    draw=draw,
    claims=(
        Claim(
            "With few entries the nuclear norm that three layers find is not the least.",
            "their nuclear norm over the least one, fewest entries",
            lambda data: ratio(data, "nuclear_norm", 0),
            at_least(1.01),
        ),
        Claim(
            "Their effective rank is lower than that of the least nuclear norm.",
            "effective rank over that of the convex solution, fewest entries",
            lambda data: ratio(data, "effective_rank", 0),
            at_most(0.99),
        ),
        Claim(
            "With many entries both are the truth.",
            "nuclear norm of three layers over the least one, most entries",
            lambda data: np.abs(ratio(data, "nuclear_norm", 1) - 1),
            at_most(0.02),
        ),
    ),
    seen=(
        "With few entries the convex solution has the least nuclear norm, three layers the lowest "
        "rank and the smallest error; with many entries all agree."
    ),
    ours="Bounds; the numbers of entries are the paper's.",
    notes="The paper's figure has more starts and numbers of entries.",
)
