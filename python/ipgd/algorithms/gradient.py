"""Gradient descent."""

from __future__ import annotations

from dataclasses import dataclass

from .. import _core
from .base import Algorithm, Auto, Setting, check_auto, resolve_step_size


@dataclass(frozen=True)
class GD(Algorithm):
    """Gradient descent, theta <- theta - eta grad f(theta).

    Parameters
    ----------
    step_size : float or "auto"
        eta > 0. "auto" is 1 / (4 ||A*(y)/m||) for the factor models: a quarter of the stability
        limit at a low-rank Theta* under RIP (:func:`ipgd.algorithms.base.auto_step_size`). For
        sparse vectors it is the inverse of a bound on the Hessian that goes by the largest entry,
        for the other models a quarter of their own limit. Less from a start far larger than Theta*.
    """

    step_size: Auto = "auto"
    perturbed = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "step_size", check_auto("step_size", self.step_size))

    def compose(self, setting: Setting) -> _core.Algorithm:  # noqa: D102
        return _core.gradient_descent(resolve_step_size(self.step_size, setting))
