"""Networks with quadratic activations: gradient descent beside the algorithm made for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import ipgd

from .command import picture_options, picture_parser

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Row:
    """Relative recovery errors at one number of samples.

    Attributes
    ----------
    m : int
        Samples.
    plain_small, plain_large : float
        Gradient descent from a small and from a large start.
    corrected : float
        Truncated, trace-corrected gradient descent from the small start.
    trace_error : float
        |mean(y) - tr(Theta*)| / ||Theta*||_F, which is what keeps `corrected` from falling.
    """

    m: int
    plain_small: float
    plain_large: float
    corrected: float
    trace_error: float


def network(d: int, rank: int, m: int, rng: int = 0) -> ipgd.Problem:
    """y_i = 1ᵀ q(U*ᵀ x_i), q(z) = z^2, x_i ~ N(0, I), U* with unit columns: A_i = x_i x_iᵀ."""
    random = np.random.default_rng(rng)
    U = random.standard_normal((d, rank))
    U /= np.linalg.norm(U, axis=0)
    x = random.standard_normal((m, d))
    operator = ipgd.operators.DenseSymmetric(x[:, :, None] * x[:, None, :])
    return ipgd.Problem(operator, np.sum((x @ U) ** 2, axis=1), U @ U.T)


def compare(
    d: int = 100,
    rank: int = 3,
    multiples: Sequence[int] = (8, 16),
    small: float = 1e-4,
    large: float = 2.0,
    max_iter: int = 5000,
    rng: int = 0,
) -> list[Row]:
    """One row for each m = multiple d rank.

    The setting of Li, Ma, Zhang (2018), section 5: from a small start gradient descent finds the
    network, from a large one it only fits the samples. At the default sizes the errors of plain
    descent are 3.1e-3 and 1.6e-3 from the small start, and 0.19 and 0.10 from the large one; those
    of the corrected one are 0.11 and 0.023, whose floor is the error of mean(y) (0.055 and 0.016 of
    ||Theta*||).

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

    Returns
    -------
    list of Row
    """

    def error(problem: ipgd.Problem, method: ipgd.GD | ipgd.TruncatedGD, alpha: float) -> float:
        solution = ipgd.solve(
            problem,
            method,
            init=ipgd.init.scaled_identity(alpha),
            max_iter=max_iter,
            stop=ipgd.Stop(relative_loss=1e-8),
            record=("test_error",),
            record_every=max_iter,
        )
        return float(solution.history["test_error"][-1])

    rows = []
    for multiple in multiples:
        problem = network(d, rank, multiple * d * rank, rng)
        truth = problem.truth
        assert truth is not None
        eta = 1 / (4 * problem.scale().curvature)
        trace_error = abs(problem.y.mean() - np.trace(truth)) / np.linalg.norm(truth)
        rows.append(
            Row(
                m=problem.m,
                plain_small=error(problem, ipgd.GD(eta), small),
                plain_large=error(problem, ipgd.GD(eta / (10 * large**2)), large),
                corrected=error(problem, ipgd.TruncatedGD(eta), small),
                trace_error=float(trace_error),
            )
        )
    return rows


def picture(rows: Sequence[Row], d: int, rank: int) -> Figure:
    """Recovery errors over the number of samples."""
    figure, axes = ipgd.plots.new_figure(1, 1)
    figure.set_size_inches(6.5, 4)
    ax = axes[0, 0]
    samples = [row.m for row in rows]
    labels = {
        "plain_large": "gradient descent, large start",
        "corrected": "truncated and corrected, small start",
        "trace_error": "error of mean(y), in ‖Θ*‖",
        "plain_small": "gradient descent, small start",
    }
    for name, label in labels.items():
        style = ":" if name == "trace_error" else "-"
        ax.loglog(samples, [getattr(row, name) for row in rows], style, marker=".", label=label)
    ax.set_xlabel(f"samples m  (d = {d}, {rank} hidden units)")
    ax.set_ylabel("relative recovery error ‖Θ − Θ*‖ / ‖Θ*‖")
    ax.set_xticks(samples, [str(m) for m in samples])
    ax.set_xticks([], minor=True)
    ax.legend(fontsize="small")
    ax.grid(alpha=0.3)
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
    print("samples  plain, small  plain, large  corrected  error of mean(y)")
    for row in rows:
        print(
            f"{row.m:7d}  {row.plain_small:12.1e}  {row.plain_large:12.1e}  {row.corrected:9.1e}  "
            f"{row.trace_error:16.1e}"
        )
    ipgd.plots.save(picture(rows, d, rank), output)


if __name__ == "__main__":
    main()
