"""The three phases of descent from a small random start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

import ipgd

from ..claims import Claim, at_most, between
from ..figure import Data, Figure, Paper
from ..measures import Array, stacked
from ..progress import Track

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture


@dataclass(frozen=True)
class Setting:
    """U Uᵀ with d columns from alpha times a Gaussian."""

    d: int = 30
    rank: int = 3
    m: int = 900
    condition_number: float = 2.0
    alpha: float = 1e-6
    step_size: float = 0.1
    max_iter: int = 600
    record_every: int = 2
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)


def run(setting: Setting, track: Track) -> Data:
    """One run for each seed: signal, noise, angle, loss and error, and where the phases end."""
    r = setting.rank
    solutions, angles, found, top = [], [], [], []
    for seed in track(setting.seeds):
        problem = ipgd.matrix_sensing(
            setting.d, r, setting.m, condition_number=setting.condition_number, rng=seed
        )
        seen = ipgd.analysis.Iterates()
        solution = ipgd.solve(
            problem,
            ipgd.GD(setting.step_size),
            init=ipgd.init.gaussian(setting.alpha),
            max_iter=setting.max_iter,
            stop=ipgd.Stop(relative_loss=0),
            record=("loss", "test_error", "singular_values"),
            record_every=setting.record_every,
            n_singular_values=r + 1,
            callback=seen,
            rng=seed,
            progress=track.solving,
        )
        sigma = np.linalg.svd(problem.truth_matrix(), compute_uv=False)[r - 1]
        solutions.append(solution)
        angles.append(
            [
                np.sin(ipgd.analysis.principal_angles(problem, at, "row")[0])
                for at in seen.parameters
            ]
        )
        found.append(ipgd.analysis.phases(solution, r, target=float(sigma)))
        top.append(np.linalg.eigvalsh(problem.back_projection())[-r])
    shape = (len(setting.seeds),)
    values = np.array([solution.history["singular_values"] for solution in solutions])
    ends = [[p.alignment_end, p.saddle_end] for p in found]
    return {
        "seed": np.array(setting.seeds),
        "iteration": solutions[0].history["iteration"],
        "signal": values[..., r - 1],
        "noise": values[..., r],
        "angle": np.array(angles),
        "loss": stacked(solutions, "loss", shape),
        "error": stacked(solutions, "test_error", shape),
        "end": np.array(ends, dtype=np.float64),
        "growth": np.array([p.growth for p in found]),
        "noise_growth": np.array([p.noise_growth for p in found]),
        "contraction": np.array([p.contraction for p in found]),
        "power_method": 1 + setting.step_size * np.array(top),
    }


def draw(data: Data) -> Picture:
    """Signal, noise, angle and loss of the first seed, the phases shaded."""
    figure, axes = ipgd.plots.new_figure(1, 2)
    left, right = axes[0]
    time = data["iteration"]
    left.semilogy(time, data["signal"][0], label=r"signal, $\sigma_r(U)$")
    left.semilogy(time, data["noise"][0], label=r"noise, $\sigma_{r+1}(U)$")
    left.set_ylabel("singular values of U")
    right.semilogy(time, data["angle"][0], label="sine of the angle to the truth")
    right.semilogy(time, data["error"][0], label="‖UUᵀ − Θ*‖ / ‖Θ*‖")
    right.semilogy(time, data["loss"][0] / data["loss"][0, 0], label="loss / loss at the start")
    right.set_ylabel("relative")
    for ax in (left, right):
        first, second = data["end"][0]
        for low, high, grey, name in (
            (time[0], first, "0.93", "I"),
            (first, second, "1.0", "II"),
            (second, time[-1], "0.93", "III"),
        ):
            ax.axvspan(low, high, color=grey, zorder=0)
            ax.text((low + high) / 2, 1.02, name, transform=ax.get_xaxis_transform(), ha="center")
        ax.set_xlabel("iteration")
        ax.legend(fontsize="small")
    return figure


def angle_at_end(data: Data, which: int) -> Array:
    """The sine of the angle at the end of phase I (0) or II (1), over that at the start."""
    at = np.searchsorted(data["iteration"], data["end"][:, which])
    angle: Array = data["angle"][np.arange(len(at)), at]
    return angle / data["angle"][:, 0]


def growth_ratio(data: Data) -> Array:
    """log(growth) of the noise over that of the signal in phase II."""
    ratio: Array = np.log(data["noise_growth"]) / np.log(data["growth"])
    return ratio


FIGURE = Figure(
    title="Descent from a small random start aligns, grows, and converges.",
    paper=Paper("Stöger, Soltanolkotabi", 2021, "2106.15013", "the three phases"),
    full=Setting(),
    quick=Setting(d=14, rank=2, m=300, max_iter=500, record_every=5, seeds=(0, 1, 2)),
    run=run,
    axes={
        **dict.fromkeys(
            ("signal", "noise", "angle", "loss", "error"),
            ("seed", "iteration"),
        ),
        "end": ("seed", "phase"),
        **dict.fromkeys(("growth", "noise_growth", "contraction", "power_method"), ("seed",)),
    },
    draw=draw,
    claims=(
        Claim(
            "Phase I aligns: the column space turns to the truth's.",
            "sine of the largest angle at the end of phase I, over that at the start",
            lambda data: angle_at_end(data, 0),
            at_most(0.8),
        ),
        Claim(
            "In phase II the signal grows geometrically, like in a power method.",
            "log(growth of the signal) / log(1 + mu lambda_r(A*(y)/m))",
            lambda data: np.log(data["growth"]) / np.log(data["power_method"]),
            between(0.8, 1.2),
        ),
        Claim(
            "In phase II the noise grows more slowly than the signal.",
            "log(growth of the noise) / log(growth of the signal)",
            growth_ratio,
            at_most(0.9),
        ),
        Claim(
            "The space is aligned before the signal is large.",
            "sine of the largest angle at the end of phase II",
            lambda data: angle_at_end(data, 1) * data["angle"][:, 0],
            at_most(0.3),
        ),
        Claim(
            "Phase III converges linearly.",
            "factor of the loss in an iteration",
            lambda data: data["contraction"],
            at_most(0.95),
        ),
        Claim(
            "The noise stays small: the truth is recovered.",
            "noise over signal at the end",
            lambda data: data["noise"][:, -1] / data["signal"][:, -1],
            at_most(1e-2),
        ),
    ),
    seen=(
        "Phase I turns the columns of U towards the truth's space, as a power method would, while "
        "they are tiny. In phase II the signal grows geometrically, and the noise hardly does. "
        "Phase III is linear convergence. The shades are where the phases were found to end."
    ),
    ours=(
        "All sizes and bounds; signal and noise as σ_r and σ_{r+1} of U; phase I ends when they "
        "are a factor of 2 apart, II when the signal has reached √(σ_r(Θ*) / 10). The angle is "
        "that between the truth's space and the columns of U W."
    ),
    notes="The sizes of the paper's experiments, and constants of the phases in its proof.",
)
