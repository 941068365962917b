"""Sampled entries of a matrix: the operator of matrix completion."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import _core
from .._support.memory import require_memory
from .._support.random import RNG, generator
from .._support.validate import Array, describe, integer, numeric_array
from .base import Operator

Indices = NDArray[np.int64]
_LARGEST = 2**26  # rows or columns
_HINTS = {
    "f": " (.astype(int) if all are whole numbers)",
    "b": " (np.nonzero(mask) gives the places that are True)",
}
_NUMBERED = "; names, numbers = np.unique(ids, return_inverse=True) numbers ids that are text"


class Entries(Operator):
    """Measurements of single entries, <A_i, Theta> = s Theta[rows_i, cols_i], s = sqrt(d1 d2).

    With the factor s, E <A_i, Theta>^2 = ||Theta||_F^2 for an entry drawn uniformly: the
    normalisation of the Gaussian ensembles, so the same step sizes hold. Nothing of size d1 x d2
    is formed as long as Theta is given by its factors: a step costs O(m k) operations, and the
    operator 4 bytes an entry.

    Parameters
    ----------
    rows, cols : array_like of int, shape (m,)
        Where the entries lie, counted from zero, in any order. An entry that is given twice is
        measured twice, and both count.
    shape : tuple of int
        ``(d1, d2)``, each at most 2**26.

    Attributes
    ----------
    scale : float
        s: ``forward`` gives s times the entries, and y must be s times the observed values
        (:class:`ipgd.MatrixCompletion` sees to that).
    rows, cols : ndarray of int, shape (m,)

    Raises
    ------
    ValueError
        If there is no entry, the lengths differ, or an index lies outside the matrix.
    TypeError
        If the indices are not integers.
    """

    _native: _core.EntriesOperator

    def __init__(self, rows: ArrayLike, cols: ArrayLike, shape: Sequence[int]) -> None:
        native, order = _native_entries(rows, cols, shape)
        super().__init__(native)
        # The core numbers measurements by tiles of the matrix.
        self._order = None if np.array_equal(order, np.arange(len(order))) else order

    @classmethod
    def in_core_order(
        cls, rows: ArrayLike, cols: ArrayLike, shape: Sequence[int]
    ) -> tuple[Self, Indices]:
        """The operator with its measurements in the core's order, and that order.

        Measurement p is entry ``order[p]`` of those given. In any other order y is permuted at
        every call.

        Returns
        -------
        operator : Entries
        order : ndarray of int, shape (m,)
        """
        native, order = _native_entries(rows, cols, shape)
        operator = cls.__new__(cls)
        Operator.__init__(operator, native)
        operator._order = None
        return operator, order

    @classmethod
    def uniform(cls, m: int, d1: int, d2: int, *, rng: RNG = None) -> Self:
        """Draw m different entries, all sets of m equally likely.

        Parameters
        ----------
        m, d1, d2 : int
            1 <= m <= d1 d2.
        rng : None, int or numpy.random.Generator

        Returns
        -------
        Entries
        """
        d1, d2 = integer("d1", d1, 1, _LARGEST), integer("d2", d2, 1, _LARGEST)
        m = integer("m", m, 1)
        if m > d1 * d2:
            raise ValueError(f"m: expected at most d1 d2 = {d1 * d2} different entries, got {m}")
        require_memory("m", 48 * m, f"m = {m} entries with their indices")
        chosen = generator(rng).choice(d1 * d2, m, replace=False, shuffle=False)
        return cls.in_core_order(*np.divmod(chosen, d2), (d1, d2))[0]

    @property
    def scale(self) -> float:  # noqa: D102
        return self._native.scale

    @property
    def rows(self) -> Indices:  # noqa: D102
        return self._indices()[0]

    @property
    def cols(self) -> Indices:  # noqa: D102
        return self._indices()[1]

    def largest_line_gain(self) -> float:
        """How much more often the most popular row or column is measured than the mean one.

        n_i d1 d2 / (m d2') for the n_i entries of a row, d2' the number of columns that have
        entries, and the same for columns: 1 where all have equally many.
        """
        d1, d2 = self.matrix_shape
        rows, cols = self._native.indices()
        counts = [np.unique(index, return_counts=True)[1] for index in (rows, cols)]
        used_rows, used_cols = map(len, counts)
        in_row, in_col = (float(count.max()) for count in counts)
        return d1 * d2 / self.shape[0] * max(in_row / used_cols, in_col / used_rows)

    def _largest_term(self, y: Array, magnitude: float, rank: int) -> float:
        """An estimate of max_i c^2 ||grad <A_i, V Wᵀ>||^2 near a balanced Theta*.

        That is d1 d2 (||v_i||^2 + ||w_j||^2). For Theta* of rank r whose singular values are alike
        and whose singular vectors are spread out, ||v_i||^2 = (d2 r / d1)^(1/2) q_i with q_i the
        root mean square of row i, and the same for columns. q is that of the observed values; r is
        the stable rank ||Theta*||_F^2 / sigma_1^2, at most `rank`.
        """
        d1, d2 = self.matrix_shape
        square = (y / self.scale) ** 2
        row, col = (_largest_mean(index, square) for index in (self.rows, self.cols))
        stable = float(square.mean()) * d1 * d2 / magnitude**2
        r = min(float(rank), max(1.0, stable))
        return float(np.sqrt(d1 * d2 * r) * (d2 * np.sqrt(row) + d1 * np.sqrt(col)))

    def _pass_nbytes(self, rank: int) -> int:
        return self._native.pass_nbytes(rank)

    def _written(self) -> dict[str, Any]:
        rows, cols = (index.astype(np.int32) for index in self._native.indices())
        return {"rows": rows, "cols": cols, "shape": self.matrix_shape}

    @classmethod
    def _made(cls, written: dict[str, Any]) -> _core.EntriesOperator:
        # In the order that it works in, which it keeps.
        return _native_entries(written["rows"], written["cols"], written["shape"])[0]

    def _indices(self) -> tuple[Indices, Indices]:
        rows, cols = self._native.indices()
        return self._from_core(rows), self._from_core(cols)

    def _to_core(self, y: Array) -> Array:
        return y if self._order is None else y[..., self._order]

    def _from_core(self, y: NDArray[Any]) -> NDArray[Any]:
        if self._order is None:
            return y
        out = np.empty_like(y)
        out[..., self._order] = y
        return out


def _native_entries(
    rows: ArrayLike, cols: ArrayLike, shape: Sequence[int]
) -> tuple[_core.EntriesOperator, Indices]:
    d1, d2 = matrix_shape(shape)
    row, col = indices("rows", rows), indices("cols", cols)
    if len(row) != len(col):
        raise ValueError(f"cols: expected as many indices as rows ({len(row)}), got {len(col)}")
    return _core.entries(d1, d2, row, col)


def _has_names(values: object) -> bool:
    """Whether the first of the values is text."""
    try:
        return isinstance(next(iter(values), None), str)  # type: ignore[call-overload]
    except TypeError:  # a number, or an array without axes
        return False


def _largest_mean(index: Indices, values: Array) -> float:
    """The largest mean of the values that share an index."""
    _, places = np.unique(index, return_inverse=True)
    counts = np.bincount(places)
    return float((np.bincount(places, values) / counts).max())


def matrix_shape(shape: Sequence[int]) -> tuple[int, int]:
    """(d1, d2), checked."""
    try:
        d1, d2 = shape
    except (TypeError, ValueError):
        raise ValueError(f"shape: expected (d1, d2), got {describe(shape)}") from None
    return integer("shape[0]", d1, 1, _LARGEST), integer("shape[1]", d2, 1, _LARGEST)


def indices(name: str, values: ArrayLike) -> Indices:
    """`values` as a vector of at least one integer."""
    try:
        array = numeric_array(name, values, what="integers")
    except TypeError as error:
        raise TypeError(f"{error}{_NUMBERED if _has_names(values) else ''}") from None
    if array.dtype.kind not in "iu" and array.size:
        raise TypeError(
            f"{name}: expected integers, got dtype {array.dtype}{_HINTS.get(array.dtype.kind, '')}"
        )
    if array.ndim != 1 or array.size == 0:
        raise ValueError(
            f"{name}: expected a vector of at least one index, got shape {array.shape}"
        )
    return np.require(array, dtype=np.int64, requirements=["C", "A"])
