"""What a run recorded, as the analyses need it."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from .. import Intermediate, Solution
from .checks import Array, describe

FACTORS: Final = ({"U"}, {"V", "W"})
_ROUNDING = (1e3 * np.finfo(np.float64).eps) ** 2  # of a squared loss, relative to the largest


class Iterates:
    """Keeps the parameters of every record: a ``callback`` for :func:`ipgd.solve`.

    Attributes
    ----------
    iterations : list of int
    parameters : list of dict of str to ndarray
        Copies of the blocks, as :attr:`ipgd.Solution.parameters` has them.

    Examples
    --------
    >>> import ipgd
    >>> from ipgd import analysis
    >>> iterates = analysis.Iterates()
    >>> problem = ipgd.matrix_sensing(d=6, rank=1, m=60, rng=0)
    >>> solution = ipgd.solve(problem, max_iter=20, record_every=10, callback=iterates, rng=0)
    >>> iterates.iterations
    [0, 10, 20]
    """

    def __init__(self) -> None:
        self.iterations: list[int] = []
        self.parameters: list[dict[str, Array]] = []

    def __call__(self, now: Intermediate) -> None:
        """Keep what the record saw."""
        self.iterations.append(now.iteration)
        self.parameters.append({name: block.copy() for name, block in now.parameters.items()})

    def __len__(self) -> int:
        return len(self.iterations)


def product_of(parameters: dict[str, Array]) -> tuple[Array, int]:
    """Theta and its depth, the number of factors: U Uᵀ and V Wᵀ are 2, W_N ... W_1 is N.

    Raises
    ------
    ValueError
        If these are not the blocks of such a product.
    """
    if parameters.keys() == {"U"}:
        U = parameters["U"]
        return U @ U.T, 2
    if parameters.keys() == {"V", "W"}:
        return parameters["V"] @ parameters["W"].T, 2
    depth = len(parameters)
    if depth > 1 and parameters.keys() == {f"W{j}" for j in range(1, depth + 1)}:
        theta = parameters["W1"]
        for j in range(2, depth + 1):
            theta = parameters[f"W{j}"] @ theta
        return theta, depth
    raise ValueError(
        "parameters: expected the blocks of U Uᵀ, V Wᵀ or W_N ... W_1, got "
        f"{', '.join(parameters) or 'none'}"
    )


def check_solution(solution: object) -> Solution:
    """The solution; TypeError if it is none."""
    if not isinstance(solution, Solution):
        raise TypeError(f"solution: expected an ipgd.Solution, got {describe(solution)}")
    return solution


def recorded(solution: Solution, name: str, at_least: int = 1) -> Array:
    """A recorded quantity; ValueError if it was not recorded, or not often enough."""
    history = check_solution(solution).history
    if name not in history:
        raise ValueError(
            f"solution: expected one that recorded {name!r} (record=({name!r}, ...)), got the "
            f"history of {', '.join(history) or 'nothing'}"
        )
    values: np.ndarray[Any, Any] = history[name]
    if len(values) < at_least:
        raise ValueError(
            f"solution: expected at least {at_least} records (a smaller record_every), got "
            f"{len(values)}"
        )
    return values.astype(np.float64, copy=False)


def theta_singular_values(solution: Solution, count: int = 1, at_least: int = 1) -> Array:
    """The recorded singular values of Theta, (records, n): squares where those of U are recorded.

    Raises
    ------
    ValueError
        If fewer than `count` of them, or fewer than `at_least` records, are there.
    """
    values = recorded(solution, "singular_values", at_least)
    if values.shape[1] < count:
        raise ValueError(
            f"solution: expected at least {count} recorded singular values (n_singular_values=), "
            f"got {values.shape[1]}"
        )
    return values**2 if solution.parameters.keys() == {"U"} else values


def first(holds: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> int | None:
    """Where it first holds."""
    return int(np.argmax(holds)) if holds.any() else None


def above_rounding(loss: Array) -> int:
    """How many of the first records have a loss that is not mere rounding."""
    lost = first(loss <= _ROUNDING * loss.max())
    return len(loss) if lost is None else lost


def effective_rank(values: Solution | Array) -> Array:
    """The exponential of the entropy of sigma / sum sigma, along the last axis.

    1 where one value stands out, n where n are equal; 1 where all are zero.

    Parameters
    ----------
    values : Solution, or ndarray of shape (..., n)
        Singular values, such as ``history["singular_values"]``, or a solution: then those of its
        Theta.

    Returns
    -------
    ndarray of shape (...)

    References
    ----------
    Roy, Vetterli (2007), "The effective rank: a measure of effective dimensionality".
    """
    if isinstance(values, Solution):
        L, R = (np.asarray(np.linalg.qr(factor, mode="r")) for factor in values.factors())
        values = np.linalg.svd(L @ R.T, compute_uv=False)
    sigma = np.asarray(values, dtype=np.float64)
    total = sigma.sum(axis=-1, keepdims=True)
    p = sigma / np.where(total == 0, 1.0, total)
    terms = np.where(p > 0, p * np.log(np.where(p > 0, p, 1.0)), 0.0)
    rank: Array = np.exp(-terms.sum(axis=-1))
    return rank
