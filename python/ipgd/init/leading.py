"""Leading eigenpairs and singular triplets of A*(w).

Decompositions and products are the core's, whose bits depend on no BLAS and no number of threads.
"""

from __future__ import annotations

import numpy as np

from .. import _core
from .._support.validate import Array
from ..operators import Operator

# From this size on, and for so few pairs, block Lanczos costs less than a decomposition.
_LARGE, _FEW = 2**20, 4
_TOLERANCE = 1e-10  # of a residual, relative to the largest value
_MORE = 5  # columns of a block beyond the pairs asked for
_BLOCKS = 6  # before a restart
_STEPS = 60

Pairs = tuple[Array, Array, Array]


def leading_pairs(operator: Operator, weights: Array, symmetric: bool, count: int) -> Pairs:
    """The `count` largest eigenvalues or singular values of A*(w), descending, and their vectors.

    Parameters
    ----------
    operator : Operator
    weights : ndarray, shape (m,)
    symmetric : bool
        Eigenvalues of the symmetric part, the negative ones as zero; else singular values.
    count : int
        1 <= count <= min(d1, d2).

    Returns
    -------
    values : ndarray, shape (count,)
    left : ndarray, shape (d1, count)
    right : ndarray, shape (d2, count)
        That of the left vectors where `symmetric`.
    """
    d1, d2 = operator.matrix_shape
    if operator.factored and d1 * d2 >= _LARGE and _FEW * count <= min(d1, d2):
        values, left, right = _block_lanczos(_Applied(operator, weights, symmetric), count)
    elif symmetric:
        back = operator.adjoint(weights)
        values, left = _core.eigenpairs((back + back.T) / 2)
        right = left
    else:
        left, values, right = _core.thin_svd(operator.adjoint(weights))
    if symmetric:
        values = np.maximum(values, 0)
    left, right = (np.ascontiguousarray(vectors[:, :count]) for vectors in (left, right))
    return values[:count], left, right


class _Applied:
    """B = A*(w), or its symmetric part, applied to blocks of columns without being formed."""

    def __init__(self, operator: Operator, weights: Array, symmetric: bool) -> None:
        self._operator, self._weights = operator, weights
        self._mirrored = symmetric and not operator.symmetric
        self.symmetric, self.size = symmetric, operator.matrix_shape[1]

    def times(self, X: Array) -> Array:
        """B X."""
        image = self._operator.adjoint_times(self._weights, X)
        return (image + self.transposed_times(X)) / 2 if self._mirrored else image

    def transposed_times(self, X: Array) -> Array:
        """Bᵀ X of B itself, not of its symmetric part."""
        return self._operator.adjoint_times(self._weights, X, transposed=True)


def _block_lanczos(B: _Applied, count: int) -> Pairs:
    """Rayleigh-Ritz on a block Krylov space of B, or of BᵀB, restarted from its Ritz vectors.

    The blocks are orthogonalised against all before them, twice. With W = B V the triplets are
    those of W, so singular values are not squared.
    """
    width = min(B.size, count + _MORE)
    start = [_core.normals(0, j, 0, B.size).astype(np.float64) for j in range(width)]
    V = block = _core.orthonormal_columns(np.ascontiguousarray(np.transpose(start)))
    W = image = B.times(block)
    back = image if B.symmetric else B.transposed_times(image)
    G = back  # B V again, or Bᵀ B V
    for _ in range(_STEPS):
        values, left, Z = _ritz(V, W, B.symmetric)
        right = _core.multiply(V, Z)
        ahead = _core.multiply(G, Z)
        if B.symmetric:
            left, misses = right, ahead - right * values
        else:
            sizes = np.where(values > 0, values, 1.0)
            misses = (ahead - right * values**2) / sizes
        worst = float(np.sqrt((misses[:, :count] ** 2).sum(axis=0)).max())
        if worst <= _TOLERANCE * abs(float(values[0])) or V.shape[1] == B.size:
            break
        if V.shape[1] > (_BLOCKS - 1) * width:
            keep = np.ascontiguousarray(Z[:, :width])  # the Ritz vectors
            V, W, G = (_core.multiply(M, keep) for M in (V, W, G))
            back = misses[:, :width]
        block = _next_block(back, V)
        image = B.times(block)
        back = image if B.symmetric else B.transposed_times(image)
        V, W, G = (np.hstack([old, new]) for old, new in ((V, block), (W, image), (G, back)))
    return values[:count], left[:, :count], right[:, :count]


def _ritz(V: Array, W: Array, symmetric: bool) -> Pairs:
    """Ritz values, left vectors (not where `symmetric`), and right ones in the basis V."""
    if symmetric:
        T = _core.multiply(_transposed(V), W)
        values, Z = _core.eigenpairs((T + T.T) / 2)
        return values, V, Z
    if W.shape[1] > len(W):
        left, values, Z = _core.thin_svd(W)
        return values, left, Z
    Q = _core.orthonormal_columns(W)
    u, values, Z = _core.thin_svd(_core.multiply(_transposed(Q), W))
    return values, _core.multiply(Q, u), Z


def _next_block(X: Array, V: Array) -> Array:
    """An orthonormal basis of what the columns of X have orthogonal to V."""
    X = X[:, : len(V) - V.shape[1]]
    for _ in range(2):
        X = X - _core.multiply(V, _core.multiply(_transposed(V), np.ascontiguousarray(X)))
        X = _core.orthonormal_columns(X)
    return X


def _transposed(matrix: Array) -> Array:
    return np.ascontiguousarray(matrix.T)
