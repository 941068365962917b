"""Sizes of A and y that take "auto" settings out of the range of float64."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping

import numpy as np

from ..problems import Problem

_MODERATE = 1e40  # up to here, and down to its inverse, no rule leaves the range of float64


@contextlib.contextmanager
def in_range(problem: Problem, estimates: Mapping[str, float]) -> Iterator[None]:
    """Name A or y where its size is why an "auto" setting could not be made.

    Raises
    ------
    ValueError
        In place of what was raised inside, where A, y or one of `estimates` is far from one.
    """
    try:
        yield
    except (ArithmeticError, ValueError) as error:
        advice = _advice(problem, estimates, error)
        if advice is None:
            raise
        raise ValueError(advice) from None


def _advice(problem: Problem, estimates: Mapping[str, float], error: Exception) -> str | None:
    """What to say of an error; None where no size is to blame."""
    made = 'of which the "auto" settings can be made in float64'
    largest_a = max(numbers[0] for numbers in problem.operator._fingerprint())
    if not _moderate(largest_a):
        return (
            f"operator: expected A_i {made}, got <A_i, Z> up to {largest_a:.3g} for a Gaussian Z "
            f"({error.args[-1]}); divide A by that size, and the Theta that is found by it "
            "too, or give the settings as numbers"
        )
    largest = float(np.abs(problem.y).max())
    if all(map(_moderate, (largest, *map(abs, estimates.values())))):
        return None
    return (
        f"y: expected measurements {made}, got entries up to {largest:.3g} ({error.args[-1]}); "
        "divide y by its size, and multiply the Theta that is found by it, or give the settings as "
        "numbers"
    )


def _moderate(size: float) -> bool:
    return size == 0 or 1 / _MODERATE < size < _MODERATE
