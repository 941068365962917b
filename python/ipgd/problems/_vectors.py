"""How large a vector Theta is entry by entry, and how stiff that makes an entrywise model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .._support.validate import Array

if TYPE_CHECKING:
    from .base import Problem

_TOLERANCE = 1e-2  # of the power iteration: a step size needs no more
_MOST_PRODUCTS = 50
_SEED = 0x697067642D7072


def entry_sizes(problem: Problem, n_threads: int | None) -> Array:
    """An estimate of each |Theta_j|: |a_jᵀ y| / ||a_j||^2 for the columns a_j of A.

    Without cross-talk from the other columns this is |Theta_j|; with m Gaussian measurements the
    cross-talk is about ||Theta|| / sqrt(m).
    """
    back = np.abs(problem.back_projection(n_threads)[:, 0])
    squares = column_squares(problem, n_threads)
    sizes: Array = np.divide(back, squares, out=np.zeros_like(back), where=squares > 0)
    return sizes


def largest_curvature(problem: Problem, weights: Array, n_threads: int | None) -> float:
    """The largest eigenvalue of D^(1/2) (AᵀA/m) D^(1/2), D = diag(weights): power iteration."""
    operator, root = problem.operator, np.sqrt(weights)
    x = root * np.random.default_rng(_SEED).standard_normal(len(root))
    value = 0.0
    for _ in range(_MOST_PRODUCTS):
        length = float(np.linalg.norm(x))
        if length == 0:
            break
        x = x / length
        image = operator.forward((root * x)[:, None], n_threads=n_threads)
        x = root * operator.adjoint(image, n_threads=n_threads)[:, 0] / problem.m
        before, value = value, float(np.linalg.norm(x))
        if abs(value - before) <= _TOLERANCE * value:
            break
    return value


def column_squares(problem: Problem, n_threads: int | None) -> Array:
    """||a_j||^2 / m; their mean where the operator does not show its rows."""
    squares = problem.operator._column_squares()
    if squares is None:
        d = problem.operator.matrix_shape[0]
        return np.full(d, problem.gain(n_threads) / problem.largest_curvature)
    return squares / problem.m
