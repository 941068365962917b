"""PGD with the exact search rank and with one column more."""

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
    """U Uᵀ from U = 0, with as many columns as the rank and with one more."""

    d: int = 20
    rank: int = 3
    m: int = 300
    radius: float = 1e-2
    small_radius: float = 1e-10
    max_iter: int = 6000
    record_every: int = 10
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6, 7, 8, 9)


def run(setting: Setting, track: Track) -> Data:
    """PGD with both search ranks, and IPGD with the larger one, for each seed."""
    r = setting.rank
    runs = (
        (f"PGD, search rank {r}", ipgd.PGD(radius=setting.radius), r),
        (f"PGD, search rank {r + 1}", ipgd.PGD(radius=setting.radius), r + 1),
        (f"IPGD, search rank {r + 1}", ipgd.IPGD(setting.small_radius), r + 1),
    )
    solutions: list[ipgd.Solution] = []
    found: list[float] = []
    for _, method, columns in runs:
        for seed in track(setting.seeds):
            problem = ipgd.matrix_sensing(setting.d, r, setting.m, rng=seed)
            solution = ipgd.solve(
                problem,
                method,
                parameterization=ipgd.SymmetricFactor(columns),
                init=ipgd.init.zeros(),
                max_iter=setting.max_iter,
                stop=ipgd.Stop(relative_loss=0),
                record=("test_error",),
                record_every=setting.record_every,
                rng=seed,
                progress=track.solving,
            )
            truth = problem.truth_matrix()
            solutions.append(solution)
            found.append(float(np.linalg.norm(solution.theta() - truth) / np.linalg.norm(truth)))
    shape = (len(runs), len(setting.seeds))
    records = setting.max_iter // setting.record_every + 1
    error = np.full((*shape, records), np.nan)
    for row, solution in zip(error.reshape(-1, records), solutions, strict=True):
        history = solution.history["test_error"][:records]
        row[: len(history)] = history
    return {
        "run": np.array([label for label, _, _ in runs]),
        "seed": np.array(setting.seeds),
        "iteration": setting.record_every * np.arange(records),
        "error": error,
        "returned_error": np.array(found).reshape(shape),
        "iterations": np.array([solution.nit for solution in solutions]).reshape(shape),
    }


def draw(data: Data) -> Picture:
    """Errors of the first seed over the iterations, and those of the points returned, all seeds."""
    figure, axes = ipgd.plots.new_figure(1, 2)
    left, right = axes[0]
    for label, errors in zip(data["run"], data["error"][:, 0], strict=True):
        left.semilogy(data["iteration"], errors, label=str(label))
    left.set_xlabel("iteration")
    left.set_ylabel("‖UUᵀ − Θ*‖ / ‖Θ*‖")
    left.set_title("one run")
    names = [str(label).replace(", ", ",\n") for label in data["run"]]
    for place, (values, marker) in enumerate(zip(data["returned_error"], "os^", strict=True)):
        spread = place + np.linspace(-0.2, 0.2, len(values))
        right.semilogy(spread, values, linestyle="none", marker=marker, markersize=4)
    right.set_xticks(range(len(names)), names, fontsize="small")
    right.set_ylabel("‖UUᵀ − Θ*‖ / ‖Θ*‖")
    right.set_title("of the point returned, all seeds")
    figure.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure


def late_fall(data: Data) -> Array:
    """Error at half time over that at the end, PGD with one column more."""
    histories = data["error"][1]
    known = [row[np.isfinite(row)] for row in histories]
    return np.array([row[len(row) // 2] / row[-1] for row in known])


FIGURE = Figure(
    title="PGD converges with the exact search rank, and fails to with one column more.",
    paper=Paper("Ma, Liang, Fattahi", 2025, "2505.17304", "Figure 1"),
    full=Setting(),
    quick=Setting(seeds=(0, 1, 2)),
    run=run,
    axes={
        "error": ("run", "seed", "iteration"),
        "returned_error": ("run", "seed"),
        "iterations": ("run", "seed"),
    },
    draw=draw,
    claims=(
        Claim(
            "With search rank 3 PGD converges.",
            "error of the point returned",
            lambda data: data["returned_error"][0],
            at_most(1e-12),
        ),
        Claim(
            "With search rank 4 it fails to.",
            "error of the point returned",
            lambda data: data["returned_error"][1],
            at_least(1e-6),
        ),
        Claim(
            "What is left then hardly falls: PGD is not merely slower.",
            "error at half time over the error at the end, search rank 4",
            late_fall,
            at_most(10),
            ours=True,
        ),
        Claim(
            "An infinitesimal perturbation recovers with search rank 4 as well.",
            "error of IPGD over that of PGD",
            lambda data: data["returned_error"][2] / data["returned_error"][1],
            at_most(1e-3),
            ours=True,
        ),
    ),
    seen=(
        "All runs leave the saddle at zero by a perturbation. With three columns PGD then "
        "converges to rounding, is perturbed once more, converges again, and ends. With four, the "
        "size of the perturbation stays in the column too many, where descent makes it smaller "
        "ever more slowly. IPGD perturbs by 1e-10 and hardly leaves anything there."
    ),
    ours=(
        "m = 300, the radius 1e-2 (all other constants of PGD are those of Algorithm 2 of Jin et "
        "al. with automatic l, rho and eps), the start U = 0, and IPGD beside it. PGD's own "
        "stopping rule ends a run, and returns the point before the last perturbation."
    ),
    notes="Number of measurements, step and radius of the paper's run.",
)
