"""Perturbed gradient descent: PGD, IPGD, IPGD+."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from .. import _core
from .._support.validate import integer, number
from .base import (
    Algorithm,
    Auto,
    Setting,
    check_auto,
    check_noise,
    resolve_step_size,
    safe_curvature,
    set_noise,
)

# "auto" accuracy: saddles whose escape curvature sqrt(rho eps) is at least this fraction of lambda
# are escaped. It has to lie below the smallest eigenvalue of Theta* relative to the largest.
_ESCAPE_FRACTION = 0.1
# The smallest chi that Algorithm 2 allows (3 max{., 4}); sets IPGD's f_thres.
_SMALLEST_CHI = 12.0
_TINY = 1e-300  # Df must be positive, also from a start at the solution


def auto_smoothness(setting: Setting) -> float:
    """L = 4 lambda: f = 1/4 ||U Uᵀ - M||^2 is 4 Gamma-smooth where ||U||^2 <= Gamma."""
    return 4 * safe_curvature(setting)


def auto_hessian_lipschitz(setting: Setting) -> float:
    """6 lambda / sqrt(sigma_1), for the Hessian of that f is 6 sqrt(Gamma)-Lipschitz there."""
    return 6 * setting.curvature / math.sqrt(setting.magnitude)


def auto_epsilon(setting: Setting, rho: float) -> float:
    """The eps with sqrt(rho eps) = lambda / 10."""
    return (_ESCAPE_FRACTION * setting.curvature) ** 2 / rho


def _curvatures(method: PGD | IPGD, setting: Setting) -> tuple[float, float]:
    """The rho and eps of a method, with "auto" resolved."""
    rho, eps = method.hessian_lipschitz, method.epsilon
    rho = auto_hessian_lipschitz(setting) if rho == "auto" else float(rho)
    return rho, auto_epsilon(setting, rho) if eps == "auto" else float(eps)


def _check(
    algorithm: Any,
    autos: tuple[str, ...],
    numbers: tuple[str, ...] = (),
    overrides: tuple[str, ...] = (),
) -> None:
    """Replace settings by checked ones: numbers or "auto", numbers, numbers or None."""

    def put(name: str, value: object) -> None:
        object.__setattr__(algorithm, name, value)

    for name in autos:
        put(name, check_auto(name, getattr(algorithm, name)))
    for name in numbers:
        put(name, number(name, getattr(algorithm, name), positive=True))
    for name in overrides:
        if getattr(algorithm, name) is not None:
            put(name, number(name, getattr(algorithm, name), positive=True))
    for name in ("window", "turn_columns"):
        if getattr(algorithm, name, None) is not None:
            put(name, integer(name, getattr(algorithm, name), 1))
    probability = getattr(algorithm, "failure_probability", 0.5)
    if not probability < 1:
        raise ValueError(f"failure_probability: expected a number in (0, 1), got {probability}")
    check_noise(algorithm.noise)


def _turning(algorithm: _core.Algorithm, every: int | None) -> _core.Algorithm:
    """Set how often the columns of the factors are turned."""
    perturbation = algorithm.perturbation
    perturbation.turn_every = every or 0
    algorithm.perturbation = perturbation
    return algorithm


@dataclass(frozen=True)
class PGD(Algorithm):
    """Perturbed gradient descent, Algorithm 2 of Jin et al. (2017), with all its constants.

    When ||grad f|| <= g_thres and the last kick is more than t_thres iterations old, uniform noise
    of a radius of order eps/l is added; if f then falls by less than f_thres within t_thres
    iterations, the run ends with the point before the kick. With
    chi = 3 max{log(dim l Df / (c eps^2 delta)), 4}: eta = c/l, radius = sqrt(c) eps / (chi^2 l),
    g_thres = sqrt(c) eps / chi^2, f_thres = c sqrt(eps^3/rho) / chi^3,
    t_thres = chi l / (c^2 sqrt(rho eps)).

    Parameters
    ----------
    epsilon : float or "auto"
        Accuracy of the second-order stationary point. "auto" is the eps with
        sqrt(rho eps) = ||A*(y)/m|| / 10, so that saddles are left along directions down to a tenth
        of the largest eigenvalue.
    smoothness : float or "auto"
        l, the Lipschitz constant of the gradient. "auto": 4 ||A*(y)/m||.
    hessian_lipschitz : float or "auto"
        rho. "auto": 6 ||A*(y)/m|| / sqrt(estimate of ||Theta*||).
    c : float
        The algorithm's constant, 0 < c <= 1.
    failure_probability : float
        delta in (0, 1).
    function_gap : float or "auto"
        Df >= f(theta_0) - min f. "auto": f(theta_0).
    step_size, radius, gradient_threshold, decrease_threshold : float, optional
        Replace the computed constant.
    window : int, optional
        Replaces t_thres.
    noise : {"uniform", "gaussian"}
        Uniform in the ball (the paper's), or Gaussian with the same root mean square length bound.

    References
    ----------
    Jin, Ge, Netrapalli, Kakade, Jordan (2017), "How to escape saddle points efficiently",
    arXiv 1703.00887. The smoothness constants are theirs for 1/2 ||U Uᵀ - M||^2, halved.
    """

    epsilon: Auto = "auto"
    smoothness: Auto = "auto"
    hessian_lipschitz: Auto = "auto"
    c: float = 1.0
    failure_probability: float = 0.1
    function_gap: Auto = "auto"
    step_size: float | None = None
    radius: float | None = None
    gradient_threshold: float | None = None
    decrease_threshold: float | None = None
    window: int | None = None
    noise: str = "uniform"
    kept_vectors = 2.25

    def __post_init__(self) -> None:
        _check(
            self,
            autos=("epsilon", "smoothness", "hessian_lipschitz", "function_gap"),
            numbers=("c", "failure_probability"),
            overrides=("step_size", "radius", "gradient_threshold", "decrease_threshold"),
        )
        if self.c > 1:
            raise ValueError(f"c: expected a number in (0, 1], got {self.c}")

    def constants(self, setting: Setting) -> dict[str, float]:
        """The constants of Algorithm 2 with the overrides applied.

        Returns
        -------
        dict
            chi, step_size, radius, gradient_threshold, decrease_threshold, window.
        """
        rho, eps = _curvatures(self, setting)
        out = _core.pgd_constants(
            smoothness=(
                auto_smoothness(setting) if self.smoothness == "auto" else float(self.smoothness)
            ),
            hessian_lipschitz=rho,
            epsilon=eps,
            c=self.c,
            failure_probability=self.failure_probability,
            function_gap=(
                max(setting.initial_loss, _TINY)
                if self.function_gap == "auto"
                else float(self.function_gap)
            ),
            dimension=setting.dimension,
        )
        names = ("step_size", "radius", "gradient_threshold", "decrease_threshold", "window")
        return out | {n: getattr(self, n) for n in names if getattr(self, n) is not None}

    def compose(self, setting: Setting) -> _core.Algorithm:  # noqa: D102
        k = self.constants(setting)
        algorithm = _core.perturbed_gradient_descent(
            step_size=k["step_size"],
            radius=k["radius"],
            gradient_threshold=k["gradient_threshold"],
            window=int(k["window"]),
            decrease=k["decrease_threshold"],
        )
        return set_noise(algorithm, self.noise)


@dataclass(frozen=True)
class IPGD(Algorithm):
    """Infinitesimally perturbed gradient descent: PGD's loop with the radius set free.

    A kick of any radius gamma > 0 leaves a saddle. The price of a smaller one is a window that
    grows like log(1/gamma): t_thres = ceil( log(sqrt(eps/rho) sqrt(dim) / (gamma delta)) / (eta
    sqrt(rho eps)) ).

    This is our reading of the paper, derived from its abstract, theorem list and captions; the
    update lines and constants themselves were not available. Also ours: a kick is due when
    ||grad f|| <= eps, and one that gains less than sqrt(eps^3/rho) / 12^3 ends the run.

    Beside entries of size one, float64 absorbs kicks below 1e-16, unless the columns that they
    reach are zero (for vectors, the entries): from :class:`ipgd.init.padded` radii down to 1e-300
    escape on time. ``turn_columns`` keeps it so at every later saddle.

    Parameters
    ----------
    radius : float
        gamma > 0, in units of the parameters.
    step_size : float or "auto"
        As in :class:`GD`.
    epsilon, hessian_lipschitz : float or "auto"
        As in :class:`PGD`.
    failure_probability : float
        delta in (0, 1).
    gradient_threshold, decrease_threshold : float, optional
        Replace eps and sqrt(eps^3/rho) / 12^3.
    window : int, optional
        Replaces t_thres.
    noise : {"uniform", "gaussian"}
    turn_columns : int, optional
        Every so many iterations, replace U (or V on top of W) by U Q, Q orthogonal, with columns
        that are nearly orthogonal and of falling size: the same Theta, the same noise. Parts that
        differ by more than 1e16 then lie in columns of their own and float64 keeps them all: the
        stay at the second and later saddles grows with log(1/radius), too, where rounding would end
        it. 5 is a good number. For :class:`SymmetricFactor` and :class:`AsymmetricFactor`;
        ``step_norm`` sees the turns. (An idea of ours.)

    References
    ----------
    Ma, Liang, Fattahi (2025), "Implicit regularization of infinitesimally-perturbed gradient
    descent toward low-dimensional solutions", arXiv 2505.17304.
    """

    radius: float = 1e-10
    step_size: Auto = "auto"
    epsilon: Auto = "auto"
    hessian_lipschitz: Auto = "auto"
    failure_probability: float = 0.1
    gradient_threshold: float | None = None
    decrease_threshold: float | None = None
    window: int | None = None
    noise: str = "uniform"
    turn_columns: int | None = None

    @property
    def kept_vectors(self) -> float:  # noqa: D102
        return 3.25 if self.turn_columns else 2.25

    def __post_init__(self) -> None:
        _check(
            self,
            autos=("step_size", "epsilon", "hessian_lipschitz"),
            numbers=("radius", "failure_probability"),
            overrides=("gradient_threshold", "decrease_threshold"),
        )

    def compose(self, setting: Setting) -> _core.Algorithm:  # noqa: D102
        eta = resolve_step_size(self.step_size, setting)
        rho, eps = _curvatures(self, setting)
        window = self.window or _core.escape_window(
            radius=self.radius,
            step_size=eta,
            epsilon=eps,
            hessian_lipschitz=rho,
            failure_probability=self.failure_probability,
            dimension=setting.dimension,
        )
        algorithm = _core.perturbed_gradient_descent(
            step_size=eta,
            radius=self.radius,
            gradient_threshold=self.gradient_threshold or eps,
            window=window,
            decrease=self.decrease_threshold or eps * math.sqrt(eps / rho) / _SMALLEST_CHI**3,
        )
        return _turning(set_noise(algorithm, self.noise), self.turn_columns)


@dataclass(frozen=True)
class IPGDPlus(Algorithm):
    """IPGD+: gradient descent with noise of radius gamma at every iteration.

    theta <- theta - eta grad f(theta) + xi_t, xi_t uniform in the ball of radius gamma: gradient
    descent with inherent round-off errors. Our reading, as for :class:`IPGD`, whose note on radii
    below 1e-16 holds here, too.

    Parameters
    ----------
    radius : float
        gamma > 0, in units of the parameters.
    step_size : float or "auto"
        As in :class:`GD`.
    noise : {"uniform", "gaussian"}
    turn_columns : int, optional
        As in :class:`IPGD`.

    References
    ----------
    Ma, Liang, Fattahi (2025), arXiv 2505.17304.
    """

    radius: float = 1e-10
    step_size: Auto = "auto"
    noise: str = "uniform"
    turn_columns: int | None = None

    def __post_init__(self) -> None:
        _check(self, autos=("step_size",), numbers=("radius",))

    def compose(self, setting: Setting) -> _core.Algorithm:  # noqa: D102
        algorithm = _core.ipgd_plus(resolve_step_size(self.step_size, setting), self.radius)
        return _turning(set_noise(algorithm, self.noise), self.turn_columns)
