"""Checks that the analyses share, and norms that neither overflow nor underflow."""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from .._support.validate import describe, integer, number, one_of
from ..problems import Problem

__all__ = [
    "Array",
    "describe",
    "growth_rate",
    "integer",
    "norm",
    "number",
    "one_of",
    "require_problem",
    "require_truth",
]

Array: TypeAlias = NDArray[np.float64]


def require_problem(problem: object) -> None:
    """Raise TypeError unless it is a Problem."""
    if not isinstance(problem, Problem):
        raise TypeError(f"problem: expected an ipgd.Problem, got {describe(problem)}")


def require_truth(problem: Problem, what: str) -> None:
    """Raise ValueError where `what` has no truth to go by."""
    if problem.truth is None:
        raise ValueError(f"problem: expected one with a truth for {what}, got one without")


def norm(x: Array) -> float:
    """Euclidean (Frobenius) norm, right from 1e-300 to 1e300."""
    size = float(np.abs(x).max(initial=0.0))
    if size == 0 or not math.isfinite(size):
        return size
    return size * float(np.linalg.norm(x / size))


def growth_rate(x: Array, dx: Array) -> float:
    """-<x, dx> / ||x||^2: the relative growth of ||x|| while x moves along -dx.

    Of x = 0 it is 0 where dx = 0, too, and infinite elsewhere.
    """
    size, slope = (float(np.abs(part).max(initial=0.0)) for part in (x, dx))
    if slope == 0 or size == 0:
        return math.inf if slope > 0 else 0.0
    unit, change = x / size, dx / slope
    return -float(np.vdot(unit, change) / np.vdot(unit, unit)) * (slope / size)
