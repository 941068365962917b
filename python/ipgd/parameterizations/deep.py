"""Products of many matrices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .. import _core
from .._validate import describe, integer
from .base import Parameterization


@dataclass(frozen=True)
class DeepFactor(Parameterization):
    """Theta = W_N ... W_1 with W_j of shape (h_j, h_{j-1}), h_0 = d2 and h_N = d1.

    The loss is f = 1/(2m) ||A(W_N ... W_1) - y||^2 with gradients
    (W_N ... W_{j+1})ᵀ G (W_{j-1} ... W_1)ᵀ, G = (1/m) A*(r). The parameters are ``"W1"``, ...,
    ``"WN"``. From a balanced start the singular values of Theta grow like
    N sigma^(2 - 2/N) each: the deeper, the more one after the other.

    ``signal_norm`` and ``residual_norm`` are those of Theta itself, inside and outside the truth's
    column and row space.

    Parameters
    ----------
    depth : int
        N >= 2, the number of layers. 2 is :class:`AsymmetricFactor` with V = W_2 and W = W_1ᵀ.
    widths : int or sequence of N - 1 ints, optional
        h_1, ..., h_{N-1}. Default: min(d1, d2), which assumes nothing about the rank.

    References
    ----------
    Arora, Cohen, Hu, Luo (2019), "Implicit regularization in deep matrix factorization",
    arXiv 1905.13655.
    """

    depth: int = 3
    widths: int | tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "depth", integer("depth", self.depth, 2))
        if self.widths is not None:
            object.__setattr__(self, "widths", _widths(self.widths, self.depth))

    def model(self, d1: int, d2: int) -> _core.Parameterization:  # noqa: D102
        widths = min(d1, d2) if self.widths is None else self.widths
        hidden = (widths,) * (self.depth - 1) if isinstance(widths, int) else widths
        return _core.DeepFactor([d2, *hidden, d1])


def _widths(widths: object, depth: int) -> int | tuple[int, ...]:
    """One width for all hidden layers, or one for each."""
    if not isinstance(widths, Sequence):
        return integer("widths", widths, 1)
    if isinstance(widths, str) or len(widths) != depth - 1:
        raise ValueError(
            f"widths: expected an integer or {depth - 1} integers for depth {depth}, "
            f"got {describe(widths)}"
        )
    return tuple(integer("widths", width, 1) for width in widths)
