"""How singular values of a product of N factors grow: the law, and what a run did."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from .. import Problem, Solution
from .checks import Array, check_problem, integer, number
from .recorded import Iterates, product_of, recorded, theta_singular_values

_SMALL, _GROWN = 10.0, 0.2  # times the first value, and the largest one


@dataclass(frozen=True, eq=False)
class SingularValueLaw:
    """Measured singular values of Theta beside those that the law predicts.

    Attributes
    ----------
    depth : int
        N.
    iterations : ndarray of int, shape (T,)
    measured : ndarray, shape (T, n)
        sigma_1 >= ... >= sigma_n of each iterate.
    forces : ndarray, shape (T, n)
        -<grad L(Theta), u_r v_rᵀ>.
    predicted : ndarray, shape (T, n)
        From the iterate before each; the first row is the measured one.
    integrated : ndarray, shape (T, n)
        From the first iterate on, without looking at later singular values.
    """

    depth: int
    iterations: np.ndarray[tuple[int], np.dtype[np.int64]]
    measured: Array = field(repr=False)
    forces: Array = field(repr=False)
    predicted: Array = field(repr=False)
    integrated: Array = field(repr=False)

    @property
    def relative_error(self) -> Array:
        """|predicted - measured| / measured, (T, n)."""
        error: Array = np.abs(self.predicted - self.measured) / self.measured
        return error


def singular_value_law(
    problem: Problem,
    iterates: Iterates,
    step_size: float,
    *,
    depth: int | None = None,
    count: int | None = None,
) -> SingularValueLaw:
    """Compare the singular values of a run with the law of gradient flow on N balanced factors.

        sigma_r(t + 1) = sigma_r(t) - eta <grad L(Theta_t), u_r v_rᵀ> N sigma_r(t)^(2 - 2/N)

    L(Theta) = 1/(2m) ||A(Theta) - y||^2. Between two iterates the differential equation behind the
    law is solved exactly, with the mean of the forces at both ends. The law holds for small steps,
    for factors that are balanced (a small start nearly is), and while singular values do not cross:
    they are sorted by size.

    Parameters
    ----------
    problem : Problem
        With the squared loss.
    iterates : Iterates
        The ``callback`` of a run of gradient descent on U Uᵀ, V Wᵀ or W_N ... W_1.
    step_size : float
        eta of the run.
    depth : int, optional
        N of the law. Default: that of the model; another one shows what it says of the run.
    count : int, optional
        How many of the largest singular values. Default: all.

    Returns
    -------
    SingularValueLaw

    Raises
    ------
    TypeError, ValueError
        If an argument makes no sense, or there are fewer than two iterates.

    References
    ----------
    Arora, Cohen, Hu, Luo (2019), "Implicit regularization in deep matrix factorization", theorem 3,
    arXiv 1905.13655.
    """
    if check_problem(problem).loss is not None:
        raise ValueError(f"problem: expected one with the squared loss, got {problem.loss!r}")
    if not isinstance(iterates, Iterates) or len(iterates) < 2:
        raise ValueError(
            "iterates: expected an ipgd.analysis.Iterates that a run of two records or more was "
            f"given as its callback, got {iterates!r}"
        )
    eta = number("step_size", step_size, positive=True)
    rows, model_depth = [], 2
    for parameters in iterates.parameters:
        theta, model_depth = product_of(parameters)
        left, sigma, right = np.linalg.svd(theta, full_matrices=False)
        _, G = problem.operator.residual_adjoint(theta, problem.y)
        rows.append((sigma, -np.einsum("ir,ij,rj->r", left, G / problem.m, right)))
    N = model_depth if depth is None else integer("depth", depth, 2)
    n = len(rows[0][0]) if count is None else integer("count", count, 1, len(rows[0][0]))
    measured, forces = (np.array([row[part][:n] for row in rows]) for part in (0, 1))
    iterations = np.array(iterates.iterations, dtype=np.int64)
    times = eta * np.diff(iterations)
    mean = (forces[1:] + forces[:-1]) / 2
    predicted, integrated = measured.copy(), measured.copy()
    for j, (time, force) in enumerate(zip(times, mean, strict=True)):
        predicted[j + 1] = grown(measured[j], N, force, time)
        integrated[j + 1] = grown(integrated[j], N, force, time)
    return SingularValueLaw(N, iterations, measured, forces, predicted, integrated)


def grown(sigma: Array, depth: int, force: Array, time: float) -> Array:
    """The solution of d sigma/dt = N force sigma^(2 - 2/N) after some time; inf where it blew up.

    sigma exp(2 force t) for N = 2, else (sigma^(-q) - q N force t)^(-1/q) with q = 1 - 2/N.
    """
    if depth == 2:
        exponential: Array = sigma * np.exp(2 * force * time)
        return exponential
    q = 1 - 2 / depth
    with np.errstate(divide="ignore"):
        base = sigma**-q - q * depth * force * time
        result: Array = np.where(base > 0, np.maximum(base, 0.0) ** (-1 / q), np.inf)
    return result


def growth_exponent(solution: Solution, index: int = 0) -> float:
    """The p of d sigma/dt ~ sigma^p in a recorded singular value of Theta, while it is small.

    The law has p = 2 - 2/N: 1 for two factors, 4/3 for three, 3/2 for four. It is the slope of
    log(d sigma/dt) over log(sigma) between ten times the first value, when the singular vectors
    have turned, and a fifth of the largest one: there the force is nearly constant. This way to
    look at the law is ours.

    Parameters
    ----------
    solution : Solution
        Recorded ``singular_values``.
    index : int
        Which one; 0 is the largest.

    Returns
    -------
    float

    Raises
    ------
    TypeError, ValueError
        If they were not recorded, or fewer than five records lie in between.
    """
    place = integer("index", index, 0)
    sigma = theta_singular_values(solution, place + 1, 5)[:, place]
    iterations = recorded(solution, "iteration")
    middle = np.sqrt(sigma[1:] * sigma[:-1])
    rate = np.diff(sigma) / np.diff(iterations)
    peak = int(np.argmax(sigma))
    used = (middle > _SMALL * sigma[0]) & (middle < _GROWN * sigma[peak]) & (rate > 0)
    used[peak:] = False
    if used.sum() < 5:
        raise ValueError(
            "solution: expected at least five records between ten times the first value and a "
            f"fifth of the largest one of singular value {place} (a smaller start, or a smaller "
            f"record_every), got {int(used.sum())}"
        )
    return float(np.polyfit(np.log(middle[used]), np.log(rate[used]), 1)[0])
