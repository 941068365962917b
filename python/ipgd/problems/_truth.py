"""Random low-rank matrices by their factors."""

from __future__ import annotations

import numpy as np

from .. import _core
from .._validate import Array, integer, number


def check_rank(rank: int, d: int, name: str) -> int:
    """`rank` as an int between 1 and d."""
    rank = integer("rank", rank, 1)
    if rank > d:
        raise ValueError(f"rank: expected at most {name} = {d}, got {rank}")
    return rank


def check_condition_number(condition_number: float | None) -> None:
    """Raise ValueError unless it is None or a number >= 1."""
    if (
        condition_number is not None
        and number("condition_number", condition_number, positive=True) < 1
    ):
        raise ValueError(f"condition_number: expected a number >= 1, got {condition_number}")


def random_factor(
    d: int, rank: int, condition_number: float | None, rng: np.random.Generator
) -> Array:
    """U (d x rank): Gaussian with unit columns, or orthogonal columns for a given spectrum.

    U Uᵀ then has eigenvalues linearly spaced from 1 to 1/condition_number.
    """
    factor = rng.standard_normal((d, rank))
    if condition_number is None:
        factor /= np.linalg.norm(factor, axis=0)
    else:
        factor = _core.orthonormal_columns(factor)
        factor *= np.sqrt(np.linspace(1, 1 / condition_number, rank))
    return factor
