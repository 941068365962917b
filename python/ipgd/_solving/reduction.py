"""Whether a run works with R of A = QR in place of A, and the factorisation itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from .. import _core
from .._support.memory import require_memory
from .._support.validate import Array
from ..operators import Dense, DenseSymmetric
from ..problems import Problem

# The most that a factorisation nobody asked for may take: some 20 ms on one core.
_FLOPS = 1e9
_SHARE = 0.75  # the largest cost of a pass over R, relative to one over A


class Measured(NamedTuple):
    """What the core measures with: A and y, or R of A = QR and Qᵀy."""

    operator: _core.Operator
    y: Array
    original: _core.Original | None
    """m, ||y|| and the part of y that no Theta reaches, where R stands for A; else None."""


def measured(
    problems: Sequence[Problem], gram: Sequence[bool | None], n_threads: int | None
) -> list[Measured]:
    """What each problem is measured with, as `gram` says; problems of one operator share R."""
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

    The rule goes by sizes alone: a run has the same bits whatever its budget and its batch.
    """
    operator = problem.operator
    if problem.loss is not None:
        if gram:
            raise ValueError(
                f"gram: expected None or False for {problem.loss!r}, which is not a function of R "
                "and Qᵀy alone, got True"
            )
        return False
    if not isinstance(operator, Dense | DenseSymmetric):
        if gram:
            raise ValueError(f"gram: expected a Dense or DenseSymmetric operator, got {operator!r}")
        return False
    if gram is not None:
        return gram
    m, p = operator.shape[0], operator._native.entries
    nbytes = _core.gram_nbytes(m, p)
    # In cache, a pass costs its entries; else it costs its bytes.
    share = nbytes / 8 / (m * p) if operator._native.is_small else nbytes / operator.nbytes
    return share <= _SHARE and 2.0 * m * p * p <= _FLOPS


def _factor(problems: Sequence[Problem], n_threads: int | None) -> None:
    """Factor the operator that these problems share; R and each Qᵀy go into their caches."""
    native = problems[0].operator._native
    assert isinstance(native, _core.DenseOperator)
    m, p = native.measurements, native.entries
    count = len(problems)
    what = f"a QR factorisation of {m} x {p} float64 numbers"
    require_memory("gram", _core.gram_work_nbytes(m, p, count), what)
    Y = np.array([problem.y for problem in problems])
    operator, reduced = _core.gram(native, Y, n_threads)
    for problem, (z, rest, norm_y) in zip(problems, reduced, strict=True):
        problem._cache["gram"] = Measured(operator, z, _core.Original(m, norm_y, rest))
