"""Products of many matrices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Self

from .. import _core
from .._support.validate import describe, integer, number, one_of
from .base import MOST_FACTORS, Parameterization


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
        2 <= N <= 1000, the number of layers. 2 is :class:`AsymmetricFactor` with V = W_2 and
        W = W_1ᵀ.
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
        object.__setattr__(self, "depth", integer("depth", self.depth, 2, MOST_FACTORS))
        if self.widths is not None:
            object.__setattr__(self, "widths", _widths(self.widths, self.depth))

    def model(self, d1: int, d2: int) -> _core.Parameterization:  # noqa: D102
        widths = min(d1, d2) if self.widths is None else self.widths
        hidden = (widths,) * (self.depth - 1) if isinstance(widths, int) else widths
        return _core.DeepFactor([d2, *hidden, d1])


@dataclass(frozen=True)
class CompressedDeep(Parameterization):
    """Theta = U (W_N ... W_1) Vᵀ with layers of 2r x 2r: a deep model of rank r, compressed.

    Gradient descent on W_N ... W_1 from scaled orthogonal layers moves little more than a
    2r-dimensional space of each layer. Here these spaces are U, (d1, 2r), and V, (d2, 2r), which
    :class:`ipgd.init.compressed` finds from the first gradient; the layers take steps of eta, U
    and V of c eta. The loss is that of :class:`DeepFactor`, and so is eta. The parameters are
    ``"right"`` = Vᵀ / sqrt(c), ``"W1"``, ..., ``"WN"`` and ``"left"`` = U / sqrt(c), on which this
    is plain gradient descent.

    c has the unit of Theta^(-2/N), since near Theta* the curvature of the loss is sigma_1^(2 - 2/N)
    in a layer and sigma_1^2 in U and V: c = gamma sigma_1^(-2/N). Measurements s times as large are
    then fitted by the same iterates times s^(1/N).

    ``signal_norm`` and ``residual_norm`` are those of Theta itself.

    Parameters
    ----------
    depth : int
        2 <= N <= 1000, the number of layers of the deep model that it stands for.
    rank : int
        r >= 1, the rank that is looked for, or more; 2r <= min(d1, d2).
    gamma : float
        > 0. At 1 an error outside the two spaces shrinks as fast, in the end, as one outside those
        of the full model's outer layers. U and V lag while the layers are small; a larger gamma
        takes part of that back. The price is the largest possible step, which falls like
        1 / (N + 2 gamma). (The unit is ours; docs/measured.md has figures.)
    magnitude : float or "auto"
        The sigma_1(Theta*) of this unit, > 0. "auto": estimated from the measurements
        (:meth:`ipgd.Problem.scale`). Automatic step sizes trust it.

    References
    ----------
    Yaras, Wang, Hu, Zhu, Balzano, Qu (2023), "The law of parsimony in gradient descent for learning
    deep linear networks", arXiv 2306.01154; Yaras, Wang, Balzano, Qu (2024), "Compressible dynamics
    in deep overparameterized low-rank learning & adaptation", arXiv 2406.04112.
    """

    depth: int = 3
    rank: int = 1
    gamma: float = 2.0
    magnitude: float | Literal["auto"] = "auto"

    def __post_init__(self) -> None:
        object.__setattr__(self, "depth", integer("depth", self.depth, 2, MOST_FACTORS))
        object.__setattr__(self, "rank", integer("rank", self.rank, 1))
        object.__setattr__(self, "gamma", number("gamma", self.gamma, positive=True))
        if isinstance(self.magnitude, str):
            one_of("magnitude", self.magnitude, ("auto",))
        else:
            size = number("magnitude", self.magnitude, positive=True)
            object.__setattr__(self, "magnitude", size)

    def resolved(self, magnitude: Callable[[], float]) -> Self:  # noqa: D102
        return replace(self, magnitude=magnitude()) if self.magnitude == "auto" else self

    def model(self, d1: int, d2: int) -> _core.Parameterization:  # noqa: D102
        if min(d1, d2) < 2:
            raise ValueError(
                "parameterization: expected a model of vectors for an operator on "
                f"{d1} x {d2} matrices, got CompressedDeep, whose layers are 2r x 2r"
            )
        if 2 * self.rank > min(d1, d2):
            raise ValueError(
                f"rank: expected an r with 2r <= min(d1, d2) = {min(d1, d2)}, the size of "
                f"CompressedDeep's layers, got r = {self.rank}"
            )
        magnitude = 1.0 if self.magnitude == "auto" else self.magnitude
        return _core.CompressedDeep(d1, d2, self.depth, self.rank, self.gamma, magnitude)


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
