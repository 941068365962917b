"""Starts of a given size: identities, constants, random ones, zero."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .. import _core
from .._support.validate import Array
from ..problems import Problem
from ..problems.base import thin_svd
from .base import Init, Scaled, lifted, shapes


@dataclass(frozen=True)
class scaled_identity(Scaled):  # noqa: N801
    """Every block is alpha I (ones on the main diagonal where it is not square).

    Parameters
    ----------
    scale : float or "auto"
        alpha > 0. "auto" is 1e-8 sqrt(estimate of ||Theta*||). The final error falls with alpha;
        the waiting time grows like log(1/alpha) (Li, Ma, Zhang 2018). Other models have other
        rules:

        * Vectors as squares or products: 1e-40 in place of 1e-8.
        * Theta of degree N > 2 in the parameters: (tau estimate of ||Theta*||)^(1/N) with tau =
          1e-6 for N = 3 and 1e-4 beyond, which is about the error that remains. The waiting time
          grows like alpha^(2-N).
        * Weight normalisation: d alpha^L = estimate of ||Theta*|| / 10.

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
        return [self.alpha(problem, model) * np.eye(*shape) for shape in shapes(model)]


@dataclass(frozen=True)
class constant(Scaled):  # noqa: N801
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
            for shape, unit in zip(shapes(model), model.units, strict=True)
        ]


@dataclass(frozen=True)
class gaussian(Scaled):  # noqa: N801
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
            for shape, unit in zip(shapes(model), model.units, strict=True)
        ]


@dataclass(frozen=True)
class scaled_orthogonal(Scaled):  # noqa: N801
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
        return [alpha * orthogonal(shape, rng) for shape in shapes(model)]


@dataclass(frozen=True)
class balanced(Scaled):  # noqa: N801
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
            k = min(min(shape) for shape in shapes(model))
            L, R = (rng.standard_normal((d, k)) / (np.sqrt(d) + np.sqrt(k)) for d in (d1, d2))
            left, values, right = thin_svd((L, R))
        else:
            G = rng.standard_normal((d1, d2)) / (np.sqrt(d1) + np.sqrt(d2))
            left, values, right = thin_svd(G)
        return lifted(model, left, size * values, right)


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
        return lifted(model, np.empty((d1, 0)), np.empty(0), np.empty((d2, 0)))


def orthogonal(shape: tuple[int, int], rng: np.random.Generator) -> Array:
    """A random matrix with orthonormal columns, or rows where it is wide."""
    X = rng.standard_normal((max(shape), min(shape)))
    Q = _core.orthonormal_columns(X)
    return Q if shape[0] >= shape[1] else np.ascontiguousarray(Q.T)
