"""Extreme eigenvalues of the Hessian of f at a point, from its exact products."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from scipy.sparse.linalg import LinearOperator, eigsh

from .checks import Array
from .norms import norm
from .point import Point

Projection: TypeAlias = Callable[[Array], Array]

DENSE = 200  # up to here all products are made at once
_SEED = 0x5EED
_MARGIN = 1.1  # over the largest eigenvalue that a few products find
ROUGH = 1e-2  # relative, of that one
TOLERANCE = 1e-6


@dataclass(frozen=True, eq=False)
class Eigenpair:
    """An eigenvalue of P H P on the range of P.

    Attributes
    ----------
    value : float
        vᵀ H v.
    vector : ndarray of shape (size,)
        v, of unit length.
    error : float
        ||P H v - value v||: an eigenvalue is at least that near.
    """

    value: float
    vector: Array
    error: float


def start_vector(size: int) -> Array:
    """Where Lanczos iterations start: always the same random vector."""
    return np.random.default_rng(_SEED).standard_normal(size)


def products(point: Point, vectors: Array) -> Array:
    """H v for each row."""
    return point.objective.hessian_product(point.flat, vectors)


def largest_size(point: Point) -> float:
    """The largest absolute value of an eigenvalue of H, to a per cent or so."""
    n = len(point.flat)
    if n <= DENSE:
        values = np.linalg.eigvalsh(dense(point))
        return float(np.abs(values).max())
    operator = LinearOperator(
        (n, n), matvec=lambda v: products(point, v.reshape(-1)), dtype=np.float64
    )
    found = eigsh(
        operator, k=1, which="LM", tol=ROUGH, v0=start_vector(n), return_eigenvectors=False
    )
    return float(abs(found[0]))


def lowest(
    point: Point, project: Projection | None = None, tolerance: float = TOLERANCE
) -> Eigenpair:
    """The smallest eigenvalue of H, or of P H P on the range of the orthogonal projection P.

    It is the largest eigenvalue of P (s - H) P for an s above all those of H: the zeros of what P
    leaves out are at the other end. By ARPACK's Lanczos iterations to a residual of `tolerance`
    relative to s, or from the dense matrix where that is small.
    """
    n = len(point.flat)
    P = project if project is not None else lambda v: v
    if n <= DENSE:
        H = dense(point)
        Q = np.array([P(e) for e in np.eye(n)])
        s = _MARGIN * float(np.abs(np.linalg.eigvalsh(H)).max()) or 1.0
        vector = np.linalg.eigh(s * Q - Q @ H @ Q)[1][:, -1]
    else:
        s = _MARGIN * largest_size(point) or 1.0

        def shifted(v: Array) -> Array:
            inside = P(v.reshape(-1))
            return P(s * inside - products(point, inside))

        operator = LinearOperator((n, n), matvec=shifted, dtype=np.float64)
        vectors = eigsh(operator, k=1, which="LA", tol=tolerance, v0=P(start_vector(n)))[1]
        vector = vectors[:, 0]
    vector = P(vector)
    vector = vector / (norm(vector) or 1.0)
    vector *= np.sign(vector[np.argmax(np.abs(vector))]) or 1.0
    image = P(products(point, vector))
    value = float(vector @ image)
    return Eigenpair(value, vector, norm(image - value * vector))


def dense(point: Point) -> Array:
    """H, from one product for each parameter."""
    H = products(point, np.eye(len(point.flat)))
    return (H + H.T) / 2
