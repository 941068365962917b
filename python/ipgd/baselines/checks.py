"""Checks of the arguments that the baselines share."""

from __future__ import annotations

import numpy as np

from .. import Problem
from .._support.progress import check_progress
from .._support.validate import describe, integer, number, thread_count

_LARGEST = 1e100  # squares and products of a few stay finite, and so do those of the inverse


def check_problem(problem: object) -> None:
    """Raise TypeError unless it is a Problem; ValueError where squares leave float64."""
    if not isinstance(problem, Problem):
        raise TypeError(f"problem: expected an ipgd.Problem, got {describe(problem)}")
    if problem.loss is not None:
        raise ValueError(
            "problem: expected one with the squared loss, which the baselines minimise, got "
            f"{problem.loss!r}; problem.with_loss(None) has it"
        )
    size = float(np.abs(problem.y).max())
    if size and not 1 / _LARGEST < size < _LARGEST:
        raise ValueError(
            f"problem: expected measurements between {1 / _LARGEST:g} and {_LARGEST:g} for this "
            f"method, got entries up to {size:.3g}; divide y by its size, and multiply the Theta "
            "that is found by it"
        )


def check_budget(
    max_iter: object, record_every: object, n_threads: object, progress: object
) -> None:
    """Raise TypeError or ValueError where one of them makes no sense."""
    integer("max_iter", max_iter, 0)
    integer("record_every", record_every, 1)
    thread_count(n_threads)
    check_progress(progress)


def check_penalty(penalty: object) -> float | None:
    """A positive number or None."""
    if penalty is None:
        return None
    try:
        return number("penalty", penalty, positive=True)
    except (TypeError, ValueError):
        raise ValueError(
            f"penalty: expected a finite positive number or None, got {describe(penalty)}"
        ) from None
