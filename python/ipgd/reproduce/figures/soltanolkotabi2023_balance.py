"""The factors of V Wᵀ stay balanced: by how much one step changes VᵀV - WᵀW, to rounding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

import ipgd
from ipgd import analysis

from ..claims import Claim, at_most, between
from ..figure import Data, Figure, Paper
from ..measures import Array
from ..progress import Track

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture


@dataclass(frozen=True)
class Setting:
    """A d1 x d2 truth of rank r seen through m = 5 r (d1 + d2) Gaussian measurements."""

    shape: tuple[int, int] = (40, 30)
    rank: int = 3
    search_rank: int = 10
    alpha: float = 1e-4
    step_sizes: tuple[float, ...] = (0.05, 0.1, 0.2)
    time: float = 60.0  # step size times iterations, the same for all
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)


def run(setting: Setting, track: Track) -> Data:
    """Follow every iterate of every run."""
    records = round(setting.time / max(setting.step_sizes)) + 1
    shape = (len(setting.seeds), len(setting.step_sizes))
    imbalance, coupling, error = (np.empty((*shape, records)) for _ in range(3))
    defect = np.empty(shape)
    cases = [(s, k) for s in range(shape[0]) for k in range(shape[1])]
    for s, k in track(cases):
        seed, eta = setting.seeds[s], setting.step_sizes[k]
        m = 5 * setting.rank * sum(setting.shape)
        problem = ipgd.matrix_sensing(setting.shape, setting.rank, m, rng=seed)
        iterates = analysis.Iterates()
        solution = ipgd.solve(
            problem,
            ipgd.GD(eta),
            parameterization=ipgd.AsymmetricFactor(setting.search_rank),
            init=ipgd.init.gaussian(setting.alpha),
            max_iter=round(setting.time / eta),
            stop=ipgd.Stop(relative_loss=0),
            record=("imbalance", "test_error"),
            callback=iterates,
            progress=track.solving,
            rng=seed,
        )
        steps = zip(iterates.parameters[:-1], iterates.parameters[1:], strict=True)
        defect[s, k] = max(analysis.balance_step(problem, a, b, eta).defect for a, b in steps)
        # Records at the times that all step sizes have in common.
        shown = np.linspace(0, solution.nit, records).round().astype(int)
        imbalance[s, k] = solution.history["imbalance"][shown]
        error[s, k] = solution.history["test_error"][shown]
        coupling[s, k] = [
            analysis.coupling(iterates.parameters[t], setting.rank) for t in shown.tolist()
        ]
    return {
        "seed": np.array(setting.seeds),
        "step_size": np.array(setting.step_sizes),
        "time": np.linspace(0, setting.time, records),
        "imbalance": imbalance,
        "coupling": coupling,
        "test_error": error,
        "defect": defect,
    }


def draw(data: Data) -> Picture:
    """Imbalance, coupling and error of the first seed over time."""
    figure, axes = ipgd.plots.new_figure(1, 3)
    labels = {
        "imbalance": "imbalance ‖VᵀV − WᵀW‖",
        "coupling": "sine of the angle between V and W",
        "test_error": "‖VWᵀ − Θ*‖ / ‖Θ*‖",
    }
    for ax, (name, label) in zip(axes[0], labels.items(), strict=True):
        for eta, values in zip(data["step_size"], data[name][0], strict=True):
            ax.semilogy(data["time"], np.maximum(values, 1e-17), label=f"μ = {eta:g}")
        ax.set_xlabel("step size × iterations")
        ax.set_ylabel(label)
    axes[0, 2].legend(fontsize="small")
    return figure


def drift_exponent(data: Data) -> Array:
    """The p of imbalance ~ mu^p at the end, between the smallest and the largest step size."""
    mu, last = data["step_size"], data["imbalance"][..., -1]
    exponent: Array = np.log(last[:, -1] / last[:, 0]) / np.log(mu[-1] / mu[0])
    return exponent


FIGURE = Figure(
    title="Gradient descent on V Wᵀ keeps its factors balanced, and couples them.",
    paper=Paper("Soltanolkotabi, Stöger, Xie", 2023, "2303.14244", "implicit balancing"),
    full=Setting(),
    quick=Setting((12, 8), 2, 4, 1e-3, (0.1, 0.2), 30.0, (0, 1, 2)),
    run=run,
    axes={
        **dict.fromkeys(("imbalance", "coupling", "test_error"), ("seed", "step_size", "time")),
        "defect": ("seed", "step_size"),
    },
    draw=draw,
    claims=(
        Claim(
            "At each step VᵀV − WᵀW changes by mu² (WᵀGᵀGW − VᵀGGᵀV), exactly.",
            "largest entry of the difference, in roundings of ‖V‖² + ‖W‖²",
            lambda data: data["defect"].max(axis=1),
            at_most(16),
        ),
        Claim(
            "The factors stay balanced.",
            "‖VᵀV − WᵀW‖ at the end, sigma_1(Θ*) being about one; largest step size",
            lambda data: data["imbalance"][:, -1, -1],
            at_most(0.1),
        ),
        Claim(
            "The drift over the whole run is proportional to the step size.",
            "p of the final imbalance ~ mu^p",
            drift_exponent,
            between(0.7, 1.3),
            ours=True,
        ),
        Claim(
            "The factors are coupled: V and W use the same r columns.",
            "sine of the largest angle between their leading right singular spaces, at the end",
            lambda data: data["coupling"][:, :, -1].max(axis=1),
            at_most(0.1),
        ),
    ),
    seen=(
        "The imbalance starts at the size of the start, grows while the signal does and then "
        "stands still, the lower the smaller the step. V and W, which were independent, share "
        "their r columns once these have grown."
    ),
    ours="Sizes, step sizes and bounds, and the measure of coupling.",
    notes="The paper's experiments; its statements are what is judged.",
)
