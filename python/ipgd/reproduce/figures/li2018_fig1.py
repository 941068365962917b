"""Train and test error over time for starts of several sizes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

import ipgd

from ..claims import Claim, at_least, at_most
from ..figure import Data, Figure, Paper
from ..measures import Array, largest_ratio, stacked
from ..progress import Track

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture


@dataclass(frozen=True)
class Setting:
    """U Uᵀ with d columns from U_0 = alpha I, m = 5 d r Gaussian measurements."""

    d: int = 100
    rank: int = 5
    alphas: tuple[float, ...] = (1.0, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001)
    step_size: float = 0.0025
    max_iter: int = 10_000
    record_every: int = 50
    seeds: tuple[int, ...] = (0, 1, 2)


def run(setting: Setting, track: Track) -> Data:
    """One batch of all alphas for each seed."""
    solutions: list[ipgd.Solution] = []
    for seed in track(setting.seeds):
        m = 5 * setting.d * setting.rank
        solutions += ipgd.solve_batch(
            ipgd.matrix_sensing(setting.d, setting.rank, m, rng=seed),
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
    """Both errors of the first seed, from iteration 500 on as in the paper."""
    figure, axes = ipgd.plots.new_figure(1, 2, sharey=True)
    shown = data["iteration"] >= min(500, data["iteration"][-1] / 4)
    for ax, kind in zip(axes[0], ("train_error", "test_error"), strict=True):
        for alpha, errors in zip(data["alpha"], data[kind][0], strict=True):
            ax.semilogy(data["iteration"][shown], errors[shown], label=f"α = {alpha:g}")
        ax.set_xlabel("iteration")
    axes[0, 0].set_ylabel("relative error")
    axes[0, 0].set_title("train: ‖A(UUᵀ) − y‖ / ‖y‖")
    axes[0, 1].set_title("test: ‖UUᵀ − X*‖ / ‖X*‖")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside right center")
    return figure


def gaps(data: Data) -> Array:
    """Test minus train error at the end, (seeds, alphas)."""
    gap: Array = (data["test_error"] - data["train_error"])[..., -1]
    return gap


FIGURE = Figure(
    title="From a smaller start, test error follows train error.",
    paper=Paper("Li, Ma, Zhang", 2018, "1712.09203", "Figure 1"),
    full=Setting(),
    quick=Setting(d=30, rank=2, alphas=(1.0, 0.1, 0.01, 0.001)),
    run=run,
    axes=dict.fromkeys(("train_error", "test_error"), ("seed", "alpha", "iteration")),
    draw=draw,
    claims=(
        Claim(
            "The gap between test and train error at the end falls with every step of alpha.",
            "largest ratio of the gap at an alpha to that at the next larger one",
            lambda data: largest_ratio(gaps(data)),
            at_most(1),
        ),
        Claim(
            "From the largest start the measurements are fitted and the truth is missed.",
            "test error / train error at the end, largest alpha",
            lambda data: (data["test_error"] / data["train_error"])[:, 0, -1],
            at_least(5),
            ours=True,
        ),
        Claim(
            "From the smallest start the truth is recovered.",
            "test error at the end, smallest alpha",
            lambda data: data["test_error"][:, -1, -1],
            at_most(0.01),
            ours=True,
        ),
    ),
    seen=(
        "From U = α I with a large α the measurements are fitted, but not by the truth. The "
        "smaller α is, the smaller is the gap between both errors, and the longer the wait."
    ),
    ours="Errors are relative: ‖A(UUᵀ) − y‖ / ‖y‖ and ‖UUᵀ − X*‖ / ‖X*‖. The bounds are ours.",
    notes="The values of alpha between 1 and 1e-3, and the number of instances.",
)
