"""Checks of the arguments that the analyses share, in the words of solve."""

from __future__ import annotations

import numpy as np

from .. import Problem
from .._support.archive import BROKEN, Archive
from .._support.progress import Progress, check_progress, following
from .._support.random import RNG, generator
from .._support.validate import Array, describe, integer, number, one_of, real_array
from ..operators import Operator

__all__ = [
    "BROKEN",
    "RNG",
    "Archive",
    "Array",
    "Progress",
    "check_operator",
    "check_problem",
    "check_progress",
    "check_rank",
    "check_truth",
    "describe",
    "following",
    "generator",
    "integer",
    "number",
    "one_of",
    "real_array",
]


def check_operator(operator: object) -> Operator:
    """The operator; TypeError if it is none."""
    if not isinstance(operator, Operator):
        raise TypeError(
            "operator: expected an ipgd.operators operator such as DenseSymmetric(A), "
            f"got {describe(operator)}"
        )
    return operator


def check_problem(problem: object) -> Problem:
    """The problem; TypeError if it is none."""
    if not isinstance(problem, Problem):
        raise TypeError(f"problem: expected an ipgd.Problem, got {describe(problem)}")
    return problem


def check_truth(problem: Problem, what: str) -> None:
    """ValueError where `what` has no truth to go by."""
    if problem.truth is None:
        raise ValueError(f"problem: expected one with a truth for {what}, got one without")


def check_rank(rank: object, shape: tuple[int, int]) -> int:
    """An integer from 1 to min(d1, d2)."""
    largest = int(np.min(shape))
    given = integer("rank", rank, 1)
    if given > largest:
        raise ValueError(f"rank: expected an integer from 1 to {largest}, got {given}")
    return given
