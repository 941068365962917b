"""The spaces in which a deep model moves, found from its first gradient (Yaras et al. 2023)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import numpy as np

from .. import _core
from .._support.validate import Array
from ..problems import Problem
from .lanczos import leading_by_lanczos

_FEW = 4  # from this many times fewer triplets than dimensions on, Lanczos iterations cost less


def compressed_spaces(
    problem: Problem, Q: Sequence[Array], alpha: float, rank: int
) -> tuple[Array, Array]:
    """U (d1 x 2r) and V (d2 x 2r) for the layers alpha Q_1, ..., alpha Q_N.

    P and R are the top r singular vectors of G = A*(A(alpha^N Q) - y)/m, Q = Q_N ... Q_1; V is an
    orthonormal basis of the span of R and Qᵀ P, and U = Q V.
    """
    operator = problem.operator
    left = reduce(np.matmul, Q[:0:-1])  # Q_N ... Q_2
    image = operator.forward((alpha ** len(Q) * left, np.ascontiguousarray(Q[0].T)))
    P, R = _top_singular_vectors(problem, (image - problem.working_response) / problem.m, rank)
    V = _core.orthonormal_columns(np.hstack([R, Q[0].T @ (left.T @ P)]))
    return left @ (Q[0] @ V), V


def _top_singular_vectors(problem: Problem, weights: Array, count: int) -> tuple[Array, Array]:
    """Those of A*(weights), as columns."""
    operator = problem.operator
    d1, d2 = operator.matrix_shape
    if not operator.factored or _FEW * count > min(d1, d2):
        left, _, right = np.linalg.svd(operator.adjoint(weights), full_matrices=False)
        return left[:, :count], right[:count].T
    _, left, right = leading_by_lanczos(operator, weights, symmetric=False, count=count)
    return left, right
