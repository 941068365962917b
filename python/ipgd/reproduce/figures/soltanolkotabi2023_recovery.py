"""Asymmetric sensing from small random starts of several sizes and search ranks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

import ipgd

from ..claims import Claim, at_least, at_most
from ..figure import Data, Figure, Paper
from ..measures import Array, stacked
from ..progress import Track

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture


@dataclass(frozen=True)
class Setting:
    """A d1 x d2 truth of rank r seen through m = 5 r (d1 + d2) Gaussian measurements."""

    shape: tuple[int, int] = (60, 40)
    rank: int = 3
    search_ranks: tuple[int, ...] = (3, 10, 40)
    alphas: tuple[float, ...] = (1e-1, 1e-2, 1e-3, 1e-4, 1e-5)
    step_size: float = 0.1
    max_iter: int = 2000
    record_every: int = 10
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)


def run(setting: Setting, track: Track) -> Data:
    """One batch of all alphas for each seed and search rank."""
    solutions: list[ipgd.Solution] = []
    cases = [(seed, k) for seed in setting.seeds for k in setting.search_ranks]
    for seed, k in track(cases):
        m = 5 * setting.rank * sum(setting.shape)
        solutions += ipgd.solve_batch(
            ipgd.matrix_sensing(setting.shape, setting.rank, m, rng=seed),
            ipgd.GD(setting.step_size),
            inits=[ipgd.init.gaussian(alpha) for alpha in setting.alphas],
            parameterization=ipgd.AsymmetricFactor(k),
            seeds=[seed] * len(setting.alphas),
            max_iter=setting.max_iter,
            stop=ipgd.Stop(relative_loss=0),
            record=("test_error", "singular_values"),
            n_singular_values=setting.rank,
            record_every=setting.record_every,
            progress=track.solving,
        )
    shape = (len(setting.seeds), len(setting.search_ranks), len(setting.alphas))
    spectra = [np.linalg.svd(solution.theta(), compute_uv=False) for solution in solutions]
    r = setting.rank
    return {
        "seed": np.array(setting.seeds),
        "search_rank": np.array(setting.search_ranks),
        "alpha": np.array(setting.alphas),
        "iteration": solutions[0].history["iteration"],
        "test_error": stacked(solutions, "test_error", shape),
        "beyond": np.array([sigma[r] / sigma[r - 1] for sigma in spectra]).reshape(shape),
    }


def draw(data: Data) -> Picture:
    """Errors over time at the largest search rank; error and sigma_{r+1} at the end over alpha."""
    figure, axes = ipgd.plots.new_figure(1, 3)
    for alpha, values in zip(data["alpha"], data["test_error"][0, -1], strict=True):
        axes[0, 0].semilogy(data["iteration"], values, label=f"α = {alpha:g}")
    axes[0, 0].set_xlabel("iteration")
    axes[0, 0].set_title(f"search rank {data['search_rank'][-1]}")
    axes[0, 0].legend(fontsize="x-small")
    last = {"test_error": data["test_error"][..., -1], "beyond": data["beyond"]}
    for ax, values in zip(axes[0, 1:], last.values(), strict=True):
        for k, middle in zip(data["search_rank"], np.median(values, axis=0), strict=True):
            ax.loglog(data["alpha"], np.maximum(middle, 1e-17), marker=".", label=f"{k} columns")
        ax.set_xlabel("size α of the start")
        ax.set_title("at the end, medians")
    axes[0, 0].set_ylabel("‖VWᵀ − Θ*‖ / ‖Θ*‖")
    axes[0, 1].set_ylabel("‖VWᵀ − Θ*‖ / ‖Θ*‖")
    axes[0, 2].set_ylabel("σ of V Wᵀ: (r + 1)-th / r-th")
    axes[0, 1].legend(fontsize="small")
    return figure


def order(data: Data) -> Array:
    """The p of final error ~ alpha^p from the largest to the smallest start, most columns."""
    alpha, error = data["alpha"], data["test_error"][:, -1, :, -1]
    exponent: Array = np.log(error[:, 0] / error[:, -1]) / np.log(alpha[0] / alpha[-1])
    return exponent


FIGURE = Figure(
    title="Asymmetric factors recover from a small start, however many columns they have.",
    paper=Paper("Soltanolkotabi, Stöger, Xie", 2023, "2303.14244", "recovery"),
    full=Setting(),
    quick=Setting((16, 12), 2, (2, 12), (1e-1, 1e-3, 1e-5), max_iter=1500, seeds=(0, 1, 2)),
    run=run,
    axes={
        "test_error": ("seed", "search_rank", "alpha", "iteration"),
        "beyond": ("seed", "search_rank", "alpha"),
    },
    draw=draw,
    claims=(
        Claim(
            "From the smallest start the truth is recovered, for every search rank.",
            "largest recovery error over the search ranks",
            lambda data: data["test_error"][:, :, -1, -1].max(axis=1),
            at_most(1e-2),
        ),
        Claim(
            "The final error falls with the size of the start.",
            "p of the error ~ alpha^p, most columns",
            order,
            at_least(0.5),
        ),
        Claim(
            "V Wᵀ is close to a matrix of rank r: from a small start what is beyond stays small.",
            "sigma_{r+1} / sigma_r at the end, most columns, smallest start",
            lambda data: data["beyond"][:, -1, -1],
            at_most(1e-3),
        ),
        Claim(
            "What is beyond rank r grows with the start.",
            "sigma_{r+1} / sigma_r, largest start over smallest, most columns",
            lambda data: data["beyond"][:, -1, 0] / data["beyond"][:, -1, -1],
            at_least(100),
            ours=True,
        ),
    ),
    seen=(
        "With more columns than the rank the error stops at a level that falls with α; with the "
        "exact rank it falls to rounding from every start. What V Wᵀ has beyond rank r is of the "
        "same size."
    ),
    ours="Sizes and bounds.",
    notes="The paper's sizes.",
)
