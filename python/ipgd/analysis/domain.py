"""The matrices that an operator sees, as vectors of their free entries."""

from __future__ import annotations

import numpy as np

from ..operators import Operator
from .checks import Array

_ROOT = np.sqrt(2.0)


class Domain:
    """All d1 x d2 matrices, or the symmetric ones, as R^p with <X, Y> for inner product.

    A symmetric matrix is its lower triangle with off-diagonal entries times sqrt(2) (svec).

    Parameters
    ----------
    operator : Operator

    Attributes
    ----------
    size : int
        p = d1 d2, or d (d + 1) / 2.
    measurements : int
        m.
    """

    def __init__(self, operator: Operator) -> None:
        self._operator = operator
        self._shape = operator.matrix_shape
        d1, d2 = self._shape
        self.measurements = operator.shape[0]
        self.size = d1 * (d1 + 1) // 2 if operator.symmetric else d1 * d2
        self._lower = np.tril_indices(d1) if operator.symmetric else None

    def vectors(self, matrices: Array) -> Array:
        """(K, p) of (K, d1, d2)."""
        if self._lower is None:
            return matrices.reshape(len(matrices), -1)
        rows, cols = self._lower
        packed: Array = matrices[:, rows, cols]
        return np.where(rows == cols, packed, _ROOT * packed)

    def matrices(self, vectors: Array) -> Array:
        """(K, d1, d2) of (K, p)."""
        if self._lower is None:
            return vectors.reshape(len(vectors), *self._shape)
        rows, cols = self._lower
        out = np.empty((len(vectors), *self._shape))
        out[:, rows, cols] = np.where(rows == cols, vectors, vectors / _ROOT)
        out[:, cols, rows] = out[:, rows, cols]
        return out

    def normal(self, vectors: Array) -> Array:
        """A*A x / m of each of K vectors; (K, p)."""
        image = images(self._operator, self.matrices(vectors))
        return self.vectors(back_projections(self._operator, image)) / self.measurements


def images(operator: Operator, X: Array) -> Array:
    """A of K matrices (K, d1, d2); shape (K, m)."""
    image: Array = operator.matmat(X.reshape(len(X), -1).T).T
    return image


def back_projections(operator: Operator, weights: Array) -> Array:
    """A* of K vectors (K, m); shape (K, d1, d2), symmetric where the operator is."""
    G: Array = np.ascontiguousarray(operator.rmatmat(weights.T).T)
    return G.reshape(len(weights), *operator.matrix_shape)
