"""IPGD+ on sparse recovery: what happens to the entries off the support."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

import ipgd

from ..claims import Claim, at_least, at_most, between
from ..figure import Data, Figure, Paper
from ..measures import Array, first_below
from ..progress import Track

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture


@dataclass(frozen=True)
class Setting:
    """u∘u - v∘v from u = v = 0, which is a saddle; Gaussian measurements."""

    d: int = 200
    sparsity: int = 5
    m: int = 150
    radius: float = 1e-10
    step_size: float = 0.1
    max_iter: int = 2000
    record_every: int = 5
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6, 7, 8, 9)


def run(setting: Setting, track: Track) -> Data:
    """One run for each seed; norms of theta on and off the support of the truth."""
    quantities: dict[str, list[list[float]]] = {"residual": [], "error": []}
    for seed in track(setting.seeds):
        problem = ipgd.sparse_regression(setting.d, setting.sparsity, setting.m, rng=seed)
        seen = ipgd.analysis.Iterates()
        ipgd.solve(
            problem,
            ipgd.IPGDPlus(setting.radius, setting.step_size),
            parameterization=ipgd.HadamardPower(2),
            init=ipgd.init.zeros(),
            max_iter=setting.max_iter,
            stop=ipgd.Stop(relative_loss=0),
            record=(),
            record_every=setting.record_every,
            callback=seen,
            rng=seed,
            progress=track.solving,
        )
        truth = problem.truth_matrix()[:, 0]
        thetas = [at["u"].ravel() ** 2 - at["v"].ravel() ** 2 for at in seen.parameters]
        scale = np.linalg.norm(truth)
        for name, parts in (
            ("residual", [theta[truth == 0] for theta in thetas]),
            ("error", [theta - truth for theta in thetas]),
        ):
            quantities[name].append([float(np.linalg.norm(part) / scale) for part in parts])
    return {
        "seed": np.array(setting.seeds),
        "iteration": np.array(seen.iterations),
        **{name: np.array(values) for name, values in quantities.items()},
    }


def draw(data: Data) -> Picture:
    """Error and residual over the iterations: the median seed in colour, the others in grey."""
    figure, axes = ipgd.plots.new_figure(1, 1)
    (ax,) = axes[0]
    time = data["iteration"][1:]
    order = np.argsort(data["residual"][:, -1])
    middle = order[len(order) // 2]
    for name, label in (
        ("residual", "‖θ off the support‖ / ‖θ*‖"),
        ("error", "‖θ − θ*‖ / ‖θ*‖"),
    ):
        ax.semilogy(time, data[name][middle, 1:], label=label, zorder=2)
        ax.semilogy(time, data[name][:, 1:].T, color="silver", linestyle="-", lw=0.6, zorder=1)
    ax.set_xlabel("iteration")
    ax.set_ylabel("relative to ‖θ*‖")
    figure.legend(loc="outside lower center", ncols=2)
    return figure


def settled(data: Data) -> Array:
    """The iteration from which on the error stays within a factor of 2 of the last one."""
    share = np.abs(np.log2(data["error"] / data["error"][:, -1:]))
    return first_below(np.maximum.accumulate(share[:, ::-1], axis=1)[:, ::-1], 1, data["iteration"])


def residual_at(data: Data, iterations: Array) -> Array:
    """The residual of each seed at an iteration of its own."""
    at = np.searchsorted(data["iteration"], iterations)
    residual: Array = data["residual"][np.arange(len(at)), at]
    return residual


FIGURE = Figure(
    title="The residual of a sparse recovery grows early, then stands still.",
    paper=Paper("Ma, Liang, Fattahi", 2025, "2505.17304", "Figure 5"),
    full=Setting(),
    quick=Setting(max_iter=1000, record_every=20, seeds=(0, 1, 2, 3, 4)),
    run=run,
    axes=dict.fromkeys(("residual", "error"), ("seed", "iteration")),
    draw=draw,
    claims=(
        Claim(
            "IPGD+ recovers the vector.",
            "relative error at the end",
            lambda data: data["error"][:, -1],
            at_most(1e-4),
            ours=True,
        ),
        Claim(
            "The residual grows fast early.",
            "residual when the error has settled, over that of the first record",
            lambda data: residual_at(data, settled(data)) / data["residual"][:, 1],
            at_least(100),
        ),
        Claim(
            "Then it stabilises.",
            "largest over smallest residual from there to the end",
            lambda data: [
                values[at:].max() / values[at:].min()
                for values, at in zip(
                    data["residual"],
                    np.searchsorted(data["iteration"], settled(data)),
                    strict=True,
                )
            ],
            at_most(3),
        ),
        Claim(
            "It stabilises at about 1e-9.",
            "residual at the end",
            lambda data: data["residual"][:, -1],
            between(1e-10, 1e-8),
            explanation="The level depends on the radius and on m, which of the paper are unknown.",
        ),
        Claim(
            "The final error has the size of the residual.",
            "error over residual at the end",
            lambda data: data["error"][:, -1] / data["residual"][:, -1],
            at_most(3),
        ),
    ),
    seen=(
        "While the entries of the truth grow, so do those off the support, by many orders of "
        "magnitude. Once the measurements are fitted nothing drives the residual any more: it "
        "stands still, and is most of the error that remains. Its size differs from seed to seed."
    ),
    ours=(
        "θ = u∘u − v∘v with Gaussian A, the sizes, the radius (the default of IPGDPlus), and the "
        "residual in the space of θ. IPGD+ is our reading: noise at every iteration."
    ),
    notes="The model, the sizes, the radius and the step of the paper's run.",
)
