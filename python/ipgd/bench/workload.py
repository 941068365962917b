"""What all contenders of a case work on: the same entries, measurements, start and step size."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import DTypeLike, NDArray

import ipgd

from .case import Case

Array = NDArray[Any]

STEP_SIZE = 0.25  # Theta* has eigenvalues around 1: below the stability limit, and not slow
_START = 0.3  # ||U_0|| of about that: far from rounding, from overflow and from the solution
_NOISE = 0.01  # so that no run can end early at f = 0
_ALIGNMENT = 64
_BLOCK_BYTES = 64 * 2**20


class StoredOperator(Protocol):
    """The part of a dense operator that gives its entries back."""

    @property
    def shape(self) -> tuple[int, int]: ...  # noqa: D102
    @property
    def matrix_shape(self) -> tuple[int, int]: ...  # noqa: D102
    def to_dense(self, start: int = 0, stop: int | None = None) -> Array: ...  # noqa: D102


@dataclass(frozen=True)
class Workload:
    """One problem with `batch` starting points.

    Attributes
    ----------
    problem : ipgd.Problem
    starts : ndarray, shape (batch, d, k)
    dtype : str
        In which the peers compute.
    n_threads : int
    """

    problem: ipgd.Problem
    starts: Array
    dtype: str
    n_threads: int
    step_size: float = field(default=STEP_SIZE)

    @classmethod
    def of(cls, case: Case, n_threads: int, *, d: int | None = None, batch: int = 0) -> Workload:
        """The workload of a case; `d` (with m = 25 d) and `batch` replace those of a sweep."""
        dimension = case.d if d is None else d
        problem = ipgd.matrix_sensing(
            d=dimension,
            rank=min(case.rank, dimension),
            m=case.measurements if d is None else 25 * d,
            rng=0,
            noise=_NOISE,
            dtype=case.dtype,
            sums=case.sums,
        )
        columns = case.columns if d is None else d
        shape = (batch or case.batch, dimension, columns)
        starts = np.random.default_rng(1).standard_normal(shape)
        return cls(problem, _START / np.sqrt(columns) * starts, case.peer_dtype, n_threads)

    @property
    def operator(self) -> StoredOperator:
        """The operator, known to store its entries."""
        operator: Any = self.problem.operator
        return operator  # type: ignore[no-any-return]

    @property
    def measurements(self) -> int:
        """Number of measurements m."""
        return self.operator.shape[0]

    @property
    def d(self) -> int:
        """Theta is d x d."""
        return self.operator.matrix_shape[0]

    @property
    def y(self) -> Array:
        """The measurements in the peers' precision."""
        return self.problem.y.astype(self.dtype)

    @cached_property
    def unpacked(self) -> Array:
        """The usual array: (m, d * d), every A_i whole."""
        return self._filled(self.d**2, lambda block: block.reshape(len(block), -1))

    @cached_property
    def packed(self) -> Array:
        """Lower triangles only: (m, d (d + 1) / 2)."""
        rows, columns = np.tril_indices(self.d)
        return self._filled(len(rows), lambda block: block[:, rows, columns])

    def _filled(self, width: int, arranged: Any) -> Array:
        """A's rows in the peers' precision, aligned; filled by blocks, to bound the memory."""
        out = aligned_empty((self.measurements, width), self.dtype)
        step = max(1, _BLOCK_BYTES // (8 * self.d**2))
        for begin in range(0, self.measurements, step):
            block = self.operator.to_dense(begin, begin + step)
            out[begin : begin + step] = arranged(block)
        return out


def aligned_empty(shape: tuple[int, int], dtype: DTypeLike) -> Array:
    """An array at a multiple of 64 bytes, as ours are; jax does not copy such an array."""
    kind = np.dtype(dtype)
    size = int(np.prod(shape)) * kind.itemsize
    raw = np.empty(size + _ALIGNMENT, dtype=np.uint8)
    offset = -raw.ctypes.data % _ALIGNMENT
    return raw[offset : offset + size].view(kind).reshape(shape)
