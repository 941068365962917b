"""Operators that store every measurement matrix."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import _core
from .._random import RNG, draw_key, generator
from .._validate import Array, as_float64, finite, integer, numeric_array, one_of, shaped
from .base import Operator

_BLOCK_BYTES = 32 * 2**20  # of float64 copied at a time from what the user gives
_DTYPES = ("float64", "float32")


class _StoredOperator(Operator):
    """What the two dense operators share: filling and reading rows."""

    _native: _core.DenseOperator

    def to_dense(self, start: int = 0, stop: int | None = None) -> Array:
        """The measurement matrices A_i, start <= i < stop.

        Returns
        -------
        ndarray, shape (stop - start, d1, d2)
        """
        begin, end, _ = slice(start, stop).indices(self.shape[0])
        return self._native.get_rows(begin, max(0, end - begin))

    @classmethod
    def _drawn(cls, core: _core.DenseOperator, rng: RNG) -> Self:
        core.fill_gaussian(draw_key(generator(rng)))
        operator = cls.__new__(cls)
        Operator.__init__(operator, core)
        return operator

    @staticmethod
    def _fill(
        A: NDArray[Any], dtype: str | None, make: Callable[[str], _core.DenseOperator]
    ) -> _core.DenseOperator:
        """Store A block by block, in float32 if that is asked for or loses nothing."""
        chosen = "float32" if dtype is None else one_of("dtype", dtype, _DTYPES)
        core = make(chosen)
        m, d1, d2 = A.shape
        step = max(1, _BLOCK_BYTES // (8 * d1 * d2))
        begin = 0
        while begin < m:
            block = as_float64(A[begin : begin + step])
            finite("A", block, begin)
            exact = core.set_rows(begin, block)
            if dtype is None and chosen == "float32" and not exact:
                chosen = "float64"
                core, begin = make(chosen), 0
                continue
            if dtype == "float32" and not exact:
                _check_overflow(block, begin)
            begin += step
        return core


def _check_overflow(block: Array, begin: int) -> None:
    too_large = np.abs(block) > np.finfo(np.float32).max
    if too_large.any():
        i, a, b = (int(n) for n in np.argwhere(too_large)[0])
        raise ValueError(
            f"A: expected entries that fit float32 (dtype='float32'), "
            f"got {block[i, a, b]} at index {(i + begin, a, b)}"
        )


def _measurement_array(A: ArrayLike) -> NDArray[Any]:
    array = numeric_array("A", A)
    if array.ndim != 3:
        raise ValueError(f"A: expected shape (m, d1, d2), got {array.shape}")
    shaped("A", array, (None, None, None))
    return array


class DenseSymmetric(_StoredOperator):
    """Measurements of symmetric d x d matrices by stored matrices A_i.

    A_i enters <A_i, Theta> only through its symmetric part, so d(d+1)/2 numbers of each are kept:
    half the memory, and half the work of every pass.

    Parameters
    ----------
    A : array_like, shape (m, d, d)
        Measurement matrices; read block by block, so a memory map of any size will do. Not
        modified. A non-symmetric A_i is replaced by its symmetric part.
    dtype : {None, "float64", "float32"}
        Storage. None keeps float32 when that loses nothing, else float64. "float32" rounds each
        entry (relative error 6e-8, which is then the relative accuracy of y and of the gradient);
        sums are always in float64.

    Raises
    ------
    ValueError
        If A is not (m, d, d), is empty, or has a NaN or infinity.
    TypeError
        If A is not real.
    """

    def __init__(self, A: ArrayLike, *, dtype: str | None = None) -> None:
        array = _measurement_array(A)
        m, d1, d2 = array.shape
        if d1 != d2:
            raise ValueError(
                "A: expected square matrices (m, d, d), one for each measurement, got "
                f"{array.shape}; ipgd.operators.Dense takes rectangular ones"
            )
        super().__init__(
            self._fill(array, dtype, lambda t: _core.dense_symmetric(m, d1, t, isometric=False))
        )

    @classmethod
    def gaussian(cls, m: int, d: int, *, rng: RNG = None, dtype: str | None = None) -> Self:
        """Symmetric parts of m i.i.d. standard Gaussian matrices.

        Diagonal entries are N(0, 1) and off-diagonal ones N(0, 1/2), so that
        E <A_i, Theta>^2 = ||Theta||_F^2 for symmetric Theta: the normalisation of the restricted
        isometry property. Entries lie on the float32 grid (up to the common factor sqrt(2)), so
        float32 storage, the default, is exact. Entry j of A_i is a function of the key drawn from
        `rng`, of i and of j alone.

        Parameters
        ----------
        m, d : int
            Number of measurements; dimension.
        rng : None, int or numpy.random.Generator
        dtype : {None, "float32", "float64"}
            Storage; the operator is the same in either.

        Returns
        -------
        DenseSymmetric
        """
        core = _core.dense_symmetric(
            integer("m", m, 1), integer("d", d, 1), _ensemble_dtype(dtype), isometric=True
        )
        return cls._drawn(core, rng)


def _ensemble_dtype(dtype: str | None) -> str:
    return "float32" if dtype is None else one_of("dtype", dtype, _DTYPES)


class Dense(_StoredOperator):
    """Measurements of d1 x d2 matrices by stored matrices A_i without symmetry.

    Parameters
    ----------
    A : array_like, shape (m, d1, d2)
        Measurement matrices; read block by block, so a memory map of any size will do. Not
        modified.
    dtype : {None, "float64", "float32"}
        Storage, as in :class:`DenseSymmetric`.

    Raises
    ------
    ValueError
        If A is not three-dimensional, is empty, or has a NaN or infinity.
    TypeError
        If A is not real.
    """

    def __init__(self, A: ArrayLike, *, dtype: str | None = None) -> None:
        array = _measurement_array(A)
        m, d1, d2 = array.shape
        super().__init__(self._fill(array, dtype, lambda t: _core.dense_rectangular(m, d1, d2, t)))

    @classmethod
    def gaussian(
        cls, m: int, d1: int, d2: int, *, rng: RNG = None, dtype: str | None = None
    ) -> Self:
        """Draw m matrices of i.i.d. N(0, 1) entries, on the float32 grid.

        Parameters
        ----------
        m, d1, d2 : int
        rng : None, int or numpy.random.Generator
        dtype : {None, "float32", "float64"}
            Storage; the operator is the same in either.

        Returns
        -------
        Dense
        """
        core = _core.dense_rectangular(
            integer("m", m, 1), integer("d1", d1, 1), integer("d2", d2, 1), _ensemble_dtype(dtype)
        )
        return cls._drawn(core, rng)
