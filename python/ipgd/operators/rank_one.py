"""Rank-one measurements: quadratic and bilinear forms."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import _core
from .._support.memory import require_memory
from .._support.random import RNG, draw_key, generator
from .._support.validate import Array, as_float64, finite, integer, numeric_array, one_of, shaped
from . import advice
from .base import Operator

_BLOCK_BYTES = 32 * 2**20  # of float64 copied at a time from what the user gives
_DTYPES = ("float64", "float32")


class RankOne(Operator):
    """Measurements by rank-one matrices, y_i = a_iᵀ Theta a_i, or y_i = a_iᵀ Theta b_i.

    Only the vectors are stored and each is read once a pass: O(m d k) operations for Theta given by
    factors of k columns, and nothing of size d x d.

    Such ensembles are not isotropic: for standard Gaussian vectors x, E <xxᵀ, D> xxᵀ = 2 D +
    tr(D) I for symmetric D, and not D. So A*(y)/m is 2 Theta* + tr(Theta*) I in the mean, and
    gradients are heavy-tailed (fourth powers of Gaussians). "auto" step sizes, which go by
    ||A*(y)/m||, take that into account. With independent a and b, E <abᵀ, D> abᵀ = D.

    Parameters
    ----------
    X : array_like, shape (m, d) or (m, d1)
        The vectors a_i, one a row. Read block by block; not modified.
    Y : array_like, shape (m, d2), optional
        The vectors b_i. Without them A_i = a_i a_iᵀ, and Theta is symmetric.
    dtype : {None, "float64", "float32"}
        Storage. None keeps float32 when that loses nothing, else float64. Sums are float64.

    Raises
    ------
    ValueError
        If the shapes are not as stated or there is a NaN or infinity.
    TypeError
        If an array is not real.
    MemoryError
        If the stored vectors would not fit in memory.
    """

    _native: _core.RankOneOperator
    _keys: tuple[int, ...] | None = None  # of the ensemble that it was drawn from

    def __init__(self, X: ArrayLike, Y: ArrayLike | None = None, *, dtype: str | None = None):
        sides = [_vectors("X", X, advice.QUADRATIC if Y is None else advice.BILINEAR)]
        if Y is not None:
            sides.append(_vectors("Y", Y, advice.BILINEAR))
            if len(sides[1]) != len(sides[0]):
                raise ValueError(
                    f"Y: expected as many rows as X ({len(sides[0])}), got {len(sides[1])}"
                )
        if dtype is not None:
            one_of("dtype", dtype, _DTYPES)
        super().__init__(_filled(sides, dtype))

    @property
    def quadratic_forms(self) -> bool:  # noqa: D102
        return self.symmetric

    @classmethod
    def gaussian(
        cls, m: int, d1: int, d2: int | None = None, *, rng: RNG = None, dtype: str | None = None
    ) -> Self:
        """Standard Gaussian vectors on the float32 grid, which float32 storage keeps exactly.

        Parameters
        ----------
        m, d1 : int
            Number of measurements; dimension of the a_i.
        d2 : int, optional
            Dimension of independent b_i. Without it A_i = a_i a_iᵀ.
        rng : None, int or numpy.random.Generator
            Entry j of vector i is a function of the key drawn from it, of i and of j alone.
        dtype : {None, "float32", "float64"}
            Storage; float32 by default.

        Returns
        -------
        RankOne
        """
        m, d1 = integer("m", m, 1), integer("d1", d1, 1)
        d2 = 0 if d2 is None else integer("d2", d2, 1)
        storage = "float32" if dtype is None else one_of("dtype", dtype, _DTYPES)
        random = generator(rng)
        keys = tuple(draw_key(random) for _ in range(2 if d2 else 1))
        operator = cls.__new__(cls)
        Operator.__init__(operator, _drawn(m, d1, d2, storage, keys))
        operator._keys = keys
        return operator

    def _written(self) -> dict[str, Any]:
        native = self._native
        d2 = 0 if native.symmetric else native.cols
        made_of = {"sizes": (native.measurements, native.rows, d2), "storage": native.storage}
        if self._keys is not None:
            return made_of | {"keys": self._keys}
        sides = self.vectors()[: 1 if native.symmetric else 2]
        return made_of | {"vectors": [side.astype(native.storage) for side in sides]}

    @classmethod
    def _made(cls, written: dict[str, Any]) -> _core.RankOneOperator:
        m, d1, d2 = written["sizes"]
        if "keys" in written:
            return _drawn(m, d1, d2, written["storage"], written["keys"])
        return _filled(written["vectors"], written["storage"])

    def vectors(self, start: int = 0, stop: int | None = None) -> tuple[Array, Array]:
        """The vectors a_i and b_i (the a_i again where A_i = a_i a_iᵀ), start <= i < stop.

        Returns
        -------
        X : ndarray, shape (stop - start, d1)
        Y : ndarray, shape (stop - start, d2)
        """
        begin, end, _ = slice(start, stop).indices(self.shape[0])
        count = max(0, end - begin)
        X = self._native.get_rows(begin, count, False)
        return X, X if self.symmetric else self._native.get_rows(begin, count, True)


def _drawn(m: int, d1: int, d2: int, dtype: str, keys: tuple[int, ...]) -> _core.RankOneOperator:
    """Standard Gaussian vectors, one key for each side."""
    native = _empty(m, d1, d2, dtype)
    for side, (key, d) in enumerate(zip(keys, (d1, d2), strict=False)):
        step = max(1, _BLOCK_BYTES // (8 * d))
        for begin in range(0, m, step):
            rows = range(begin, min(begin + step, m))
            block = np.array([_core.normals(key, i, 0, d) for i in rows], np.float64)
            native.set_rows(begin, block, bool(side))
    return native


def _vectors(name: str, values: ArrayLike, of_complex: str) -> NDArray[np.generic]:
    array = numeric_array(name, values, of_complex)
    shaped(name, array, (None, None))
    return array


def _empty(m: int, d1: int, d2: int, dtype: str) -> _core.RankOneOperator:
    nbytes = m * (d1 + d2) * (4 if dtype == "float32" else 8)
    require_memory("X", nbytes, f"m = {m} vectors of {d1 + d2} numbers as {dtype}")
    return _core.rank_one(m, d1, d2, dtype)


def _filled(sides: list[NDArray[np.generic]], dtype: str | None) -> _core.RankOneOperator:
    """The operator; without a dtype in float32 if that loses nothing, else in float64."""
    m, d1 = sides[0].shape
    storage = dtype or "float32"
    native = _empty(m, d1, sides[1].shape[1] if len(sides) > 1 else 0, storage)
    for name, side, array in zip("XY", (False, True), sides, strict=False):
        step = max(1, _BLOCK_BYTES // (8 * array.shape[1]))
        for begin in range(0, m, step):
            block = as_float64(array[begin : begin + step])
            finite(name, block, begin)
            exact = native.set_rows(begin, block, side)
            if not exact and dtype is None:
                return _filled(sides, "float64")
            if storage == "float32" and np.abs(block).max() > np.finfo(np.float32).max:
                raise ValueError(f"{name}: expected entries that fit float32 (dtype='float32')")
    return native
