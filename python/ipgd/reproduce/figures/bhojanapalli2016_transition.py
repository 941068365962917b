"""How many measurements it takes: descent and noisy descent, random and spectral starts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

import ipgd

from ..claims import Claim, at_least, between
from ..figure import Data, Figure, Paper
from ..measures import Array
from ..progress import Track

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture


@dataclass(frozen=True)
class Setting:
    """U Uᵀ with r columns; m in multiples of 2 d r."""

    d: int = 20
    rank: int = 2
    multiples: tuple[float, ...] = (0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.2, 1.5, 2.0)
    trials: int = 20
    radius: float = 1e-4
    alpha: float = 0.1
    max_iter: int = 5000
    seeds: tuple[int, ...] = (0, 1, 2)


def run(setting: Setting, track: Track) -> Data:
    """A curve of success over m for each method and seed, all methods with the same problems."""
    methods = {"descent": ipgd.GD(), "noisy descent": ipgd.IPGDPlus(setting.radius)}
    starts = {"random": ipgd.init.gaussian(setting.alpha), "SVD": ipgd.init.spectral()}
    names = [(method, start) for method in methods for start in starts]
    unit = 2 * setting.d * setting.rank
    sizes = [round(multiple * unit) for multiple in setting.multiples]
    shape = (len(names), len(setting.seeds))
    successes = np.empty((*shape, len(sizes)), dtype=np.int64)
    crossing = np.empty(shape)
    for k, j in track(list(np.ndindex(shape))):
        method, start = names[k]
        found = ipgd.analysis.phase_transition(
            setting.d,
            {"rank": setting.rank, "search_rank": setting.rank, "m": sizes},
            trials=setting.trials,
            algorithm=methods[method],
            init=starts[start],
            max_iter=setting.max_iter,
            seed=setting.seeds[j],
        )
        successes[k, j] = found.successes
        crossing[k, j] = found.crossing("m") / unit
    return {
        "method": np.array([f"{method}, {start} start" for method, start in names]),
        "seed": np.array(setting.seeds),
        "multiple": np.array(sizes) / unit,
        "share": successes / setting.trials,
        "crossing": crossing,
    }


def draw(data: Data) -> Picture:
    """Share of successes over m, all seeds together."""
    figure, axes = ipgd.plots.new_figure(1, 2, sharey=True)
    for label, shares in zip(data["method"], data["share"], strict=True):
        method, start = str(label).split(", ")
        ax = axes[0, int(start.startswith("SVD"))]
        noisy = method.startswith("noisy")
        ax.plot(
            data["multiple"],
            shares.mean(axis=0),
            label=method,
            marker="s" if noisy else "o",
            markersize=4 if noisy else 7,
            fillstyle="full" if noisy else "none",
        )
        ax.set_title(start)
    for ax in axes[0]:
        ax.axvline(1, color="black", linestyle=":", linewidth=1, label="m = 2 d r")
        ax.set_xlabel("m / (2 d r)")
        ax.legend(fontsize="small", loc="lower right")
    axes[0, 0].set_ylabel("share of successful runs")
    return figure


def near(data: Data) -> Array:
    """The mean crossing of the methods, for each seed."""
    mean: Array = data["crossing"].mean(axis=0)
    return mean


def ends(data: Data) -> Array:
    """Least share of successes at the largest m less the greatest at the smallest m."""
    share = data["share"]
    rise: Array = share[..., -1].min(axis=0) - share[..., 0].max(axis=0)
    return rise


def ratio(data: Data, one: str, other: str) -> Array:
    """Mean crossing of the methods called `one` over that of those called `other`, each seed."""
    names = np.char.partition(data["method"], ", ")[:, ::2]
    above, below = (
        data["crossing"][(names == name).any(axis=1)].mean(axis=0) for name in (one, other)
    )
    quotient: Array = above / below
    return quotient


FIGURE = Figure(
    title="Recovery sets in near m = 2 d r, from random and spectral starts alike.",
    paper=Paper(
        "Bhojanapalli, Neyshabur, Srebro", 2016, "1605.07221", "the success probability over m"
    ),
    full=Setting(),
    quick=Setting(
        d=10,
        rank=1,
        multiples=(0.45, 0.6, 0.75, 0.9, 1.1, 1.35, 1.7, 2.5),
        trials=8,
        max_iter=2000,
        seeds=(0, 1),
    ),
    run=run,
    axes={"share": ("method", "seed", "multiple"), "crossing": ("method", "seed")},
    draw=draw,
    claims=(
        Claim(
            "There is a transition: runs fail at the smallest m and succeed at the largest.",
            "least share of successes at the largest m, less the greatest at the smallest",
            ends,
            at_least(0.8),
        ),
        Claim(
            "It is near m = 2 d r.",
            "m at which half of the runs succeed, over 2 d r, mean of the methods",
            near,
            between(0.5, 1.5),
        ),
        Claim(
            "Noise does not move it.",
            "noisy descent over descent",
            lambda data: ratio(data, "noisy descent", "descent"),
            between(0.8, 1.25),
        ),
        Claim(
            "Random and SVD starts do alike.",
            "random over SVD start",
            lambda data: ratio(data, "random start", "SVD start"),
            between(0.8, 1.25),
        ),
    ),
    seen=(
        "All four share one transition. It lies below 2 d r, nearer to d r: a matrix of rank r has "
        "r (2d − r + 1) / 2 degrees of freedom, and with few more measurements descent succeeds."
    ),
    ours=(
        "Sizes, trials and bounds. A run succeeds if its error is at most 1 %. Noisy descent is "
        "IPGD+ with radius 1e-4. The search rank is the rank."
    ),
    notes="The paper's sizes and its criterion of success.",
)
