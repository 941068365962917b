"""Initial points. Each is a value that knows how to start any model of a problem."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from .. import _core
from .._support.memory import require_memory
from .._support.validate import Array, number
from ..algorithms.base import Auto, check_auto
from ..problems import Problem
from ..problems.base import thin_svd
from .compressed import compressed_spaces
from .lanczos import leading_by_lanczos

__all__ = [
    "Init",
    "balanced",
    "compressed",
    "constant",
    "gaussian",
    "nystrom",
    "scaled_identity",
    "scaled_orthogonal",
    "spectral",
    "zeros",
]


class Init(ABC):
    """An initial point for each block of the parameters."""

    @abstractmethod
    def blocks(
        self, problem: Problem, model: _core.Parameterization, rng: np.random.Generator
    ) -> list[Array]:
        """One array for each of the model's blocks."""


@dataclass(frozen=True)
class _Scaled(Init):
    scale: Auto = "auto"

    def __post_init__(self) -> None:
        object.__setattr__(self, "scale", check_auto("scale", self.scale))

    def alpha(self, problem: Problem, model: _core.Parameterization) -> float:
        """The scale in numbers."""
        if self.scale != "auto":
            return float(self.scale)
        size = problem.scale().magnitude
        root = np.sqrt(size) if model.degree == 2 else size ** (1 / model.degree)
        return float(model.start_size * root)


def _shapes(model: _core.Parameterization) -> list[tuple[int, int]]:
    return [(rows, cols) for _, rows, cols in model.blocks()]


class scaled_identity(_Scaled):  # noqa: N801
    """Every block is alpha I (ones on the main diagonal where it is not square).

    Parameters
    ----------
    scale : float or "auto"
        alpha > 0. "auto": 1e-8 sqrt(estimate of ||Theta*||). The final error falls with alpha, the
        waiting time grows like log(1/alpha) (Li, Ma, Zhang 2018). For vectors as powers or products
        1e-40 takes the place of 1e-8; where Theta is of degree N > 2 in the parameters, the waiting
        time grows like alpha^(2-N), and "auto" is (tau estimate of ||Theta*||)^(1/N) with
        tau = 1e-6 for N = 3 and 1e-4 beyond, which is about the error that remains; a
        weight-normalised start has d alpha^L = estimate of ||Theta*|| / 10.

    Raises
    ------
    ValueError
        At a model of vectors, whose identity is :class:`constant`.
    """

    def blocks(  # noqa: D102
        self, problem: Problem, model: _core.Parameterization, rng: np.random.Generator
    ) -> list[Array]:
        if model.entrywise:
            raise ValueError(
                f"init: expected ipgd.init.constant() for {model.name}, a model of vectors, got "
                f"{self!r}"
            )
        return [self.alpha(problem, model) * np.eye(*shape) for shape in _shapes(model)]


class constant(_Scaled):  # noqa: N801
    """Every entry is alpha: the start of entrywise models, whose Theta is then zero.

    For :class:`ipgd.parameterizations.HadamardProduct` u = alpha and v = 0; for
    :class:`ipgd.parameterizations.WeightNormalized` all entries of v and of w are alpha.

    Parameters
    ----------
    scale : float or "auto"
        alpha > 0, as in :class:`scaled_identity`.
    """

    def blocks(  # noqa: D102
        self, problem: Problem, model: _core.Parameterization, rng: np.random.Generator
    ) -> list[Array]:
        alpha = self.alpha(problem, model)
        return [
            np.full(shape, alpha * unit)
            for shape, unit in zip(_shapes(model), model.units, strict=True)
        ]


class gaussian(_Scaled):  # noqa: N801
    """Every entry is N(0, alpha^2 / k), k the number of columns: E[U U^T] = alpha^2 I.

    Parameters
    ----------
    scale : float or "auto"
        alpha > 0, as in :class:`scaled_identity`.

    References
    ----------
    Stöger, Soltanolkotabi (2021), "Small random initialization is akin to spectral learning",
    arXiv 2106.15013.
    """

    def blocks(  # noqa: D102
        self, problem: Problem, model: _core.Parameterization, rng: np.random.Generator
    ) -> list[Array]:
        alpha = self.alpha(problem, model)
        return [
            unit * alpha / np.sqrt(shape[1]) * rng.standard_normal(shape)
            for shape, unit in zip(_shapes(model), model.units, strict=True)
        ]


class scaled_orthogonal(_Scaled):  # noqa: N801
    """Every block is alpha Q, Q random with orthonormal columns (or rows, where it is wide).

    Parameters
    ----------
    scale : float or "auto"
        alpha > 0, as in :class:`scaled_identity`.
    """

    def blocks(  # noqa: D102
        self, problem: Problem, model: _core.Parameterization, rng: np.random.Generator
    ) -> list[Array]:
        alpha = self.alpha(problem, model)
        return [alpha * _orthogonal(shape, rng) for shape in _shapes(model)]


class compressed(_Scaled):  # noqa: N801
    """The start of :class:`ipgd.CompressedDeep` that stands for scaled orthogonal layers.

    With layers W_j(0) = alpha Q_j, those of :class:`scaled_orthogonal` for the full model
    (:class:`ipgd.DeepFactor` of the same depth) and the same ``rng``, Q = Q_N ... Q_1, and the top
    r singular vectors P and R of the first gradient with respect to Theta: V is a basis of the
    span of R and Qᵀ P, U = Q V, and each 2r x 2r layer is alpha I. For a gradient of rank r these
    are the top 2r right singular vectors of that of W_1, G, and of Gᵀ Q_1, stacked. The Q_j take
    N d^2 numbers.

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
        Q = [_orthogonal((rows, cols), rng) for cols, rows in pairwise(sizes)]
        _, k, _ = model.blocks()[0]
        U, V = compressed_spaces(problem, Q, alpha, k // 2)
        unit = model.units[0]
        return [unit * V.T, *(alpha * np.eye(k) for _ in Q), unit * U]


class balanced(_Scaled):  # noqa: N801
    """Balanced parameters of alpha^N G, G a Gaussian matrix of norm about one, N the degree.

    With an operator that takes Theta by its factors, which may be too large to form, G is the
    product of two Gaussian matrices with as many columns as the narrowest layer.

    All layers have the same singular values and W_{j+1}ᵀ W_{j+1} = W_j W_jᵀ, which gradient flow
    keeps. For vectors Theta_0 = alpha^N G entry by entry.

    Parameters
    ----------
    scale : float or "auto"
        alpha > 0, as in :class:`scaled_identity`.
    """

    def blocks(  # noqa: D102
        self, problem: Problem, model: _core.Parameterization, rng: np.random.Generator
    ) -> list[Array]:
        d1, d2 = model.rows, model.cols
        size = self.alpha(problem, model) ** model.degree
        if problem.operator.factored:
            k = min(min(shape) for shape in _shapes(model))
            L, R = (rng.standard_normal((d, k)) / (np.sqrt(d) + np.sqrt(k)) for d in (d1, d2))
            left, values, right = thin_svd((L, R))
        else:
            G = rng.standard_normal((d1, d2)) / (np.sqrt(d1) + np.sqrt(d2))
            left, values, right = thin_svd(G)
        return _lifted(model, left, size * values, right.T)


def _orthogonal(shape: tuple[int, int], rng: np.random.Generator) -> Array:
    X = rng.standard_normal((max(shape), min(shape)))
    Q = _core.orthonormal_columns(X)
    return Q if shape[0] >= shape[1] else np.ascontiguousarray(Q.T)


def _lifted(model: _core.Parameterization, left: Array, values: Array, right: Array) -> list[Array]:
    """Balanced parameters of left diag(values) rightᵀ."""
    parts = (np.ascontiguousarray(part, dtype=np.float64) for part in (left, values, right))
    return list(split_blocks(model, model.lift(*parts)).values())


@dataclass(frozen=True)
class zeros(Init):  # noqa: N801
    """Theta = 0 at a saddle, which only a perturbed method can leave.

    All parameters are zero, but for the directions of
    :class:`ipgd.parameterizations.WeightNormalized`, which are ones.
    """

    def blocks(  # noqa: D102
        self, problem: Problem, model: _core.Parameterization, rng: np.random.Generator
    ) -> list[Array]:
        d1, d2 = model.rows, model.cols
        return _lifted(model, np.empty((d1, 0)), np.empty(0), np.empty((d2, 0)))


@dataclass(frozen=True)
class spectral(Init):  # noqa: N801
    """From the leading eigenpairs (singular triplets) of A*(y)/m.

    U_0 = sqrt(t) Q sqrt(max(lambda, 0)) for Theta = U Uᵀ; V_0 = sqrt(t) P sqrt(sigma),
    W_0 = sqrt(t) Q sqrt(sigma) for Theta = V Wᵀ; balanced layers for W_N ... W_1; roots of the
    entries for vectors; with the t that fits A(Theta_0) to y best. Columns beyond the number of
    pairs are zero.
    """

    def blocks(  # noqa: D102
        self, problem: Problem, model: _core.Parameterization, rng: np.random.Generator
    ) -> list[Array]:
        values, left, right = _leading(problem, model)
        blocks = _lifted(model, left, values, right)
        # t minimises ||A(t Theta_0) - y||: A*(y)/m is off by c^2 where A_i is c times normalised.
        if model.name in _FACTORS and problem.operator.factored:
            image = problem.operator.forward((blocks[0], blocks[-1]))
        else:
            flat = np.concatenate([block.reshape(-1) for block in blocks])
            image = problem.operator.forward(model.assemble(flat))
        squared = float(image @ image)
        t = max(float(problem.working_response @ image) / squared, 0.0) if squared > 0 else 0.0
        return _lifted(model, left, t * values, right)


# From this size on, and for few pairs, Lanczos iterations cost less than a decomposition.
_LARGE = 2**20
_FACTORS = ("SymmetricFactor", "AsymmetricFactor")


def _leading(problem: Problem, model: _core.Parameterization) -> tuple[Array, Array, Array]:
    """Eigenvalues (zero for negative ones) or singular values of A*(y)/m, left and right vectors.

    As many as the model has columns or more, the largest first.
    """
    operator = problem.operator
    d1, d2 = operator.matrix_shape
    if model.name in _FACTORS and operator.factored and d1 * d2 >= _LARGE:
        _, _, count = model.blocks()[0]
        if 4 * count <= min(d1, d2):
            weights = problem.working_response / problem.m
            return leading_by_lanczos(operator, weights, model.symmetric, count)
    back = problem.back_projection()
    if model.symmetric:
        values, vectors = np.linalg.eigh((back + back.T) / 2)
        return np.maximum(values[::-1], 0), vectors[:, ::-1], vectors[:, ::-1]
    left, values, right = np.linalg.svd(back, full_matrices=False)
    return values, left, right.T


@dataclass(frozen=True)
class nystrom(Init):  # noqa: N801
    """A sketch of A*(y)/m: U_0 = t A*(y)/m Omega, or V_0 = t A*(y)/m Omega and W_0 = 0.

    Omega is Gaussian and t = ||A*(y)/m||^(-1/2), so that U_0 has the size of the solution's factor.
    From here scaled methods converge quadratically where they do so linearly from a random start:
    :class:`ipgd.ScaledGD` with step size 1/2 for Theta = U Uᵀ is Newton's iteration for a square
    root, and :class:`ipgd.AltScaledGD` with step size 1 for Theta = V Wᵀ arrives in one iteration
    (under full observation, with the exact search rank).

    Parameters
    ----------
    scale : float
        Multiplies the start.

    References
    ----------
    Li, Zhang, Mokhtari, He (2024), "On the crucial role of initialization for matrix
    factorization", arXiv 2410.18965.
    """

    scale: float = 1.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "scale", number("scale", self.scale, positive=True))

    def blocks(  # noqa: D102
        self, problem: Problem, model: _core.Parameterization, rng: np.random.Generator
    ) -> list[Array]:
        shapes = _shapes(model)
        if model.name not in _FACTORS:
            raise ValueError(
                f"init: expected another init for {model.name}, got {self!r}, which is for U Uᵀ "
                "and V Wᵀ"
            )
        k = shapes[0][1]
        omega = rng.standard_normal((problem.operator.matrix_shape[1], k)) / np.sqrt(k)
        sketch = problem.operator.adjoint_times(problem.working_response / problem.m, omega)
        sketch *= self.scale / np.sqrt(problem.scale().curvature)
        return [sketch, *(np.zeros(shape) for shape in shapes[1:])]


def split_blocks(model: _core.Parameterization, flat: Array) -> dict[str, Array]:
    """Views of the blocks inside a flat parameter vector."""
    out, begin = {}, 0
    for name, rows, cols in model.blocks():
        out[name] = flat[begin : begin + rows * cols].reshape(rows, cols)
        begin += rows * cols
    return out
