"""Products of two factors."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

from .. import _core
from .._support.validate import integer
from .base import Parameterization


@dataclass(frozen=True)
class _Factor(Parameterization):
    search_rank: int | None = None

    def __post_init__(self) -> None:
        if self.search_rank is not None:
            object.__setattr__(self, "search_rank", integer("search_rank", self.search_rank, 1))

    def model(self, d1: int, d2: int) -> _core.Parameterization:
        return self._model(d1, d2, self.search_rank or min(d1, d2))

    @staticmethod
    @abstractmethod
    def _model(d1: int, d2: int, k: int) -> _core.Parameterization: ...


@dataclass(frozen=True)
class SymmetricFactor(_Factor):
    """Theta = U Uᵀ with U of shape (d, search_rank): positive semidefinite matrices.

    The loss is f(U) = 1/(4m) ||A(U Uᵀ) - y||^2 with gradient (1/m) A*(r) U.

    Parameters
    ----------
    search_rank : int, optional
        Columns of U, from 1 to d and beyond. Default: d, which assumes nothing about the rank.

    References
    ----------
    Li, Ma, Zhang (2018), "Algorithmic regularization in over-parameterized matrix sensing and
    neural networks with quadratic activations", arXiv 1712.09203.
    """

    @staticmethod
    def _model(d1: int, d2: int, k: int) -> _core.Parameterization:
        return _core.SymmetricFactor(d1, k)


@dataclass(frozen=True)
class AsymmetricFactor(_Factor):
    """Theta = V Wᵀ with V of shape (d1, search_rank) and W of shape (d2, search_rank).

    The loss is f(V, W) = 1/(2m) ||A(V Wᵀ) - y||^2 with gradients G W and Gᵀ V, G = (1/m) A*(r).

    Parameters
    ----------
    search_rank : int, optional
        Columns of V and W. Default: min(d1, d2).

    References
    ----------
    Soltanolkotabi, Stöger, Xie (2023), "Implicit balancing and regularization: generalization and
    convergence guarantees for overparameterized asymmetric matrix sensing", arXiv 2303.14244.
    """

    @staticmethod
    def _model(d1: int, d2: int, k: int) -> _core.Parameterization:
        return _core.AsymmetricFactor(d1, d2, k)
