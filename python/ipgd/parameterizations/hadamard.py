"""Vectors as entrywise products: sparse recovery."""

from __future__ import annotations

from dataclasses import dataclass

from .. import _core
from .._support.validate import integer, number
from .base import MOST_FACTORS, Parameterization


def _require_vector(name: str, d2: int) -> None:
    if d2 != 1:
        raise ValueError(
            f"parameterization: expected a model of matrices for an operator on matrices with {d2} "
            f"columns, got {name}, whose Theta is a vector (d, 1)"
        )


@dataclass(frozen=True)
class HadamardPower(Parameterization):
    """Theta = u^L - v^L, entry by entry: sparse vectors (d, 1).

    The loss is f(u, v) = 1/(2m) ||A(u^L - v^L) - y||^2 with gradients L u^(L-1) ∘ G and
    -L v^(L-1) ∘ G, G = (1/m) A*(r). From a small start, equal in u and v, gradient descent finds
    the sparse solution among the many that fit. Coordinates with u_i = v_i = 0 stay there exactly.

    For L = 2 the start alpha has to be tiny: off the support it leaves errors of
    alpha^(2 - 2 mu), where mu < 1 says that the sparse solution has the least l1 norm. The
    automatic start is 1e-40; docs/measured.md has the argument, which is ours, and figures.

    ``signal_norm`` and ``residual_norm`` are those of (u, v) on the support of the truth and off
    it; ``singular_values`` the largest abs(Theta_i).

    Parameters
    ----------
    power : int
        2 <= L <= 1000.

    References
    ----------
    Vaskevicius, Kanade, Rebeschini (2019), "Implicit regularization for optimal sparse recovery",
    arXiv 1909.05122 (L = 2); the same model is an example in Ma, Liang, Fattahi (2025),
    arXiv 2505.17304.
    """

    power: int = 2

    def __post_init__(self) -> None:
        object.__setattr__(self, "power", integer("power", self.power, 2, MOST_FACTORS))

    def model(self, d1: int, d2: int) -> _core.Parameterization:  # noqa: D102
        _require_vector("HadamardPower", d2)
        return _core.HadamardPower(d1, self.power)


@dataclass(frozen=True)
class HadamardProduct(Parameterization):
    """Theta = u ∘ v, entry by entry: sparse vectors (d, 1).

    The loss is f(u, v) = 1/(2m) ||A(u ∘ v) - y||^2 with gradients v ∘ G and u ∘ G. With
    u = a + b and v = a - b it is :class:`HadamardPower` of L = 2 in (a, b). The initial points of
    :mod:`ipgd.init` put v to zero, so that both signs can be reached: from u = v no entry of Theta
    ever gets below zero.

    ``signal_norm``, ``residual_norm`` and ``singular_values`` are as in :class:`HadamardPower`.
    """

    def model(self, d1: int, d2: int) -> _core.Parameterization:  # noqa: D102
        _require_vector("HadamardProduct", d2)
        return _core.HadamardProduct(d1)


@dataclass(frozen=True)
class WeightNormalized(Parameterization):
    """Theta = w_+^L - w_-^L with lengths and directions apart, w = length * v / ||v||.

    Descent on the v and the lengths with two step sizes, eta for v and eta / rho for a length, is
    plain descent on v and g = sqrt(rho) * length: so the parameters are ``"g_plus"``, ``"v_plus"``,
    ``"g_minus"``, ``"v_minus"`` with w = g v / (sqrt(rho) ||v||), and the gradient is that of f.
    ||v|| never gets smaller.

    With slow lengths (a large rho) the directions find the best fit for each pair of lengths while
    these grow: a path in the l1 norm, which ends at a sparse solution. While a length grows from r
    to R, the entries of its direction come apart by factors of up to (R/r)^rho. So rho = 1 finds
    nothing sparse, and for L = 2 the start has to be shorter than the solution in both signs:
    d alpha^2 below the sum of Theta*'s positive entries and that of its negative ones. Where one
    sign is missing nothing sparse is found. docs/measured.md has the argument, which is ours.

    ``signal_norm`` and ``residual_norm`` are those of (w_+, w_-) on the support of the truth and
    off it.

    Parameters
    ----------
    power : int
        2 <= L <= 1000.
    step_ratio : float
        rho > 0, the step size of the directions relative to that of the lengths. At 10 the sparse
        solution begins to be found, at 1 it is not; the number of iterations grows with it.

    References
    ----------
    Chou, Rauhut, Ward (2023), "Robust implicit regularization via weight normalization",
    arXiv 2305.05448.
    """

    power: int = 2
    step_ratio: float = 30.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "power", integer("power", self.power, 2, MOST_FACTORS))
        ratio = number("step_ratio", self.step_ratio, positive=True)
        object.__setattr__(self, "step_ratio", ratio)

    def model(self, d1: int, d2: int) -> _core.Parameterization:  # noqa: D102
        _require_vector("WeightNormalized", d2)
        return _core.WeightNormalized(d1, self.power, self.step_ratio)
