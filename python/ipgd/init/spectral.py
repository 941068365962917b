"""Starts from A*(y)/m: its leading eigenpairs or singular triplets, or a sketch of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .. import _core
from .._support.validate import Array, number
from ..problems import Problem
from .base import Init, lifted, shapes
from .leading import leading_pairs

_FACTORS = ("SymmetricFactor", "AsymmetricFactor")


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
        weights = problem.working_response / problem.m
        count = min(problem.operator.matrix_shape)
        if model.name in _FACTORS:
            count = min(count, shapes(model)[0][1])
        values, left, right = leading_pairs(problem.operator, weights, model.symmetric, count)
        blocks = lifted(model, left, values, right)
        # t minimises ||A(t Theta_0) - y||: A*(y)/m is off by c^2 where A_i is c times normalised.
        if model.name in _FACTORS and problem.operator.factored:
            image = problem.operator.forward((blocks[0], blocks[-1]))
        else:
            flat = np.concatenate([block.reshape(-1) for block in blocks])
            image = problem.operator.forward(model.assemble(flat))
        squared = _core.dot(image, image)
        t = max(_core.dot(problem.working_response, image) / squared, 0.0) if squared > 0 else 0.0
        return lifted(model, left, t * values, right)


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
        (_, k), *others = shapes(model)
        if model.name not in _FACTORS:
            raise ValueError(
                f"init: expected another init for {model.name}, got {self!r}, which is for U Uᵀ "
                "and V Wᵀ"
            )
        omega = rng.standard_normal((problem.operator.matrix_shape[1], k)) / np.sqrt(k)
        sketch = problem.operator.adjoint_times(problem.working_response / problem.m, omega)
        sketch *= self.scale / np.sqrt(problem.scale().curvature)
        return [sketch, *(np.zeros(shape) for shape in others)]
