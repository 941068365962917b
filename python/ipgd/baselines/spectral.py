"""Functions of the spectrum: projections and shrinkage, by LAPACK or ARPACK."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh, eigvalsh, svd, svdvals
from scipy.sparse.linalg import svds

Array = NDArray[np.float64]

# ARPACK pays for a few values of a large matrix.
_ITERATIVE_SIZE, _ITERATIVE_SHARE = 400, 0.05


def map_eigenvalues(X: Array, function: Callable[[Array], Array]) -> tuple[Array, Array]:
    """Q diag(function(w)) Qᵀ for symmetric X = Q diag(w) Qᵀ, and function(w)."""
    values, vectors = eigh((X + X.T) / 2)
    mapped = function(values)
    return (vectors * mapped) @ vectors.T, mapped


def map_singular_values(X: Array, function: Callable[[Array], Array]) -> tuple[Array, Array]:
    """P diag(function(s)) Qᵀ for X = P diag(s) Qᵀ, and function(s)."""
    left, values, right = svd(X, full_matrices=False)
    mapped = function(values)
    return (left * mapped) @ right, mapped


def psd_part(X: Array) -> Array:
    """The nearest positive semidefinite matrix."""
    return map_eigenvalues(X, lambda w: np.maximum(w, 0))[0]


def _start(X: Array) -> Array:
    """A fixed start for ARPACK, so that results are reproducible."""
    return np.ones(min(X.shape))


def low_rank_part(X: Array, rank: int, symmetric: bool) -> tuple[Array, Array]:
    """The nearest matrix of this rank, and an orthonormal basis of its columns."""
    if symmetric:
        values, vectors = eigh((X + X.T) / 2)
        largest = np.argsort(-np.abs(values))[:rank]
        basis = vectors[:, largest]
        return (basis * values[largest]) @ basis.T, basis
    few = min(X.shape) >= _ITERATIVE_SIZE and rank <= _ITERATIVE_SHARE * min(X.shape)
    parts = svds(X, k=rank, v0=_start(X)) if few else svd(X, full_matrices=False)
    left, values, right = (np.asarray(part, dtype=np.float64) for part in parts)
    left, values, right = left[:, :rank], values[:rank], right[:rank]
    return (left * values) @ right, left


def shrink(X: Array, threshold: float, symmetric: bool, psd: bool) -> tuple[Array, float]:
    """The proximal map of threshold ||.||_* (of the trace on the PSD cone), and ||result||_*."""
    if psd:
        result, values = map_eigenvalues(X, lambda w: np.maximum(w - threshold, 0))
    elif symmetric:
        result, values = map_eigenvalues(
            X, lambda w: np.sign(w) * np.maximum(np.abs(w) - threshold, 0)
        )
    else:
        result, values = map_singular_values(X, lambda s: np.maximum(s - threshold, 0))
    return result, float(np.abs(values).sum())


def nuclear(X: Array, symmetric: bool, psd: bool) -> tuple[float, float]:
    """||X||_*, and how far X is from the cone in that unit where it has to be in the PSD cone."""
    if not (symmetric or psd):
        return float(svdvals(X).sum()), 0.0
    values = eigvalsh((X + X.T) / 2)
    total = float(np.abs(values).sum())
    outside = max(-float(values[0]), 0.0) if psd else 0.0
    return total, outside / (total or 1.0)


def dual_norm(X: Array, symmetric: bool, psd: bool) -> float:
    """The norm that is dual to the nuclear one: ||X||_2; on the PSD cone max(lambda_max(X), 0)."""
    if not (symmetric or psd):
        return float(svdvals(X)[0])
    values = eigvalsh((X + X.T) / 2)
    return max(float(values[-1]), 0.0 if psd else -float(values[0]))
