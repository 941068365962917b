"""What the methods share: step sizes, stopping rules, and composition in the core."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeAlias

from .. import _core
from .._support.names import Suggesting
from .._support.validate import describe, number, one_of

Auto: TypeAlias = float | Literal["auto"]

NOISE_LAWS = ("uniform", "gaussian")


class Setting(Protocol):
    """What an algorithm may know about the problem when its ``"auto"`` settings are resolved.

    Attributes
    ----------
    curvature, magnitude : float
        lambda and an estimate of sigma_1(Theta*) for the factor models; for the others half the
        Hessian's bound near Theta* and the square of the size of the parameters there, so that the
        same rules hold.
    start_curvature : float
        What curvature would be if Theta* were as large as the initial point.
    gain : float
        An estimate of E <A_i, Z>^2 / ||Z||_F^2: 1 for a normalised operator.
    line_gain : float
        For sampled entries, how much more often the most popular row or column is measured than
        the mean one; 1 for others.
    entry_curvature : float
        For V Wᵀ on sampled entries, the largest curvature of a single term of the loss near Theta*;
        0 for others.
    lone_curvature : float
        For vectors, the largest curvature along one entry that is as large as the largest, relative
        to that of all together: at most about 1 where the columns of A are alike. 1 for others.
    mean : float
        Of y.
    dimension, measurements : int
        Numbers of parameters and of measurements.
    entrywise : bool
        True of models of vectors whose entries have parameters of their own.
    overshoot : float
        By how much fixed momentum has to divide its step because speed carries a run past Theta*:
        4 for vectors, which are steeper there; 1 for other models.
    initial_loss : float
        f at the initial point.
    """

    @property
    def curvature(self) -> float: ...  # noqa: D102
    @property
    def magnitude(self) -> float: ...  # noqa: D102
    @property
    def start_curvature(self) -> float: ...  # noqa: D102
    @property
    def gain(self) -> float: ...  # noqa: D102
    @property
    def line_gain(self) -> float: ...  # noqa: D102
    @property
    def entry_curvature(self) -> float: ...  # noqa: D102
    @property
    def lone_curvature(self) -> float: ...  # noqa: D102
    @property
    def mean(self) -> float: ...  # noqa: D102
    @property
    def dimension(self) -> int: ...  # noqa: D102
    @property
    def measurements(self) -> int: ...  # noqa: D102
    @property
    def entrywise(self) -> bool: ...  # noqa: D102
    @property
    def overshoot(self) -> float: ...  # noqa: D102
    @property
    def initial_loss(self) -> float: ...  # noqa: D102


class Algorithm(Suggesting, ABC):
    """A direction, a step, a perturbation and its own stopping rule, as one frozen value."""

    perturbed = True
    quadratic_forms = False
    """True for one that is derived for measurements y_i = a_iᵀ Theta a_i with Gaussian a_i."""

    @property
    def kept_vectors(self) -> float:
        """Vectors of parameters that a run keeps beside those of gradient descent, in memory."""
        return 0.0

    @abstractmethod
    def compose(self, setting: Setting) -> _core.Algorithm:
        """The core's composition, with every ``"auto"`` resolved."""

    def further_settings(self) -> dict[str, Any]:
        """Settings beside step size and perturbation, for a solution's record."""
        return {}


@dataclass(frozen=True)
class Stop(Suggesting):
    """When a run has arrived.

    Parameters
    ----------
    relative_loss : float
        Stop when f <= relative_loss * f(Theta = 0), that is when
        ||A(Theta) - y|| / ||y|| <= sqrt(relative_loss). 0: only at f = 0.
    gradient_norm : float
        Stop when ||grad f|| <= gradient_norm. 0: off. Refused for perturbed methods, which have to
        pass the saddles where the gradient vanishes.

    Notes
    -----
    With noisy y, stop at the noise: ``Stop(relative_loss=s**2)`` for noise of relative size s.
    Going on fits the noise, and the recovery error rises again.

    A small start, such as the default one, lies near the saddle at Theta = 0, where the gradient is
    as small as the start. A `gradient_norm` above that holds at iteration 0: the run ends there
    with status ``gradient_norm`` and success, and :func:`ipgd.solve` warns that y is not fitted.
    Use `gradient_norm` from a start of the size of Theta*.
    """

    relative_loss: float = 1e-10
    gradient_norm: float = 0.0

    def __post_init__(self) -> None:
        for name in ("relative_loss", "gradient_norm"):
            object.__setattr__(self, name, number(name, getattr(self, name), positive=False))


def check_auto(name: str, value: Auto) -> Auto:
    """A positive number or ``"auto"``."""
    if isinstance(value, str):
        if value != "auto":
            raise ValueError(f"{name}: expected a positive number or 'auto', got {value!r}")
        return "auto"
    try:
        return number(name, value, positive=True)
    except TypeError:
        raise TypeError(
            f"{name}: expected a positive number or 'auto', got {describe(value)}"
        ) from None


def auto_step_size(curvature: float) -> float:
    r"""The rule behind ``step_size="auto"``: eta = 1 / (4 lambda), lambda = ||A*(y)/m||.

    Why it is safe. Near Theta* the Hessian of both factor models is at most
    2 (1 + delta) sigma_1(Theta*), delta being the restricted isometry constant, so gradient descent
    is stable for eta < 1 / ((1 + delta) sigma_1). RIP also gives
    lambda >= u_1ᵀ A*(y)/m u_1 >= sigma_1 - delta ||Theta*||_F: with a small delta,
    eta = 1/(4 lambda) is a quarter of the limit. If every A_i is multiplied by s, lambda and the
    Hessian are both multiplied by s^2, so the rule needs no normalised operator. (A derivation of
    ours.) Where RIP fails badly (heavy-tailed A_i, far too few measurements, noise larger than the
    signal) the rule is a guess; a run that it makes diverge ends with that status.

    From a start that is larger than Theta* the Hessian is larger, too. Where half of the lambda
    that a Theta* of the start's size would have (``Setting.start_curvature``, c^2 ||U_0||^2 for
    Theta = U Uᵀ and A_i that are c times normalised) is the larger one, it takes lambda's place:
    then the first step of U is at most half of U.
    """
    return 1 / (4 * curvature)


def safe_curvature(setting: Setting) -> float:
    """The lambda of the automatic rules: that of Theta*, or of a start that is far larger."""
    return max(setting.curvature, setting.start_curvature / 2)


def resolve_step_size(step_size: Auto, setting: Setting) -> float:
    """The number behind a step size that may be ``"auto"``."""
    if step_size != "auto":
        return float(step_size)
    return auto_step_size(safe_curvature(setting))


def check_noise(noise: str) -> str:
    """One of the laws of the perturbation."""
    return one_of("noise", noise, NOISE_LAWS)


def set_noise(algorithm: _core.Algorithm, noise: str) -> _core.Algorithm:
    """Set the law of the perturbation."""
    laws = (_core.Noise.uniform_ball, _core.Noise.gaussian)
    perturbation = algorithm.perturbation
    perturbation.noise = laws[NOISE_LAWS.index(noise)]
    algorithm.perturbation = perturbation
    return algorithm
