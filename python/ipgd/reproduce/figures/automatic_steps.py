"""Automatic steps on instances that were not used to tune them: docs/automatic-steps.md."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import linprog

import ipgd
from ipgd.plots.style import COLORS

from ..claims import Claim, at_least
from ..figure import Data, Figure
from ..measures import Array
from ..progress import Track
from ..table import markdown

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture

FOUND = 1e-6  # relative recovery error
LAWS: dict[str, Callable[[np.random.Generator, int], Array]] = {
    "Gaussian": lambda random, k: random.standard_normal(k),
    "uniform": lambda random, k: random.uniform(-1, 1, k),
    "equal size": lambda random, k: random.choice([-1.0, 1.0], k),
    "1 and 0.01": lambda random, k: (
        random.choice([-1.0, 1.0], k) * np.where(np.arange(k) % 2, 1, 1e-2)
    ),
}
METHODS = (ipgd.ScaledGD(), ipgd.AltScaledGD())


@dataclass(frozen=True)
class Setting:
    """Sparse vectors: d, m and k entries. Completion: rows, columns, rank, and exponents.

    The larger an exponent, the more of the entries seen are in the first rows or columns.
    """

    sparse: tuple[int, int, int] = (200, 100, 8)
    ratings: tuple[int, int, int] = (300, 200, 3)
    exponents: tuple[tuple[float, float], ...] = (
        (1.0, 1.0),
        (2.0, 1.0),
        (1.5, 1.5),
        (1.0, 3.0),
        (2.5, 2.5),
    )
    max_iter: int = 10_000
    seeds: tuple[int, ...] = tuple(range(9000, 9010))


def sparse_instance(seed: int, d: int, m: int, k: int, law: str) -> tuple[Array, Array]:
    """Gaussian A, shape (m, d), and a vector with k entries."""
    random = np.random.default_rng(seed)
    A, theta = random.standard_normal((m, d)), np.zeros(d)
    theta[random.choice(d, k, replace=False)] = LAWS[law](random, k)
    return A, theta


def l1_finds(A: Array, theta: Array) -> bool:
    """Whether theta has the smallest l1 norm of all with these measurements."""
    d = A.shape[1]
    program = linprog(np.ones(2 * d), A_eq=np.hstack([A, -A]), b_eq=A @ theta, method="highs")
    if program.x is None:
        return False
    found = program.x[:d] - program.x[d:]
    return bool(np.linalg.norm(found - theta) < 1e-8 * np.linalg.norm(theta))


def ratings(
    seed: int, d1: int, d2: int, draws: int, exponents: tuple[float, float], rank: int
) -> ipgd.MatrixCompletion:
    """Entries of a random matrix, more of them in the first rows and columns."""
    random = np.random.default_rng(seed)
    sizes = zip((d1, d2), exponents, strict=True)
    rows, cols = ((d * random.random(draws) ** exponent).astype(int) for d, exponent in sizes)
    rows, cols = np.divmod(np.unique(rows * d2 + cols), d2)
    left, right = random.standard_normal((d1, rank)), random.standard_normal((d2, rank))
    values = np.einsum("ij,ij->i", left[rows], right[cols])
    return ipgd.MatrixCompletion((rows, cols, values), shape=(d1, d2), truth=(left, right))


def run(setting: Setting, track: Track) -> Data:
    """Vectors that the l1 minimiser finds, and matrices of which some rows are popular."""
    errors, counts, converged, lengths = [], [], [], []
    d1, d2, rank = setting.ratings
    for seed in track(setting.seeds):
        for law in LAWS:
            A, theta = sparse_instance(seed, *setting.sparse, law)
            error, count = np.nan, -1
            if l1_finds(A, theta):
                problem = ipgd.sparse_regression_data(A, A @ theta)
                solution = ipgd.solve(problem, max_iter=setting.max_iter, record_every=1000)
                off = np.linalg.norm(solution.vector() - theta) / np.linalg.norm(theta)
                error, count = float(off), solution.nit
            errors.append(error)
            counts.append(count)
        for exponents in setting.exponents:
            runs = ipgd.solve_batch(
                ratings(seed, d1, d2, d1 * d2 // 4, exponents, rank),
                METHODS,
                seeds=[seed] * len(METHODS),
                parameterization=ipgd.AsymmetricFactor(rank),
                max_iter=setting.max_iter,
                record_every=1000,
            )
            converged.append([one.status == "relative_loss" for one in runs])
            lengths.append([one.nit for one in runs])
    shape = (len(setting.seeds), len(LAWS))
    wide = (len(setting.seeds), len(setting.exponents), len(METHODS))
    return {
        "seed": np.array(setting.seeds),
        "law": np.array(list(LAWS)),
        "exponents": np.array([f"{a:g}, {b:g}" for a, b in setting.exponents]),
        "method": np.array([type(method).__name__ for method in METHODS]),
        "error": np.array(errors).reshape(shape),
        "iterations": np.array(counts).reshape(shape),
        "converged": np.array(converged).reshape(wide),
        "ratings_iterations": np.array(lengths).reshape(wide),
    }


def draw(data: Data) -> Picture:
    """Errors of the vectors by law, and iterations of the completions by exponents."""
    figure, axes = ipgd.plots.new_figure(1, 2)
    left, right = axes[0]
    for k, errors in enumerate(data["error"].T):
        left.semilogy(np.full(len(errors), k), errors, "o", alpha=0.6, color=COLORS[0])
    left.axhline(FOUND, color="black", linestyle=":", label="counts as found")
    left.set_xticks(range(len(data["law"])), [str(law) for law in data["law"]])
    left.set_xlabel("entries of the sparse vector")
    left.set_ylabel("relative recovery error")
    left.legend(fontsize="small")
    for k, (name, marker) in enumerate(zip(data["method"], "os", strict=True)):
        values = data["ratings_iterations"][..., k]
        places = np.arange(values.shape[1]) + 0.2 * k - 0.1
        lines = right.semilogy(places, values.T, marker, alpha=0.6, color=COLORS[k])
        lines[0].set_label(str(name))
    right.set_xticks(range(len(data["exponents"])), [str(pair) for pair in data["exponents"]])
    right.set_xlabel("popularity: exponents of rows, columns")
    right.set_ylabel("iterations to converge")
    right.legend(fontsize="small")
    return figure


def table(data: Data) -> str:
    """One line for each law, and one for each pair of exponents."""
    sparse = [
        (
            law,
            f"{np.isfinite(error).sum()} of {len(error)}",
            np.count_nonzero(error < FOUND),
            f"{np.median(count[count >= 0]):.0f}",
            f"{np.nanmax(error):.1e}",
        )
        for law, error, count in zip(
            data["law"], data["error"].T, data["iterations"].T, strict=True
        )
    ]
    popular = [
        (pair, *(f"{ok.sum()} of {len(ok)}, {n.max()}" for ok, n in zip(oks.T, ns.T, strict=True)))
        for pair, oks, ns in zip(
            data["exponents"],
            np.swapaxes(data["converged"], 0, 1),
            np.swapaxes(data["ratings_iterations"], 0, 1),
            strict=True,
        )
    ]
    columns = ("entries", "l1 finds", "ipgd too, to 1e-6", "median iterations", "largest error")
    names = [f"{name}: converged, most iterations" for name in data["method"]]
    return "\n\n".join((markdown(columns, sparse), markdown(("exponents", *names), popular)))


FIGURE = Figure(
    title="Automatic steps find what the l1 minimiser finds, and see popular rows and columns.",
    paper=None,
    full=Setting(),
    quick=Setting((120, 60, 5), (150, 100, 2), ((1.0, 1.0), (2.5, 2.5)), seeds=(9000, 9001, 9002)),
    run=run,
    axes={
        "error": ("seed", "law"),
        "iterations": ("seed", "law"),
        "converged": ("seed", "exponents", "method"),
        "ratings_iterations": ("seed", "exponents", "method"),
    },
    draw=draw,
    claims=(
        Claim(
            "With defaults, sparse vectors are found that the l1 minimiser finds.",
            "share of them recovered to 1e-6",
            lambda data: (
                (data["error"] < FOUND).sum(axis=1) / np.isfinite(data["error"]).sum(axis=1)
            ),
            at_least(1),
        ),
        Claim(
            "Scaled methods converge where some rows and columns are popular.",
            "share of runs that converged",
            lambda data: data["converged"].mean(axis=(1, 2)),
            at_least(1),
        ),
    ),
    seen=(
        "Left: defaults find the sparse vectors that the l1 minimiser finds. Right: the step of "
        "scaled methods on completions gets smaller as rows and columns get more popular, and all "
        "runs converge. [automatic-steps.md](automatic-steps.md) has the derivations and more "
        "cases."
    ),
    table=table,
)
