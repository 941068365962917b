"""When a solve works with R of A = Q R instead of A, and what it then works with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from .. import _core
from .._support.memory import require_memory
from .._support.validate import Array
from ..operators import Dense, DenseSymmetric
from ..problems import Problem

# A factorisation that is made unasked takes 1e9 flops at most: some 20 ms on one core.
_FLOPS = 1e9
_SHARE = 0.75  # of a pass over A that a pass over R may take


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
    problems: Sequence[Problem], gram: Sequence[bool | None], n_threads: int | None
) -> list[Measured]:
    """A and y, or R and Qᵀy, of each problem as `gram` says; those of one operator share R."""
    wanted = [_wanted(problem, asked) for problem, asked in zip(problems, gram, strict=True)]
    missing: dict[int, dict[int, Problem]] = {}  # by operator, then by problem
    for problem, yes in zip(problems, wanted, strict=True):
        if yes and "gram" not in problem._cache:
            missing.setdefault(id(problem.operator), {})[id(problem)] = problem
    for sharing in missing.values():
        _factor(list(sharing.values()), n_threads)
    return [
        problem._cache["gram"] if yes else as_it_is(problem)
        for problem, yes in zip(problems, wanted, strict=True)
    ]


def as_it_is(problem: Problem) -> Measured:
    """A itself, and y in the order that the core works in."""
    operator = problem.operator
    return Measured(operator._native, operator._to_core(problem.y), None)


def _wanted(problem: Problem, gram: bool | None) -> bool:
    """Whether R is asked for, or pays.

    A question of sizes alone, so that a run's bits depend neither on its budget nor on its company.
    """
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
    return share <= _SHARE and 2.0 * m * p * p <= _FLOPS


def _factor(problems: Sequence[Problem], n_threads: int | None) -> None:
    """Put R, Qᵀy and the rest into the problems' caches; they have the same operator."""
    native = problems[0].operator._native
    assert isinstance(native, _core.DenseOperator)
    m, p = native.measurements, native.entries
    count = len(problems)
    what = f"a QR factorisation of {m} x {p} float64 numbers"
    require_memory("gram", _core.gram_work_nbytes(m, p, count), what)
    Y = np.array([problem.y for problem in problems])
    operator, reduced = _core.gram(native, Y, n_threads)
    for problem, (z, rest, norm_y) in zip(problems, reduced, strict=True):
        problem._cache["gram"] = Measured(operator, z, (m, norm_y, rest))
