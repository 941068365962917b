"""Given factors in as few columns as their rank, beside columns that are exactly zero."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from .. import _core
from .._support.validate import Array, describe, number, real_array
from ..problems import Problem
from .base import Init, shapes

_MODELS = {("U",): "SymmetricFactor", ("V", "W"): "AsymmetricFactor"}


class padded(Init):  # noqa: N801
    """Given factors in as few columns as their rank; all other columns are exactly zero.

    Gradient descent on U Uᵀ (or V Wᵀ) multiplies U (or V and W) from the left, so columns never
    mix: those that are zero stay zero, and what a perturbation puts into them is not rounded away
    by entries of size one elsewhere. From a stationary point of low rank :class:`ipgd.IPGD` and
    :class:`ipgd.IPGDPlus` follow perturbations of radii down to 1e-300.

    Where the same point fills more columns than its rank, float64 absorbs perturbations below 1e-16
    of its entries, and rounding errors of that size leave the point by themselves.

    Factors of lower rank than they have columns are turned: U Q, Q orthogonal, is the same Theta,
    descends to the same Theta, and meets perturbations of the same law.

    Parameters
    ----------
    factors : array_like of shape (d, s), or dict of str to array_like
        U, or ``{"U": ...}`` or ``{"V": ..., "W": ...}`` such as ``solution.parameters``, with any
        number s of columns, of rank at most the search rank.
    tolerance : float
        Singular values of U (or of V on top of W) below `tolerance` times the largest are taken for
        zero.

    Raises
    ------
    ValueError
        At another model than that of the factors, or for factors of a higher rank than it has
        columns.

    Notes
    -----
    An observation of ours. It makes the implicit region {U W_perp = 0}, which gradient descent
    keeps in exact arithmetic, one that it keeps in float64.
    """

    def __init__(
        self, factors: ArrayLike | Mapping[str, ArrayLike], tolerance: float = 1e-8
    ) -> None:
        given = dict(factors) if isinstance(factors, Mapping) else {"U": factors}
        if given.keys() == {"V", "W"}:
            given = {name: given[name] for name in "VW"}
        if tuple(given) not in _MODELS:
            raise ValueError(
                "factors: expected U, or a dict with the blocks U, or V and W, got "
                f"{describe(factors)} with {', '.join(map(str, given)) or 'no blocks'}"
            )
        blocks = [real_array(f"factors[{n!r}]", block, (None, None)) for n, block in given.items()]
        if len({block.shape[1] for block in blocks}) > 1:
            raise ValueError(
                "factors: expected V and W with as many columns, got shapes "
                f"{' and '.join(str(block.shape) for block in blocks)}"
            )
        turned = _turned(blocks, number("tolerance", tolerance, positive=False))
        self._factors = dict(zip(given, turned, strict=True))

    @property
    def factors(self) -> dict[str, Array]:
        """U, or V and W, in as many columns as their rank."""
        return {name: factor.copy() for name, factor in self._factors.items()}

    @property
    def rank(self) -> int:
        """How many columns are not zero."""
        return len(next(iter(self._factors.values())).T)

    def __repr__(self) -> str:
        return f"padded(rank={self.rank})"

    def blocks(  # noqa: D102
        self, problem: Problem, model: _core.Parameterization, rng: np.random.Generator
    ) -> list[Array]:
        names = tuple(self._factors)
        if model.name != _MODELS[names]:
            raise ValueError(
                f"init: expected another init for {model.name}, got {self!r} of "
                f"{' and '.join(names)}, which is for {_MODELS[names]}"
            )
        out = []
        for (name, factor), (rows, cols) in zip(self._factors.items(), shapes(model), strict=True):
            if len(factor) != rows:
                raise ValueError(
                    f"init: expected factors whose {name} has {rows} rows, got {len(factor)}"
                )
            if self.rank > cols:
                raise ValueError(
                    f"init: expected factors of rank at most the search rank {cols}, got rank "
                    f"{self.rank}"
                )
            block = np.zeros((rows, cols))
            block[:, : self.rank] = factor
            out.append(block)
        return out


def _turned(blocks: list[Array], tolerance: float) -> list[Array]:
    """The blocks times orthonormal columns, as many as they have singular values that count."""
    _, values, right = _core.thin_svd(np.ascontiguousarray(np.vstack(blocks)))
    rank = int(np.count_nonzero(values > tolerance * values[0]))
    if rank == blocks[0].shape[1]:
        return [block.copy() for block in blocks]
    Q = np.ascontiguousarray(right[:, :rank])
    return [_core.multiply(block, Q) if rank else np.empty((len(block), 0)) for block in blocks]
