"""Sums of powers of vectors: symmetric tensors."""

from __future__ import annotations

from dataclasses import dataclass

from .. import _core
from .._support.validate import integer
from .base import MOST_FACTORS, Parameterization


@dataclass(frozen=True)
class SymmetricTensor(Parameterization):
    """Theta = sum_j u_j ⊗ ... ⊗ u_j, the u_j being the columns of U, (d, search_rank).

    A tensor of order p is the vector of its d^p entries in C order: the operator's matrix shape is
    (d^p, 1). The loss is f(U) = 1/(2m) ||A(Theta) - y||^2. ``singular_values`` are the sizes
    ||u_j||^p of the terms, largest first; ``signal_norm`` and ``residual_norm`` those of Theta
    along the truth and across it.

    Parameters
    ----------
    order : int
        2 <= p <= 1000. For even p only sums with positive weights can be reached.
    search_rank : int, optional
        Columns of U. Default: d.

    References
    ----------
    Ma, Guo, Fattahi (2022), "Behind the scenes of gradient descent: a trajectory analysis via basis
    function decomposition", arXiv 2210.00346.
    """

    order: int = 4
    search_rank: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "order", integer("order", self.order, 2, MOST_FACTORS))
        if self.search_rank is not None:
            object.__setattr__(self, "search_rank", integer("search_rank", self.search_rank, 1))

    def model(self, d1: int, d2: int) -> _core.Parameterization:  # noqa: D102
        d = round(d1 ** (1 / self.order))
        if d2 != 1 or d**self.order != d1:
            raise ValueError(
                f"parameterization: expected an operator on vectors of d^{self.order} entries for "
                f"SymmetricTensor(order={self.order}), got one on {d1} x {d2} matrices"
            )
        return _core.SymmetricTensor(d, self.order, self.search_rank or d)
