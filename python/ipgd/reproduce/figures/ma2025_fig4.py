"""Deviation rates of IPGD+ tell convergence from failure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

import ipgd

from ..claims import Claim, at_least
from ..figure import Data, Figure, Paper
from ..measures import Array
from ..progress import Track

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture

KINDS: tuple[Literal["block"], Literal["full"]] = ("block", "full")
NAMES = {
    "block": "block, λ(−V⊥ᵀ M V⊥)",
    "full": "full, λ(−M)",
}
FAILURE = 0.01  # error at the end above which a run has failed


@dataclass(frozen=True)
class Setting:
    """U Uᵀ from U = 0; for each seed runs with m spread evenly from too few to many."""

    d: int = 20
    rank: int = 3
    search_rank: int = 6
    smallest_m: int = 80
    largest_m: int = 400
    runs: int = 40
    radius: float = 1e-6
    step_size: float = 0.1
    max_iter: int = 1000
    record_every: int = 20
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)


def run(setting: Setting, track: Track) -> Data:
    """Both rates along each run, and the error and the residual at its end."""
    sizes = np.linspace(setting.smallest_m, setting.largest_m, setting.runs).round().astype(int)
    records = setting.max_iter // setting.record_every + 1
    shape = (len(setting.seeds), len(sizes))
    rates = np.empty((*shape, len(KINDS), records))
    error, residual = np.empty(shape), np.empty(shape)
    for place in track(list(np.ndindex(shape))):
        seed = 1000 * setting.seeds[place[0]] + place[1]
        problem = ipgd.matrix_sensing(setting.d, setting.rank, int(sizes[place[1]]), rng=seed)
        seen = ipgd.analysis.Iterates()
        solution = ipgd.solve(
            problem,
            ipgd.IPGDPlus(setting.radius, setting.step_size),
            parameterization=ipgd.SymmetricFactor(setting.search_rank),
            init=ipgd.init.zeros(),
            max_iter=setting.max_iter,
            stop=ipgd.Stop(relative_loss=0),
            record=("test_error", "residual_norm"),
            record_every=setting.record_every,
            callback=seen,
            rng=seed,
            progress=track.solving,
        )
        error[place] = solution.history["test_error"][-1]
        residual[place] = solution.history["residual_norm"][-1]
        rates[place] = [
            [ipgd.analysis.deviation_rate(problem, at, kind) for at in seen.parameters]
            for kind in KINDS
        ]
    steps = setting.step_size * setting.record_every
    return {
        "seed": np.array(setting.seeds),
        "m": sizes,
        "kind": np.array(KINDS),
        "iteration": setting.record_every * np.arange(records),
        "rate": rates,
        "exponent": steps * rates[..., :-1].sum(axis=-1),
        "error": error,
        "residual": residual,
    }


def area(failed: NDArray[np.bool_], score: Array) -> float:
    """Area under the ROC curve: how often a failed run has the larger score; NaN without both."""
    positives, negatives = int(failed.sum()), int((~failed).sum())
    if not positives or not negatives:
        return float("nan")
    ranks = rankdata(score)[failed].sum()
    return float((ranks - positives * (positives + 1) / 2) / (positives * negatives))


def pooled_area(data: Data, kind: int, level: float = FAILURE) -> float:
    """That of one rate over the runs of all seeds."""
    return area((data["error"] > level).ravel(), data["exponent"][..., kind].ravel())


def rank_correlation(data: Data) -> Array:
    """Spearman's, of the block exponent with the residual at the end; for each seed."""
    return np.array(
        [
            np.corrcoef(rankdata(exponents), rankdata(residuals))[0, 1]
            for exponents, residuals in zip(data["exponent"][..., 0], data["residual"], strict=True)
        ]
    )


def draw(data: Data) -> Picture:
    """Rates of two runs; the error of all runs over the exponent; both ROC curves."""
    figure, axes = ipgd.plots.new_figure(1, 3)
    rates, scatter, roc = axes[0]
    for m, label in ((0, "few"), (-1, "many")):
        for kind, name in enumerate(KINDS):
            values = data["rate"][0, m, kind]
            rates.plot(data["iteration"], values, label=f"{name}, {label} measurements")
    rates.set_xlabel("iteration")
    rates.set_ylabel("deviation rate r")
    rates.set_title("along two runs")
    rates.legend(fontsize="x-small")
    failed = data["error"] > FAILURE
    for kind, marker in enumerate("os"):
        scatter.semilogy(
            data["exponent"][..., kind].ravel(),
            data["error"].ravel(),
            linestyle="none",
            markersize=3,
            marker=marker,
            label=KINDS[kind],
        )
        order = np.argsort(-data["exponent"][..., kind], axis=None)
        hits = np.append(0, np.cumsum(failed.ravel()[order]))
        misses = np.append(0, np.cumsum(~failed.ravel()[order]))
        roc.plot(
            misses / max(misses[-1], 1),
            hits / max(hits[-1], 1),
            label=f"{KINDS[kind]}, area {pooled_area(data, kind):.3f}",
        )
    scatter.axhline(FAILURE, color="black", linestyle=":", linewidth=1)
    scatter.set_xlabel("exponent η Σ r")
    scatter.set_ylabel("‖UUᵀ − Θ*‖ / ‖Θ*‖ at the end")
    scatter.set_title("all runs; failed above the line")
    scatter.legend(fontsize="small")
    roc.plot([0, 1], [0, 1], color="silver", linestyle="-", linewidth=0.8)
    roc.set_xlabel("share of the successes called failures")
    roc.set_ylabel("share of the failures found")
    roc.set_title("ROC curves")
    roc.legend(fontsize="small", loc="lower right")
    return figure


def table(data: Data) -> str:
    """Areas for other levels of the error at which a run counts as failed."""
    lines = [
        "| failed above | runs | failed | block | full |",
        "|---|---|---|---|---|",
    ]
    for level in (1e-1, 1e-2, 1e-3, 1e-4):
        count = int((data["error"] > level).sum())
        areas = " | ".join(f"{pooled_area(data, kind, level):.3f}" for kind in range(2))
        lines.append(f"| {level:.0e} | {data['error'].size} | {count} | {areas} |")
    return "\n".join(lines)


FIGURE = Figure(
    title="The deviation rate off the truth's space tells convergence from failure.",
    paper=Paper("Ma, Liang, Fattahi", 2025, "2505.17304", "Figure 4"),
    full=Setting(),
    quick=Setting(
        d=10,
        rank=2,
        search_rank=4,
        smallest_m=25,
        largest_m=100,
        runs=12,
        record_every=25,
        seeds=(0, 1, 2),
    ),
    run=run,
    axes={
        "rate": ("seed", "m", "kind", "iteration"),
        "exponent": ("seed", "m", "kind"),
        "error": ("seed", "m"),
        "residual": ("seed", "m"),
    },
    draw=draw,
    claims=(
        Claim(
            "The exponent of the block tells the runs that fail from those that converge.",
            "area under its ROC curve, all runs",
            lambda data: pooled_area(data, 0),
            at_least(0.95),
            ours=True,
        ),
        Claim(
            "The block tells them apart better than the full largest eigenvalue.",
            "area of the block less that of the full one, all runs",
            lambda data: pooled_area(data, 0) - pooled_area(data, 1),
            at_least(0.05),
            ours=True,
        ),
        Claim(
            "A large average rate goes with a residual that grows.",
            "rank correlation of the block exponent and the final residual",
            rank_correlation,
            at_least(0.7),
        ),
    ),
    seen=(
        "Left: with few measurements the block −V⊥ᵀ M V⊥, which drives what is off the truth's "
        "space, is about as large as all of −M, and while it is, the residual grows. Middle: each "
        "run is a dot for each rate. Runs fail where the exponent of the block is large, at any "
        "exponent of the full rate, which mostly measures how long the signal took to grow. Right: "
        "what the two are worth as classifiers of failure."
    ),
    ours=(
        "r(.) is the largest eigenvalue of −M on the complement of the truth's space, or on the "
        "whole space, M = A*(r)/m; the exponent is η times its sum over the run, T times the "
        "average. A run fails if its error is above 1 % at the end; the table has other levels. "
        "m from 80 to 400 in place of a paper's m, the radius 1e-6, and the area under the curve."
    ),
    notes="The paper's definition of r(.), its sizes and its radius.",
    table=table,
)
