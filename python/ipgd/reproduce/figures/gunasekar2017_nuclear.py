"""Where gradient descent from ever smaller starts ends, beside the least nuclear norm."""

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


@dataclass(frozen=True)
class Setting:
    """U Uᵀ with d columns; m = multiple d r measurements, fewer than entries of Theta."""

    d: int = 40
    rank: int = 2
    multiples: tuple[float, ...] = (1.5, 3)
    alphas: tuple[float, ...] = (1.0, 0.3, 0.1, 0.03, 0.01, 0.001)
    relative_loss: float = 1e-12
    max_iter: int = 200_000
    gap: float = 1e-6  # duality gap of the convex problem
    seeds: tuple[int, ...] = (0, 1, 2)


def run(setting: Setting, track: Track) -> Data:
    """The ends of gradient descent, and the solution of the convex problem."""
    shape = (len(setting.seeds), len(setting.multiples))
    norm, distance, error = (np.empty((*shape, len(setting.alphas))) for _ in range(3))
    convex_error, train, gap = np.empty(shape), np.empty(shape), np.empty(shape)
    for s, k in track([(s, k) for s in range(shape[0]) for k in range(shape[1])]):
        m = round(setting.multiples[k] * setting.d * setting.rank)
        problem = ipgd.matrix_sensing(setting.d, setting.rank, m, rng=setting.seeds[s])
        convex = ipgd.baselines.nuclear_norm(
            problem, psd=True, tolerance=setting.gap, max_iter=20_000, progress=track.solving
        )
        least = convex.theta()
        solutions = ipgd.solve_batch(
            problem,
            ipgd.GD(),
            inits=[ipgd.init.gaussian(alpha) for alpha in setting.alphas],
            max_iter=setting.max_iter,
            stop=ipgd.Stop(relative_loss=setting.relative_loss),
            record=("test_error",),
            record_every=setting.max_iter,
            progress=track.solving,
        )
        truth = problem.truth_matrix()
        ends = [solution.theta() for solution in solutions]
        # Of positive semidefinite matrices the nuclear norm is the trace.
        norm[s, k] = [np.trace(theta) / np.trace(least) for theta in ends]
        distance[s, k] = [np.linalg.norm(theta - least) / np.linalg.norm(least) for theta in ends]
        error[s, k] = [solution.history["test_error"][-1] for solution in solutions]
        convex_error[s, k] = np.linalg.norm(least - truth) / np.linalg.norm(truth)
        train[s, k] = max(solution.train_error for solution in solutions)
        gap[s, k] = convex.settings["algorithm"]["gap"]
    return {
        "seed": np.array(setting.seeds),
        "multiple": np.array(setting.multiples, dtype=float),
        "alpha": np.array(setting.alphas),
        "norm": norm,
        "distance": distance,
        "test_error": error,
        "convex_error": convex_error,
        "train_error": train,
        "gap": gap,
    }


def draw(data: Data) -> Picture:
    """Excess norm and distance over alpha, and the errors of both; medians."""
    figure, axes = ipgd.plots.new_figure(1, 3)
    panels = {
        "‖UUᵀ‖₊ / least nuclear norm − 1": data["norm"] - 1,
        "distance to the convex solution": data["distance"],
        "recovery error": data["test_error"],
    }
    for ax, (label, values) in zip(axes[0], panels.items(), strict=True):
        for multiple, middle in zip(data["multiple"], np.median(values, axis=0), strict=True):
            shown = np.maximum(middle, 1e-8)
            ax.loglog(data["alpha"], shown, marker=".", label=f"m = {multiple:g} d r")
        ax.set_xlabel("size α of the start")
        ax.set_ylabel(label.replace("‖₊", "‖∗"))
    levels = np.median(data["convex_error"], axis=0)
    for multiple, level, style in zip(data["multiple"], levels, (":", "-."), strict=True):
        label = f"convex, m = {multiple:g} d r"
        axes[0, 2].axhline(level, color="grey", linestyle=style, label=label)
    figure.legend(*axes[0, 2].get_legend_handles_labels(), loc="outside right center")
    return figure


def fall(data: Data) -> Array:
    """Excess norm from the largest start over that from the smallest, most measurements."""
    excess = np.maximum(data["norm"][:, -1] - 1, 1e-9)
    ratio: Array = excess[:, 0] / excess[:, -1]
    return ratio


FIGURE = Figure(
    title="The smaller the start, the closer gradient descent ends to the least nuclear norm.",
    paper=Paper(
        "Gunasekar, Woodworth, Bhojanapalli, Neyshabur, Srebro",
        2017,
        "1705.09280",
        "the conjecture",
    ),
    full=Setting(),
    quick=Setting(12, 1, (1.5, 3), (1.0, 0.1, 0.001), 1e-9, 15_000, 1e-5, (0, 1, 2)),
    run=run,
    axes={
        **dict.fromkeys(("norm", "distance", "test_error"), ("seed", "multiple", "alpha")),
        **dict.fromkeys(("convex_error", "train_error", "gap"), ("seed", "multiple")),
    },
    draw=draw,
    claims=(
        Claim(
            "All runs fit the measurements.",
            "largest train error",
            lambda data: data["train_error"].max(axis=1),
            at_most(1e-3),
            ours=True,
        ),
        Claim(
            "The excess over the least nuclear norm falls with the start.",
            "excess from the largest start over that from the smallest, most measurements",
            fall,
            at_least(10),
        ),
        Claim(
            "From the smallest start the norm is the least one, where the truth is recovered.",
            "nuclear norm over the least one, most measurements",
            lambda data: data["norm"][:, -1, -1],
            at_most(1.01),
        ),
        Claim(
            "It is so with few measurements, too.",
            "nuclear norm over the least one, fewest measurements",
            lambda data: data["norm"][:, 0, -1],
            at_most(1.01),
            explanation=(
                "With too few measurements to determine the truth the excess stops falling with "
                "the start. The conjecture is known to fail for measurements that do not commute: "
                "descent from a small start prefers a low rank to a small norm."
            ),
        ),
    ),
    seen=(
        "With enough measurements the end is that of the convex problem, the closer the smaller "
        "the start. With few the distance stops falling: the two then differ."
    ),
    ours="Sizes and bounds; the convex solution comes with its duality gap.",
    notes="The paper's sizes and step.",
)
