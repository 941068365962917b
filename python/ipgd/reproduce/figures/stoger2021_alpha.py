"""What the size of a small random start decides: the waiting time and the final error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

import ipgd

from ..claims import Claim, at_least, at_most, between
from ..figure import Data, Figure, Paper
from ..progress import Track

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture


@dataclass(frozen=True)
class Setting:
    """U Uᵀ with d and with r columns, from alpha times a Gaussian."""

    d: int = 30
    rank: int = 3
    m: int = 900
    condition_number: float = 2.0
    step_size: float = 0.1
    exponents: tuple[int, ...] = (2, 3, 4, 5, 6, 7, 8)
    max_iter: int = 2000
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)


def run(setting: Setting, track: Track) -> Data:
    """All alpha and seeds in one batch for each search rank."""
    problems = [
        ipgd.matrix_sensing(
            setting.d,
            setting.rank,
            setting.m,
            condition_number=setting.condition_number,
            rng=seed,
        )
        for seed in setting.seeds
    ]
    alphas = [10.0**-k for k in setting.exponents]
    full, exact = (
        ipgd.analysis.small_starts(
            problems,
            alphas,
            rank=setting.rank,
            step_size=setting.step_size,
            search_rank=columns,
            max_iter=setting.max_iter,
            record_every=5,
        )
        for columns in track((None, setting.rank))
    )
    return {
        "seed": np.array(setting.seeds),
        "alpha": full.alphas,
        "alignment_end": full.alignment_end,
        "saddle_end": full.saddle_end,
        "error": full.error,
        "exact_error": exact.error,
        "waiting_slope": full.waiting_slope,
        "predicted_slope": full.predicted_slope,
        "alignment_share": full.alignment_share,
        "error_exponent": full.error_exponent,
        "growth_ratio": full.growth_ratio,
    }


def draw(data: Data) -> Picture:
    """Ends of the phases and errors over alpha: medians as lines, every seed as a dot."""
    figure, axes = ipgd.plots.new_figure(1, 2)
    series = (
        (axes[0, 0], (("saddle_end", "end of phase II"), ("alignment_end", "end of phase I"))),
        (axes[0, 1], (("error", "search rank d"), ("exact_error", "search rank r"))),
    )
    for ax, both in series:
        for name, label in both:
            (drawn,) = ax.semilogx(data["alpha"], np.median(data[name], axis=0), label=label)
            ax.semilogx(data["alpha"], data[name].T, ".", markersize=3, color=drawn.get_color())
        ax.invert_xaxis()
        ax.set_xlabel("size α of the start")
        ax.legend(fontsize="small")
    axes[0, 0].set_ylabel("iteration")
    axes[0, 0].set_title("waiting time")
    axes[0, 1].set_yscale("log")
    axes[0, 1].set_ylabel("‖UUᵀ − Θ*‖ / ‖Θ*‖")
    axes[0, 1].set_title("smallest error")
    return figure


FIGURE = Figure(
    title="A smaller start costs a logarithm of waiting and lowers the error.",
    paper=Paper("Stöger, Soltanolkotabi", 2021, "2106.15013", "the role of α"),
    full=Setting(),
    quick=Setting(d=14, rank=2, m=300, exponents=(3, 5, 7), max_iter=1200, seeds=(0, 1, 2)),
    run=run,
    axes={
        **dict.fromkeys(("alignment_end", "saddle_end", "error", "exact_error"), ("seed", "alpha")),
        **dict.fromkeys(
            (
                "waiting_slope",
                "predicted_slope",
                "alignment_share",
                "error_exponent",
                "growth_ratio",
            ),
            ("seed",),
        ),
    },
    draw=draw,
    claims=(
        Claim(
            "The waiting time grows like log(1/alpha), at the rate at which the signal grows.",
            "iterations for each unit of log(1/alpha), over 1 / log(growth of the signal)",
            lambda data: data["waiting_slope"] / data["predicted_slope"],
            between(0.85, 1.15),
        ),
        Claim(
            "Phase I does not depend on alpha.",
            "how much its end differs over alpha, relative to that of phase II",
            lambda data: data["alignment_share"],
            at_most(0.1),
        ),
        Claim(
            "The error falls with alpha.",
            "p of error ~ alpha^p, search rank d",
            lambda data: data["error_exponent"],
            at_least(0.5),
        ),
        Claim(
            "The exact search rank recovers to machine precision.",
            "largest error over alpha, search rank r",
            lambda data: data["exact_error"].max(axis=1),
            at_most(1e-12),
        ),
        Claim(
            "The noise grows more slowly than the signal.",
            "log(growth of the noise) / log(growth of the signal) in phase II",
            lambda data: data["growth_ratio"],
            at_most(0.9),
        ),
    ),
    seen=(
        "Each decade of α costs the same number of iterations of phase II, and phase I takes the "
        "same time for all. With d columns the error falls with α. With r columns it falls to "
        "rounding whatever α is."
    ),
    ours=(
        "All sizes; where phase I ends (signal and noise, σ_r and σ_{r+1} of U, are a factor of 2 "
        "apart); the bounds."
    ),
    notes="The sizes of the paper's experiments.",
)
