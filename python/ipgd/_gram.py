"""When a solve works with R of A = Q R instead of A, and what it then works with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from . import _core
from ._memory import require_memory
from ._validate import Array
from .operators import Dense, DenseSymmetric
from .problems import Problem

_FLOPS = 1e10  # of a factorisation that is made unasked: a tenth of a second on two cores


class Measured(NamedTuple):
    """What the core measures with."""

    operator: _core.Operator
    y: Array
    original: tuple[int, float, float] | None
    """m, ||y|| and the part of ||y|| that is out of reach, when R stands for A."""

    @property
    def is_gram(self) -> bool:
        """True when R stands for A."""
        return self.original is not None


def measured(
    problems: Sequence[Problem], gram: bool | None, max_iter: int, n_threads: int | None
) -> list[Measured]:
    """A and y, or R and Qᵀy, of each problem; problems of one operator share R."""
    wanted = [_wanted(problem, gram, max_iter) for problem in problems]
    missing: dict[int, list[Problem]] = {}
    for problem, yes in zip(problems, wanted, strict=True):
        if yes and "gram" not in problem._cache:
            missing.setdefault(id(problem.operator), []).append(problem)
    for sharing in missing.values():
        _factor(sharing, n_threads)
    return [
        problem._cache["gram"] if yes else Measured(problem.operator._native, problem.y, None)
        for problem, yes in zip(problems, wanted, strict=True)
    ]


def _wanted(problem: Problem, gram: bool | None, max_iter: int) -> bool:
    """Whether R is asked for, or pays."""
    operator = problem.operator
    if not isinstance(operator, Dense | DenseSymmetric):
        if gram:
            raise ValueError(f"gram: expected a Dense or DenseSymmetric operator, got {operator!r}")
        return False
    if gram is not None:
        return gram
    m, p = operator.shape[0], operator._native.entries
    nbytes = _core.gram_nbytes(m, p)
    # A pass takes the time of its entries where they are in cache, else that of its bytes.
    share = nbytes / 8 / (m * p) if operator._native.is_small else nbytes / operator.nbytes
    if share > 0.75 or 2.0 * m * p * p > _FLOPS:
        return False
    # The factorisation takes the time of about p/2 steps: four times as many have to be in sight.
    return max_iter * (1 - share) >= 2 * p


def _factor(problems: Sequence[Problem], n_threads: int | None) -> None:
    """Put R, Qᵀy and the rest into the problems' caches; they have the same operator."""
    native = problems[0].operator._native
    assert isinstance(native, _core.DenseOperator)
    m, p = native.measurements, native.entries
    require_memory("gram", _core.gram_nbytes(m, p), f"R of {min(m, p)} x {p}, packed, float64")
    Y = np.array([problem.y for problem in problems])
    operator, reduced = _core.gram(native, Y, n_threads)
    for problem, (z, rest, norm_y) in zip(problems, reduced, strict=True):
        problem._cache["gram"] = Measured(operator, z, (m, norm_y, rest))
