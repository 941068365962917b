"""Scaled gradient descent from a sketch of A*(y) and from a random start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

import ipgd
from ipgd.plots.style import styles

from ..claims import Claim, at_least, at_most, between
from ..figure import Data, Figure, Paper
from ..measures import Array, stacked
from ..progress import Track
from .ma2025_fig6 import symmetric

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture

STARTS = ("Nyström", "random")
_ROUNDING = 1e-11  # errors below it say nothing about a rate


@dataclass(frozen=True)
class Setting:
    """Fully observed truths: d x d of rank r, singular values from 1 to 1/kappa."""

    d: int = 40
    rank: int = 5
    kappa: float = 100.0
    rectangle: tuple[int, int] = (200, 150)
    iterations: int = 40
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)


def run(setting: Setting, track: Track) -> Data:
    """U Uᵀ with step 1/2 from both starts; V Wᵀ with alternating steps of 1 from Nyström's."""
    values = np.geomspace(1, 1 / setting.kappa, setting.rank)
    truth = symmetric(setting.d, tuple(values.tolist())).problem
    solutions, one_step = [], []
    for seed in track(setting.seeds):
        for start in (ipgd.init.nystrom(), ipgd.init.gaussian(1.0)):
            solutions.append(
                ipgd.solve(
                    truth,
                    ipgd.ScaledGD(0.5, damping=0.0),
                    parameterization=ipgd.SymmetricFactor(setting.rank),
                    init=start,
                    max_iter=setting.iterations,
                    stop=ipgd.Stop(relative_loss=0),
                    record=("test_error",),
                    gram=False,
                    rng=seed,
                )
            )
        problem = ipgd.matrix_completion(
            *setting.rectangle,
            setting.rank,
            fraction=1.0,
            condition_number=setting.kappa,
            rng=seed,
        )
        alternating = ipgd.solve(
            problem,
            ipgd.AltScaledGD(1.0),
            parameterization=ipgd.AsymmetricFactor(setting.rank),
            init=ipgd.init.nystrom(),
            max_iter=1,
            stop=ipgd.Stop(relative_loss=0),
            record=("test_error",),
            rng=seed,
        )
        one_step.append(alternating.history["test_error"][-1])
    shape = (len(setting.seeds), len(STARTS))
    return {
        "seed": np.array(setting.seeds),
        "start": np.array(STARTS),
        "iteration": np.arange(setting.iterations + 1),
        "test_error": stacked(solutions, "test_error", shape),
        "one_step": np.array(one_step),
    }


def draw(data: Data) -> Picture:
    """Errors of all seeds over the iterations."""
    figure, axes = ipgd.plots.new_figure(1, 1)
    figure.set_size_inches(6, 4)
    ax = axes[0, 0]
    drawn = zip(data["start"], styles(2), strict=True)
    for k, (label, style) in enumerate(drawn):
        lines = ax.semilogy(data["iteration"], data["test_error"][:, k].T, **style | {"marker": ""})
        lines[0].set_label(f"{label} start")
    halves = data["test_error"][0, 1, 0] * 0.5 ** data["iteration"]
    ax.semilogy(data["iteration"], halves, "k:", label="halves at each iteration")
    ax.set_xlabel("iteration")
    ax.set_ylabel("‖UUᵀ − Θ*‖ / ‖Θ*‖")
    ax.legend()
    return figure


def order(data: Data) -> Array:
    """The p of e_{t+1} ~ e_t^p in the last two steps of Nyström's start above rounding."""
    orders = []
    for error in data["test_error"][:, 0]:
        place = int(np.argmax(error <= _ROUNDING)) if (error <= _ROUNDING).any() else len(error)
        a, b, c = np.log(error[place - 3 : place])
        orders.append((c - b) / (b - a))
    return np.array(orders)


def rate(data: Data) -> Array:
    """The mean factor of an iteration of the random start, over its last ten above rounding."""
    rates = []
    for error in data["test_error"][:, 1]:
        seen = error[error > _ROUNDING][-11:]
        rates.append((seen[-1] / seen[0]) ** (1 / (len(seen) - 1)))
    return np.array(rates)


FIGURE = Figure(
    title="From Nyström's start scaled gradient descent is Newton's iteration.",
    paper=Paper("Nyström start: Li, Zhang, Mokhtari, He", 2024, "2410.18965", "quadratic rate"),
    full=Setting(),
    quick=Setting(10, 2, 10.0, (30, 20), seeds=(0, 1, 2)),
    run=run,
    axes={"test_error": ("seed", "start", "iteration"), "one_step": ("seed",)},
    draw=draw,
    claims=(
        Claim(
            "From Nyström's start the convergence is quadratic.",
            "p of error_{t+1} ~ error_t^p, the last steps above rounding",
            order,
            at_least(1.7),
        ),
        Claim(
            "From a random start it is linear, with the factor 1/2.",
            "error over that of the iteration before",
            rate,
            between(0.45, 0.55),
        ),
        Claim(
            "V Wᵀ with alternating steps of length 1 arrives in one iteration.",
            "recovery error after it",
            lambda data: data["one_step"],
            at_most(1e-10),
        ),
    ),
    seen=(
        "What U has outside the column space of Θ* is halved at each iteration. Nyström's start "
        "has nothing there, and what remains is Newton's iteration for a square root."
    ),
    ours="Sizes and bounds. Full observation and the exact search rank, as in the theorems.",
    notes="The paper's sizes.",
)
