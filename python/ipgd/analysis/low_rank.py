"""Stacks of matrices of low rank and of norm one."""

from __future__ import annotations

import numpy as np

from .checks import Array


def normalised(X: Array) -> Array:
    """Each of K matrices divided by its Frobenius norm; zero stays zero."""
    norms = np.linalg.norm(X, axis=(1, 2), keepdims=True)
    quotient: Array = X / np.where(norms == 0, 1.0, norms)
    return quotient


def leading_spaces(X: Array, rank: int, symmetric: bool) -> tuple[Array, Array]:
    """Orthonormal bases of the leading column and row spaces, (K, d1, r) and (K, d2, r)."""
    if symmetric:
        values, vectors = np.linalg.eigh(X)
        kept = np.argsort(-np.abs(values), axis=1)[:, :rank]
        basis = np.take_along_axis(vectors, kept[:, None, :], axis=2)
        return basis, basis
    left, _, right = np.linalg.svd(X, full_matrices=False)
    return left[:, :, :rank], right[:, :rank].transpose(0, 2, 1)


def truncated(X: Array, rank: int, symmetric: bool) -> Array:
    """The nearest matrices of this rank to each of K matrices: P X, P on the leading columns."""
    if rank >= min(X.shape[1:]):
        return X
    basis, _ = leading_spaces(X, rank, symmetric)
    part: Array = basis @ (basis.transpose(0, 2, 1) @ X)
    return (part + part.transpose(0, 2, 1)) / 2 if symmetric else part


def tangent_part(G: Array, left: Array, right: Array) -> Array:
    """The part of G tangent to the matrices of rank r: P G + G Q - P G Q."""
    columns = left @ (left.transpose(0, 2, 1) @ G)
    rest = G - columns
    part: Array = columns + (rest @ right) @ right.transpose(0, 2, 1)
    return part


def random_unit(
    count: int, shape: tuple[int, int], rank: int, symmetric: bool, rng: np.random.Generator
) -> Array:
    """Random matrices of norm one: L Rᵀ, or L S Lᵀ with random signs S, with Gaussian factors."""
    L = rng.standard_normal((count, shape[0], rank))
    if symmetric:
        signs = rng.choice([-1.0, 1.0], (count, 1, rank))
        return normalised((L * signs) @ L.transpose(0, 2, 1))
    R = rng.standard_normal((count, shape[1], rank))
    return normalised(L @ R.transpose(0, 2, 1))
