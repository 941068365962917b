"""Singular values of deep products over time: the deeper, the more one after the other."""

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
    """Completion of an n x n matrix; all layers start as equal multiples of the identity."""

    n: int = 100
    rank: int = 5
    n_observed: int = 5000
    depths: tuple[int, ...] = (2, 3, 4)
    product: float = 2e-5  # times I: W_N ... W_1 at the start
    step_size: float = 0.1
    max_iter: int = 4000
    records: int = 400
    shown: int = 10
    seeds: tuple[int, ...] = (0, 1, 2)


def run(setting: Setting, track: Track) -> Data:
    """Plain gradient descent at every depth for each seed."""
    solutions = [
        ipgd.solve(
            ipgd.matrix_completion(
                setting.n, setting.n, setting.rank, setting.n_observed, rng=seed
            ),
            ipgd.GD(setting.step_size),
            parameterization=ipgd.DeepFactor(depth),
            init=ipgd.init.scaled_identity(setting.product ** (1 / depth)),
            max_iter=setting.max_iter,
            stop=ipgd.Stop(relative_loss=0),
            record=("singular_values", "test_error"),
            n_singular_values=setting.shown,
            record_every=setting.max_iter // setting.records,
            progress=track.solving,
        )
        for seed, depth in track([(s, depth) for s in setting.seeds for depth in setting.depths])
    ]
    shape = (len(setting.seeds), len(setting.depths))
    sigma = np.array([solution.history["singular_values"] for solution in solutions])
    return {
        "seed": np.array(setting.seeds),
        "depth": np.array(setting.depths),
        "iteration": solutions[0].history["iteration"],
        "singular_values": sigma.reshape(*shape, -1, setting.shown),
        "test_error": stacked(solutions, "test_error", shape),
        "rank": np.array(setting.rank),
    }


def draw(data: Data) -> Picture:
    """The largest singular values of the first seed, one panel for each depth."""
    figure, axes = ipgd.plots.new_figure(1, len(data["depth"]), sharey=True)
    r = int(data["rank"])
    for ax, depth, sigma in zip(axes[0], data["depth"], data["singular_values"][0], strict=True):
        for k, values in enumerate(sigma.T):
            if k < r:
                ax.plot(data["iteration"], values, label=f"σ{k + 1}")
            else:
                label = "further ones" if k == r else None
                ax.plot(data["iteration"], values, color="silver", linestyle="-", label=label)
        ax.set_title(f"depth {depth}")
        ax.set_xlabel("iteration")
    axes[0, 0].set_ylabel("singular values of W_N … W_1")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside right center")
    return figure


def rise(data: Data) -> Array:
    """Of the largest singular value: from 10 % to 90 % of its end, over the time to half of it.

    Shape (seeds, depths).
    """
    sigma = data["singular_values"][..., 0]
    last = sigma[..., -1:]
    first = [np.argmax(sigma >= part * last, axis=-1) for part in (0.1, 0.5, 0.9)]
    low, half, high = (data["iteration"][place].astype(float) for place in first)
    share: Array = (high - low) / half
    return share


def least_beyond(data: Data) -> Array:
    """What is beyond rank r at the end, relative to sigma_r, (seeds, depths)."""
    last, r = data["singular_values"][:, :, -1], int(data["rank"])
    ratio: Array = last[..., r] / last[..., r - 1]
    return ratio


FIGURE = Figure(
    title="The deeper the product, the more suddenly its singular values rise.",
    paper=Paper("Arora, Cohen, Hu, Luo", 2019, "1905.13655", "Figures 2 and 3"),
    full=Setting(),
    quick=Setting(20, 2, 240, product=1e-4, max_iter=1200, records=300, shown=5, seeds=(0, 1, 2)),
    run=run,
    axes={
        "singular_values": ("seed", "depth", "iteration", "index"),
        "test_error": ("seed", "depth", "iteration"),
        "rank": (),
    },
    draw=draw,
    claims=(
        Claim(
            "Three layers rise more suddenly than two.",
            "time from 10 % to 90 % of sigma_1 over the time to its half, depth 3 over depth 2",
            lambda data: rise(data)[:, 1] / rise(data)[:, 0],
            at_most(0.9),
        ),
        Claim(
            "Four layers rise more suddenly than three.",
            "the same, depth 4 over depth 3",
            lambda data: rise(data)[:, 2] / rise(data)[:, 1],
            at_most(0.9),
        ),
        Claim(
            "The deeper the product, the less is left beyond rank r.",
            "sigma_{r+1} / sigma_r at the end, depth 2 over depth 3",
            lambda data: least_beyond(data)[:, 0] / least_beyond(data)[:, 1],
            at_least(2),
        ),
    ),
    seen=(
        "Singular values wait, rise and settle. With depth they wait for longer and rise in a "
        "smaller part of that time, and those beyond rank r stay closer to zero."
    ),
    ours=(
        "The truth has columns of unit length rather than ‖W*‖ = 100, the start is scaled in "
        "proportion, and f is normalised by the number of entries, so that the step differs; how "
        "suddenly a value rises is our measure."
    ),
    notes="The paper's step size; its time axis was not read to the digit.",
)
