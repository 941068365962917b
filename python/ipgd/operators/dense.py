"""Operators that store every measurement matrix."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import _core
from .._support.memory import require_memory
from .._support.random import RNG, draw_key, generator
from .._support.validate import (
    Array,
    as_float64,
    finite,
    integer,
    numeric_array,
    one_of,
    shaped,
    thread_count,
)
from . import advice
from .base import Operator
from .gram import Gram

_BLOCK_BYTES = 32 * 2**20  # of float64 copied at a time
_INSPECTED, _ROUNDED = 16, 0.02  # int8 rounds to 0.4 % of the largest, three times
_SUMS = ("float64", "float32")
STORAGE_BYTES = {"float64": 8, "float32": 4, "bfloat16": 2, "int8": 1}
_DTYPES = tuple(STORAGE_BYTES)
_LARGEST = {
    "float32": float(np.finfo(np.float32).max),
    "bfloat16": 2.0**127 * (2 - 2.0**-7),  # what rounds to it rounds to a finite number
}


class _StoredOperator(Operator):
    """What the two dense operators share: filling and reading rows."""

    _native: _core.DenseOperator
    _symmetric: ClassVar[bool]
    _quadratic_forms: bool | None = None
    _key: int | None = None  # of the ensemble that it was drawn from
    _derived = Operator._derived | {"_quadratic_forms"}

    def _written(self) -> dict[str, Any]:
        native = self._native
        sizes = (native.measurements, native.rows, native.cols, native.symmetric, native.isometric)
        made_of = {"sizes": sizes, "types": (native.storage, native.sums)}
        drawn = self._key is not None
        return made_of | ({"key": self._key} if drawn else {"content": native.content()})

    @classmethod
    def _made(cls, written: dict[str, Any]) -> _core.DenseOperator:
        core = _empty(*written["sizes"], *written["types"])
        if "key" in written:
            core.fill_gaussian(written["key"])
        else:
            core.restore(written["content"])
        return core

    @property
    def sums(self) -> str:
        """The dtype in which <A_i, Theta> and sum_i r_i A_i are added up."""
        return self._native.sums

    def gram(self, *, n_threads: int | None = None) -> Gram:
        """A smaller operator R with the same normal operator, R*R = A*A.

        R is the triangular factor of A = Q R: min(m, p) measurements (rounded up to a multiple of
        16) for p free entries of Theta (p = d(d+1)/2 or d1 d2), packed to about p(p+1)/2 float64
        numbers: less than A in float64, and less than A in float32 from about m > p on. Nothing is
        squared, so results keep their accuracy. Costs about 2 m p^2 floating-point operations. It
        is for looking at; ``ipgd.solve(problem, gram=True)`` works with it, and does so by itself
        where that pays.

        Parameters
        ----------
        n_threads : int, optional

        Returns
        -------
        Gram
        """
        m, p = self.shape[0], self._native.entries
        what = f"a QR factorisation of {m} x {p} float64 numbers"
        require_memory("gram", _core.gram_work_nbytes(m, p, 0), what)
        native, _ = _core.gram(self._native, np.empty((0, m)), thread_count(n_threads))
        return Gram(native)

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
        key = draw_key(generator(rng))
        core.fill_gaussian(key)
        operator = cls.__new__(cls)
        Operator.__init__(operator, core)
        operator._key = key
        return operator

    @classmethod
    def _fill(cls, A: NDArray[Any], dtype: str | None, sums: str | None) -> _core.DenseOperator:
        """Store A block by block; without a dtype in float32 if that loses nothing."""
        chosen = "float32" if dtype is None else one_of("dtype", dtype, _DTYPES)
        m, d1, d2 = A.shape

        def make(storage: str) -> _core.DenseOperator:
            return _empty(m, d1, d2, cls._symmetric, False, storage, sums)

        core = make(chosen)
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
            if dtype is not None and not exact:
                _check_overflow(block, begin, chosen)
            begin += step
        return core


def _empty(
    m: int, d1: int, d2: int, symmetric: bool, isometric: bool, dtype: str, sums: str | None
) -> _core.DenseOperator:
    """An operator without contents, if it fits in memory."""
    if sums is None:
        sums = "float64" if dtype in ("float64", "float32") else "float32"
    elif dtype == "float64" and one_of("sums", sums, _SUMS) == "float32":
        raise ValueError(
            "sums: expected 'float64' for float64 storage (say dtype='float32' for A rounded to "
            "float32), got 'float32'"
        )
    one_of("sums", sums, _SUMS)
    try:
        nbytes = _core.dense_nbytes(m, d1, d2, symmetric, dtype)
    except MemoryError:  # beyond any address space; the text below says how far
        entries = d1 * (d1 + 1) // 2 if symmetric else d1 * d2
        nbytes = m * entries * STORAGE_BYTES[dtype]
    require_memory("A", nbytes, f"m = {m} matrices of {d1} x {d2} as {dtype}")
    return _core.dense(m, d1, d2, symmetric, isometric, dtype, sums)


def _check_overflow(block: Array, begin: int, dtype: str) -> None:
    """Raise ValueError at the first entry that became infinite; int8 scales what it is given."""
    if dtype not in _LARGEST:
        return
    too_large = np.abs(block) > _LARGEST[dtype]
    if too_large.any():
        i, a, b = (int(n) for n in np.argwhere(too_large)[0])
        raise ValueError(
            f"A: expected entries that fit {dtype} (dtype={dtype!r}), "
            f"got {block[i, a, b]} at index {(i + begin, a, b)}"
        )


def _measurement_array(A: ArrayLike, of_complex: str) -> NDArray[Any]:
    array = numeric_array("A", A, of_complex)
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
    dtype : {None, "float64", "float32", "bfloat16", "int8"}
        Storage. None keeps float32 when that loses nothing, else float64. The others round each
        entry: float32 by a relative 6e-8, bfloat16 by 4e-3, int8 by 1/254 of the largest entry of
        its A_i (nothing is lost when all entries are k 2^n with |k| < 128, signs for instance).
        What that does to y, to the gradient and to the recovered matrix is measured in
        docs/reproductions.md, storage.
    sums : {None, "float64", "float32"}
        The precision of <A_i, Theta> and of sum_i r_i A_i. None: float64 for float64 and float32
        storage, float32 for the narrower ones. float32 sums are faster; results then have a
        relative accuracy of about 2e-7.

    Raises
    ------
    ValueError
        If A is not (m, d, d), is empty, or has a NaN or infinity.
    TypeError
        If A is not real.
    MemoryError
        If the stored operator would not fit in memory; said before anything is allocated.
    """

    _symmetric = True

    @property
    def quadratic_forms(self) -> bool:
        """Whether the first A_i are a_i a_iᵀ up to the rounding of their storage."""
        if self._quadratic_forms is None:
            self._quadratic_forms = all(map(_is_square, self.to_dense(0, _INSPECTED)))
        return self._quadratic_forms

    def __init__(self, A: ArrayLike, *, dtype: str | None = None, sums: str | None = None) -> None:
        array = _measurement_array(A, advice.SYMMETRIC)
        if array.shape[1] != array.shape[2]:
            raise ValueError(
                "A: expected square matrices (m, d, d), one for each measurement, got "
                f"{array.shape}; "
                + (
                    "np.moveaxis(A, -1, 0) brings the measurements to the front"
                    if array.shape[0] == array.shape[1]
                    else "ipgd.operators.Dense takes rectangular ones"
                )
            )
        super().__init__(self._fill(array, dtype, sums))

    @classmethod
    def gaussian(
        cls, m: int, d: int, *, rng: RNG = None, dtype: str | None = None, sums: str | None = None
    ) -> Self:
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
        dtype : {None, "float32", "float64", "bfloat16", "int8"}
            Storage. The operator is the same in float32 and float64. In "bfloat16" the Gaussians
            are rounded, and in "int8" they lie on a grid of 1/24 standard deviations (cut off at
            5.3) and are scaled to unit variance: other operators, but sub-Gaussian ones with the
            same normalisation, and measured exactly as they are stored.
        sums : {None, "float64", "float32"}
            As in :class:`DenseSymmetric`.

        Returns
        -------
        DenseSymmetric
        """
        m, d = integer("m", m, 1), integer("d", d, 1)
        return cls._drawn(_empty(m, d, d, True, True, _ensemble_dtype(dtype), sums), rng)


def _is_square(A: Array) -> bool:
    """Whether A = a aᵀ, to 2 % of its largest entry."""
    largest = int(np.argmax(np.diagonal(A)))
    if A[largest, largest] <= 0:
        return not A.any()
    a = A[largest] / np.sqrt(A[largest, largest])
    return bool(np.abs(A - np.outer(a, a)).max() <= _ROUNDED * np.abs(A).max())


def _ensemble_dtype(dtype: str | None) -> str:
    return "float32" if dtype is None else one_of("dtype", dtype, _DTYPES)


class Dense(_StoredOperator):
    """Measurements of d1 x d2 matrices by stored matrices A_i without symmetry.

    Parameters
    ----------
    A : array_like, shape (m, d1, d2)
        Measurement matrices; read block by block, so a memory map of any size will do. Not
        modified.
    dtype : {None, "float64", "float32", "bfloat16", "int8"}
    sums : {None, "float64", "float32"}
        Storage and sums, as in :class:`DenseSymmetric`.

    Raises
    ------
    ValueError
        If A is not three-dimensional, is empty, or has a NaN or infinity.
    TypeError
        If A is not real.
    MemoryError
        If the stored operator would not fit in memory; said before anything is allocated.
    """

    _symmetric = False

    def __init__(self, A: ArrayLike, *, dtype: str | None = None, sums: str | None = None) -> None:
        super().__init__(self._fill(_measurement_array(A, advice.DENSE), dtype, sums))

    @classmethod
    def gaussian(
        cls,
        m: int,
        d1: int,
        d2: int,
        *,
        rng: RNG = None,
        dtype: str | None = None,
        sums: str | None = None,
    ) -> Self:
        """Draw m matrices of i.i.d. N(0, 1) entries, on the float32 grid.

        Parameters
        ----------
        m, d1, d2 : int
        rng : None, int or numpy.random.Generator
        dtype : {None, "float32", "float64", "bfloat16", "int8"}
        sums : {None, "float64", "float32"}
            As in :meth:`DenseSymmetric.gaussian`.

        Returns
        -------
        Dense
        """
        m, d1, d2 = integer("m", m, 1), integer("d1", d1, 1), integer("d2", d2, 1)
        return cls._drawn(_empty(m, d1, d2, False, False, _ensemble_dtype(dtype), sums), rng)

    def _column_squares(self) -> Array:
        (m, _), (d, _) = self.shape, self.matrix_shape
        squares = np.zeros(d)
        step = max(1, _BLOCK_BYTES // (8 * d))
        for begin in range(0, m, step):
            rows = self.to_dense(begin, begin + step)[:, :, 0]
            squares += np.einsum("ij,ij->j", rows, rows)
        return squares
