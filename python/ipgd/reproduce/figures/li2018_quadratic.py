"""Networks with quadratic activations: gradient descent beside the algorithm made for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

import ipgd

from ..claims import Claim, at_least, at_most, between
from ..figure import Data, Figure, Paper
from ..progress import Track
from ..table import markdown

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture

ACTING = 3.0  # R / mean(y) of the truncation that leaves samples out
METHODS = (
    "gradient descent, small start",
    "gradient descent, large start",
    "trace-corrected, R = 10 mean(y)",
    f"trace-corrected, R = {ACTING:g} mean(y)",
)


@dataclass(frozen=True)
class Setting:
    """d inputs, r hidden units, m = multiple d r samples; U Uᵀ with d columns from alpha I."""

    d: int = 30
    rank: int = 2
    multiples: tuple[int, ...] = (4, 8, 16, 32, 64)
    small: float = 1e-4
    large: float = 2.0
    max_iter: int = 3000
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)


def network(d: int, rank: int, m: int, rng: int = 0) -> ipgd.QuadraticRegression:
    """y_i = 1ᵀ q(U*ᵀ x_i), q(z) = z^2, x_i ~ N(0, I), U* with unit columns: A_i = x_i x_iᵀ."""
    random = np.random.default_rng(rng)
    U = random.standard_normal((d, rank))
    U /= np.linalg.norm(U, axis=0)
    x = random.standard_normal((m, d))
    return ipgd.QuadraticRegression(x, np.sum((x @ U) ** 2, axis=1), (U, U))


def compare(
    problem: ipgd.QuadraticRegression, setting: Setting, track: Track | None = None
) -> list[tuple[float, float, float]]:
    """Train error, test error and share of samples left out of each method, after max_iter.

    From the large start the step size is 1/(10 alpha^2) of the other. With R = 10 mean(y) the
    corrected method leaves out no Gaussian samples; with R = 3 mean(y) some percent, those of large
    y.
    """
    eta, mean = 1 / (4 * problem.scale().curvature), float(problem.y.mean())
    solutions = ipgd.solve_batch(
        problem,
        [
            ipgd.GD(eta),
            ipgd.GD(eta / (10 * setting.large**2)),
            ipgd.TruncatedGD(eta),
            ipgd.TruncatedGD(eta, ACTING * mean),
        ],
        inits=[
            ipgd.init.scaled_identity(alpha)
            for alpha in (setting.small, setting.large, setting.small, setting.small)
        ],
        max_iter=setting.max_iter,
        stop=ipgd.Stop(relative_loss=1e-8),
        record=("train_error", "test_error"),
        record_every=setting.max_iter,
        gram=False,
        progress=False if track is None else track.solving,
    )
    ends = []
    for solution, R in zip(solutions, (np.inf, np.inf, 10 * mean, ACTING * mean), strict=True):
        U = solution.parameters["U"]
        train, test = (float(solution.history[n][-1]) for n in ("train_error", "test_error"))
        ends.append((train, test, float(np.mean(problem.operator.forward((U, U)) > R))))
    return ends


def trace_error(problem: ipgd.QuadraticRegression) -> float:
    """|mean(y) - tr(Theta*)| / ||Theta*||_F, which keeps the corrected method from falling."""
    truth = problem.truth_matrix()
    return float(abs(problem.y.mean() - np.trace(truth)) / np.linalg.norm(truth))


def run(setting: Setting, track: Track) -> Data:
    """A batch of the four methods for each seed and number of samples."""
    counts = [multiple * setting.d * setting.rank for multiple in setting.multiples]
    ends, traces = [], []
    for seed, m in track([(seed, m) for seed in setting.seeds for m in counts]):
        problem = network(setting.d, setting.rank, m, seed)
        ends.append(compare(problem, setting, track))
        traces.append(trace_error(problem))
    shape = (len(setting.seeds), len(counts))
    train, test, left_out = np.moveaxis(np.array(ends).reshape(*shape, len(METHODS), 3), -1, 0)
    return {
        "seed": np.array(setting.seeds),
        "m": np.array(counts),
        "method": np.array(METHODS),
        "train_error": train,
        "test_error": test,
        "left_out": left_out,
        "trace_error": np.array(traces).reshape(shape),
        "d": np.array(setting.d),
        "rank": np.array(setting.rank),
    }


def draw(data: Data) -> Picture:
    """Medians of train and test errors over the number of samples."""
    figure, axes = ipgd.plots.new_figure(1, 2, sharey=True)
    titles = {
        "train_error": "train: ‖A(Θ) − y‖ / ‖y‖",
        "test_error": "test: ‖Θ − Θ*‖ / ‖Θ*‖",
    }
    for ax, (name, title) in zip(axes[0], titles.items(), strict=True):
        for label, errors in zip(data["method"], np.median(data[name], axis=0).T, strict=True):
            ax.loglog(data["m"], errors, marker="o", markersize=4, label=str(label))
        if name == "test_error":
            floor = np.median(data["trace_error"], axis=0)
            label = "error of mean(y), in ‖Θ*‖"
            ax.loglog(data["m"], floor, color="black", linestyle=":", label=label)
        ax.set_title(title, fontsize="medium")
        ax.set_xlabel(f"samples m  (d = {data['d']}, r = {data['rank']})")
        ax.set_xticks(data["m"], [str(m) for m in data["m"]])
        ax.set_xticks([], minor=True)
    axes[0, 0].set_ylabel("relative error")
    figure.legend(*axes[0, 1].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure


def table(data: Data) -> str:
    """Medians of train and test errors."""
    train, test = (np.median(data[name], axis=0) for name in ("train_error", "test_error"))
    rows = [
        (m, *(f"{a:.1e}, {b:.1e}" for a, b in zip(*pair, strict=True)), f"{floor:.1e}")
        for m, *pair, floor in zip(
            data["m"], train, test, np.median(data["trace_error"], axis=0), strict=True
        )
    ]
    return markdown(("m: train, test error", *data["method"], "error of mean(y)"), rows)


FIGURE = Figure(
    title="Networks with quadratic activations are found by descent from a small start.",
    paper=Paper("Li, Ma, Zhang", 2018, "1712.09203", "section 5, Theorem 1.2 and Algorithm 1"),
    full=Setting(),
    quick=Setting(d=10, multiples=(8, 64), max_iter=1500, seeds=(0, 1, 2, 3, 4)),
    run=run,
    axes={
        **dict.fromkeys(("train_error", "test_error", "left_out"), ("seed", "m", "method")),
        "trace_error": ("seed", "m"),
        "d": (),
        "rank": (),
    },
    draw=draw,
    claims=(
        Claim(
            "From a small start gradient descent finds the network.",
            "test error at the end, most samples",
            lambda data: data["test_error"][:, -1, 0],
            at_most(0.01),
        ),
        Claim(
            "In the same time a large start does not.",
            "its test error over that of the small start, fewest samples",
            lambda data: data["test_error"][:, 0, 1] / data["test_error"][:, 0, 0],
            at_least(5),
        ),
        Claim(
            "Algorithm 1 ends at the error of its estimate of the trace, mean(y).",
            "test error over |mean(y) − tr Θ*| / ‖Θ*‖, R = 10 mean(y), most samples",
            lambda data: data["test_error"][:, -1, 2] / data["trace_error"][:, -1],
            between(0.3, 3),
            ours=True,
        ),
        Claim(
            "That floor falls with the number of samples.",
            "test error with most samples over that with fewest, R = 10 mean(y)",
            lambda data: data["test_error"][:, -1, 2] / data["test_error"][:, 0, 2],
            at_most(1),
            ours=True,
        ),
        Claim(
            "A truncation that leaves samples out has a higher floor.",
            "test error with R = 3 mean(y) over that with R = 10 mean(y), most samples",
            lambda data: data["test_error"][:, -1, 3] / data["test_error"][:, -1, 2],
            at_least(1.2),
            ours=True,
        ),
        Claim(
            "R = 3 mean(y) leaves out some percent of the samples.",
            "share of samples left out, most samples",
            lambda data: data["left_out"][:, -1, 3],
            between(0.01, 0.1),
            ours=True,
        ),
        Claim(
            "R = 10 mean(y) leaves out no Gaussian sample.",
            "largest share of samples left out",
            lambda data: data["left_out"][..., 2].max(axis=1),
            at_most(0.001),
            ours=True,
        ),
    ),
    seen=(
        "In the same number of iterations gradient descent finds the network from a small start, "
        "and from a large one, whose steps are far shorter, it does not even fit the samples yet. "
        "With the trace correction of Algorithm 1 the recovery error ends near that of mean(y), "
        "its estimate of the trace. At R = 3 mean(y) the samples of large y are left out, and the "
        "floor is higher."
    ),
    ours="The numbers of samples and iterations, R, and the step sizes.",
    notes="The constants of the paper's experiment. It has d = 100, this has d = 30.",
    table=table,
)
