"""Solutions whose factors a problem predicts with."""

from __future__ import annotations

from typing import Protocol

from .._support.validate import Array, describe
from ..operators import Operator


class HasFactors(Protocol):
    """A Solution, which problems cannot import."""

    def factors(self) -> tuple[Array, Array]: ...


def factors_of(solution: HasFactors, operator: Operator) -> tuple[Array, Array]:
    """L and R of a solution's Theta = L Rᵀ, of the shape that the operator measures.

    Raises
    ------
    TypeError
        If it is no solution.
    ValueError
        If its Theta has another shape.
    """
    if not hasattr(solution, "factors"):
        raise TypeError(f"solution: expected an ipgd.Solution, got {describe(solution)}")
    left, right = solution.factors()
    d1, d2 = operator.matrix_shape
    if (len(left), len(right)) != (d1, d2):
        raise ValueError(
            f"solution: expected one of this problem, whose matrices are {d1} x {d2}, got one of "
            f"{len(left)} x {len(right)}"
        )
    return left, right
