"""How far one sampled entry reaches: the curvature of a single term of the loss."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .._support.validate import Array
from ..operators import Entries

if TYPE_CHECKING:
    from .base import Problem


def entry_curvature(problem: Problem, rank: int, n_threads: int | None) -> float:
    """An estimate of max_i c^2 ||grad <A_i, V Wᵀ>||^2 near a balanced Theta* of sampled entries.

    That is d1 d2 (||v_i||^2 + ||w_j||^2). For Theta* of rank r whose singular values are alike and
    whose singular vectors are spread out, ||v_i||^2 = (d2 r / d1)^(1/2) q_i with q_i the root mean
    square of row i, and the same for columns. q is that of the observed values; r is the stable
    rank ||Theta*||_F^2 / sigma_1^2, at most `rank`.
    """
    operator = problem.operator
    assert isinstance(operator, Entries)
    d1, d2 = operator.matrix_shape
    square = (problem.y / operator.scale) ** 2
    row, col = (_largest_mean(index, square) for index in (operator.rows, operator.cols))
    magnitude = problem.scale(n_threads).magnitude
    stable = float(square.mean()) * d1 * d2 / magnitude**2
    r = min(float(rank), max(1.0, stable))
    return float(np.sqrt(d1 * d2 * r) * (d2 * np.sqrt(row) + d1 * np.sqrt(col)))


def _largest_mean(index: NDArray[np.int64], values: Array) -> float:
    """The largest mean of the values that share an index."""
    _, places = np.unique(index, return_inverse=True)
    counts = np.bincount(places)
    return float((np.bincount(places, values) / counts).max())
