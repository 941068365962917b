"""The start of a compressed deep model, found from the full model's first gradient."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import pairwise

import numpy as np

from .. import _core
from .._support.memory import require_memory
from .._support.validate import Array
from ..problems import Problem
from .base import Scaled
from .leading import leading_pairs
from .scaled import orthogonal


@dataclass(frozen=True)
class compressed(Scaled):  # noqa: N801
    """The start of :class:`ipgd.CompressedDeep` that stands for scaled orthogonal layers.

    The full model is :class:`ipgd.DeepFactor` of the same depth. Let W_j(0) = alpha Q_j be its
    layers by :class:`scaled_orthogonal` with the same ``rng``, Q = Q_N ... Q_1, and P and R the top
    r left and right singular vectors of the first gradient with respect to Theta. Then V is a basis
    of the span of R and Qᵀ P, U = Q V, and each 2r x 2r layer is alpha I. For a gradient of rank r,
    V spans the top 2r right singular vectors of G and Gᵀ Q_1, stacked, with G the gradient with
    respect to W_1. The Q_j take N d^2 numbers.

    Parameters
    ----------
    scale : float or "auto"
        alpha > 0, as in :class:`scaled_identity`.

    Raises
    ------
    ValueError
        At another model.
    """

    def blocks(  # noqa: D102
        self, problem: Problem, model: _core.Parameterization, rng: np.random.Generator
    ) -> list[Array]:
        if model.name != "CompressedDeep":
            raise ValueError(
                f"init: expected another init for {model.name}, got {self!r}, which is for "
                "CompressedDeep"
            )
        alpha, depth = self.alpha(problem, model), model.degree
        d1, d2 = model.rows, model.cols
        width = min(d1, d2)
        require_memory("init", 8 * depth * width * max(d1, d2), "the layers of the full model")
        sizes = [d2, *[width] * (depth - 1), d1]
        Q = [orthogonal((rows, cols), rng) for cols, rows in pairwise(sizes)]
        _, k, _ = model.blocks()[0]
        U, V = _spaces(problem, Q, alpha, k // 2)
        unit = model.units[0]
        return [unit * V.T, *(alpha * np.eye(k) for _ in Q), unit * U]


def _spaces(problem: Problem, Q: Sequence[Array], alpha: float, rank: int) -> tuple[Array, Array]:
    """U (d1 x 2r) and V (d2 x 2r) for the layers alpha Q_1, ..., alpha Q_N.

    P and R are the top r singular vectors of G = A*(A(alpha^N Q) - y)/m, Q = Q_N ... Q_1; V is an
    orthonormal basis of the span of R and Qᵀ P, and U = Q V.
    """
    operator, multiply = problem.operator, _core.multiply
    left = reduce(multiply, Q[:0:-1])  # Q_N ... Q_2
    image = operator.forward((alpha ** len(Q) * left, _transposed(Q[0])))
    weights = (image - problem.working_response) / problem.m
    _, P, R = leading_pairs(operator, weights, False, rank)
    back = multiply(_transposed(Q[0]), multiply(_transposed(left), P))  # Qᵀ P
    V = _core.orthonormal_columns(np.hstack([R, back]))
    return multiply(left, multiply(Q[0], V)), V


def _transposed(matrix: Array) -> Array:
    return np.ascontiguousarray(matrix.T)
