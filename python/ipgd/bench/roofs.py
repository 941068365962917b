"""The limits of the machine (reading A once, dgemm), and our bare pass to compare with them.

This is the one file on top of the package that calls the compiled core's hooks for timing.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from .. import _core
from .measure import Clock, steps_for, timed
from .workload import Workload

_DGEMM = 2000  # rows of the square matrices: 32 MB each, so that start-up costs vanish


def read_seconds(work: Workload, repeats: int) -> float:
    """Seconds to read the stored bytes of A once; the fastest of `repeats`."""
    return _core.time_read(_native(work), repeats, work.n_threads)


def pass_seconds(
    work: Workload, repeats: int, *, batch: int = 1, chunks: int | None = None
) -> float:
    """Seconds of a bare pass, A*(A(Theta) - y) for `batch` runs; the fastest of `repeats`.

    Parameters
    ----------
    work : Workload
    repeats : int
    batch : int
    chunks : int, optional
        Accumulators. Default: as many as the problem has, whatever the number of threads.
    """
    return _core.time_pass(_native(work), batch, repeats, chunks, work.n_threads)


def pass_repeats(work: Workload, seconds: float, *, batch: int = 1) -> int:
    """How many passes take about `seconds`."""
    return steps_for(lambda repeats: pass_seconds(work, repeats, batch=batch), seconds)


def _native(work: Workload) -> Any:
    """The core's operator, of the stored kind that the hooks take."""
    return work.problem.operator._native


class Dgemm:
    """The product of two square float64 matrices by numpy's BLAS."""

    def __init__(self, size: int = _DGEMM) -> None:
        generator = np.random.default_rng(0)
        self._left = generator.standard_normal((size, size))
        self._right = generator.standard_normal((size, size))
        self._product = np.empty((size, size))
        self.flops = 2 * size**3

    def seconds_per_flop(self, clock: Clock = time.perf_counter) -> float:
        """Of one product."""
        return timed(
            lambda: np.matmul(self._left, self._right, out=self._product), self.flops, clock
        )
