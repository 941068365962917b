"""Networks with quadratic activations: gradient descent beside the algorithm made for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import ipgd

from .command import picture_options, picture_parser

if TYPE_CHECKING:
    from matplotlib.figure import Figure


ACTING = 3.0  # R / mean(y) of the truncation that leaves samples out


@dataclass(frozen=True)
class Errors:
    """Where one run ends.

    Attributes
    ----------
    train, test : float
        ||A(Theta) - y|| / ||y|| and ||Theta - Theta*||_F / ||Theta*||_F.
    left_out : float
        Share of the samples with ||Uᵀx_i||^2 > R there.
    """

    train: float
    test: float
    left_out: float = 0.0


@dataclass(frozen=True)
class Row:
    """Where the methods end at one number of samples.

    Attributes
    ----------
    m : int
        Samples.
    errors : mapping of str to Errors
        ``plain_small``, ``plain_large``: gradient descent from a small and from a large start;
        ``corrected``: trace-corrected gradient descent from the small start with the automatic R,
        10 mean(y); ``truncated``: the same with R = 3 mean(y).
    trace_error : float
        |mean(y) - tr(Theta*)| / ||Theta*||_F, which is what keeps ``corrected`` from falling.
    """

    m: int
    errors: Mapping[str, Errors]
    trace_error: float


_LABELS = {
    "plain_small": "gradient descent, small start",
    "plain_large": "gradient descent, large start",
    "corrected": "trace-corrected, R = 10 mean(y)",
    "truncated": f"trace-corrected, R = {ACTING:g} mean(y)",
}


def network(d: int, rank: int, m: int, rng: int = 0) -> ipgd.QuadraticRegression:
    """y_i = 1ᵀ q(U*ᵀ x_i), q(z) = z^2, x_i ~ N(0, I), U* with unit columns: A_i = x_i x_iᵀ."""
    random = np.random.default_rng(rng)
    U = random.standard_normal((d, rank))
    U /= np.linalg.norm(U, axis=0)
    x = random.standard_normal((m, d))
    return ipgd.QuadraticRegression(x, np.sum((x @ U) ** 2, axis=1), (U, U))


def compare(
    d: int = 100,
    rank: int = 3,
    multiples: Sequence[int] = (8, 16),
    small: float = 1e-4,
    large: float = 2.0,
    max_iter: int = 1500,
    rng: int = 0,
    methods: Sequence[str] = tuple(_LABELS),
) -> list[Row]:
    """One row for each m = multiple d rank; every method has the same number of iterations.

    The setting of Li, Ma, Zhang (2018), section 5. At m = 8 d rank and the default sizes, descent
    from the small start ends at a training error of 3.8e-3 and a recovery error of 1.1e-2, from the
    large one at 0.25 and 0.56: it does not fit the samples yet, since its step is 40 times shorter.
    :mod:`ipgd.experiments.few_samples` waits until it does.

    With R = 10 mean(y) the corrected method leaves out no Gaussian samples, and its floor is the
    error of mean(y). With R = 3 mean(y) it leaves out some percent, those of large y; its floor is
    higher, and more samples hardly lower it.

    Parameters
    ----------
    d, rank : int
    multiples : sequence of int
        m / (d rank).
    small, large : float
        alpha of U_0 = alpha I. From the large start the step size is 1/(10 alpha^2) of the
        other.
    max_iter : int
    rng : int
    methods : sequence of str
        Those of a row's errors to run.

    Returns
    -------
    list of Row
    """

    def run(
        problem: ipgd.Problem, method: ipgd.GD | ipgd.TruncatedGD, alpha: float, R: float
    ) -> Errors:
        solution = ipgd.solve(
            problem,
            method,
            init=ipgd.init.scaled_identity(alpha),
            max_iter=max_iter,
            stop=ipgd.Stop(relative_loss=1e-8),
            record=("train_error", "test_error"),
            record_every=max_iter,
        )
        U = solution.parameters["U"]
        return Errors(
            train=float(solution.history["train_error"][-1]),
            test=float(solution.history["test_error"][-1]),
            left_out=float(np.mean(problem.operator.forward((U, U)) > R)),
        )

    rows = []
    for multiple in multiples:
        problem = network(d, rank, multiple * d * rank, rng)
        truth = problem.truth_matrix()
        eta, mean = 1 / (4 * problem.scale().curvature), float(problem.y.mean())
        runs: dict[str, tuple[ipgd.GD | ipgd.TruncatedGD, float, float]] = {
            "plain_small": (ipgd.GD(eta), small, np.inf),
            "plain_large": (ipgd.GD(eta / (10 * large**2)), large, np.inf),
            "corrected": (ipgd.TruncatedGD(eta), small, 10 * mean),
            "truncated": (ipgd.TruncatedGD(eta, ACTING * mean), small, ACTING * mean),
        }
        errors = {name: run(problem, *runs[name]) for name in methods}
        trace_error = abs(mean - np.trace(truth)) / np.linalg.norm(truth)
        rows.append(Row(problem.m, errors, float(trace_error)))
    return rows


def picture(rows: Sequence[Row], d: int, rank: int) -> Figure:
    """Training and recovery errors over the number of samples."""
    figure, axes = ipgd.plots.new_figure(1, 2)
    figure.set_size_inches(9, 4)
    samples = [row.m for row in rows]
    sides = {"train": "training error ‖A(Θ) − y‖ / ‖y‖", "test": "recovery error ‖Θ − Θ*‖ / ‖Θ*‖"}
    for ax, (side, title) in zip(axes[0], sides.items(), strict=True):
        for name, label in _LABELS.items():
            values = [getattr(row.errors[name], side) for row in rows]
            ax.loglog(samples, values, marker=".", label=label)
        if side == "test":
            floor = [row.trace_error for row in rows]
            ax.loglog(samples, floor, "k:", label="error of mean(y), in ‖Θ*‖")
        ax.set_title(title, fontsize="medium")
        ax.set_xlabel(f"samples m  (d = {d}, {rank} hidden units)")
        ax.set_xticks(samples, [str(m) for m in samples])
        ax.set_xticks([], minor=True)
        ax.grid(alpha=0.3)
    handles, labels = ax.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, fontsize="small")
    return figure


def main(
    arguments: Sequence[str] | None = None,
    d: int = 30,
    rank: int = 2,
    multiples: Sequence[int] = (4, 8, 16, 32, 64),
    max_iter: int = 3000,
) -> None:
    """Compare over m, print the rows and draw."""
    output: Path = picture_options(picture_parser(__doc__), arguments).output
    rows = compare(d, rank, multiples, max_iter=max_iter)
    print(f"after {max_iter} iterations: training error, recovery error, share left out")
    print(
        "samples        plain, small        plain, large    corrected, R = 10 mean(y)"
        f"     corrected, R = {ACTING:g} mean(y)  error of mean(y)"
    )
    for row in rows:
        plain, cut = (
            [row.errors[name] for name in names]
            for names in (("plain_small", "plain_large"), ("corrected", "truncated"))
        )
        cells = [f"   {e.train:.1e}  {e.test:.1e}" for e in plain]
        cells += [f"   {e.train:.1e}  {e.test:.1e}  {e.left_out:6.2%}" for e in cut]
        print(f"{row.m:7d}{''.join(cells)}  {row.trace_error:.1e}")
    ipgd.plots.save(picture(rows, d, rank), output)


if __name__ == "__main__":
    main()
