"""Stochastic gradient descent over the measurements."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from .. import _core
from .._support.validate import describe, integer
from .base import Algorithm, Auto, Setting, auto_step_size, check_auto, safe_curvature

_NOISE_MARGIN = 1.5


def auto_stochastic_step_size(setting: Setting, batch_size: int) -> float:
    """The rule behind ``step_size="auto"`` of SGD.

    At a solution the gradients of all terms vanish, and steps on b of them are stable in the mean
    square below 2 b / (beta + (b - 1) l), l the largest curvature of f and beta that of a single
    term (Ma, Bassily, Belkin 2018). With l = 2 lambda, the lambda of :class:`ipgd.GD`:

    * isotropic A_i and n parameters have beta of about n l: the step of GD times b / (b + n).
    * a sampled entry moves one row of V and one of W, so that beta = d1 d2 (||v_i||^2 + ||w_j||^2)
      whatever the number of columns. It is estimated from the rows' and columns' root mean squares
      (:attr:`Setting.entry_curvature`), and the step is 1 / (4 lambda + 1.5 beta / b), or that of
      isotropic A_i if this is larger.

    (The estimate of beta and the margins are ours.)
    """
    curvature = safe_curvature(setting)
    isotropic = auto_step_size(curvature) * (batch_size / (batch_size + setting.dimension))
    beta = setting.entry_curvature
    if beta == 0:
        return isotropic
    return max(isotropic, 1 / (4 * curvature + _NOISE_MARGIN * beta / batch_size))


@dataclass(frozen=True)
class SGD(Algorithm):
    """Gradient descent in which a step sees a mini-batch of the measurements.

    theta <- theta - eta grad f_S(theta), f_S = c/(2|S|) sum_{i in S} (<A_i, Theta> - y_i)^2, with S
    a function of ``rng`` and the iteration alone. f itself, which takes a pass over all
    measurements, is evaluated when it is recorded (see ``record_every``), once an epoch, and at the
    end; only then can a stopping rule hold. A step on the entries of a matrix takes O(batch_size k)
    operations and passes over the factors alone. Never works with the Gram of an operator.

    Parameters
    ----------
    batch_size : int or "auto"
        Measurements in a mini-batch, 1 <= batch_size <= m. "auto" is 64, or m if that is less: a
        step costs some products of its factors whatever the batch, and one measurement at a time
        asks for steps so small that little moves in thousands of them.
    step_size : float or "auto"
        eta > 0. "auto": see :func:`ipgd.algorithms.stochastic.auto_stochastic_step_size`.
    replacement : bool
        Draw every measurement of a mini-batch on its own. Default: an epoch goes through all of
        them once, in a new random order; its last mini-batch may be smaller.

    References
    ----------
    Ma, Bassily, Belkin (2018), "The power of interpolation: understanding the effectiveness of SGD
    in modern over-parametrized learning", arXiv 1712.06559.
    """

    batch_size: int | Literal["auto"] = "auto"
    step_size: Auto = "auto"
    replacement: bool = False
    perturbed = False

    def __post_init__(self) -> None:
        if self.batch_size != "auto":
            object.__setattr__(self, "batch_size", integer("batch_size", self.batch_size, 1))
        object.__setattr__(self, "step_size", check_auto("step_size", self.step_size))
        if not isinstance(self.replacement, bool):
            raise TypeError(
                f"replacement: expected True or False, got {describe(self.replacement)}"
            )

    def compose(self, setting: Setting) -> _core.Algorithm:  # noqa: D102
        size = min(64, setting.measurements)
        if self.batch_size != "auto":
            size = self.batch_size
        if self.step_size == "auto":
            eta = auto_stochastic_step_size(setting, size)
        else:
            eta = float(self.step_size)
        plain = _core.gradient_descent(eta)
        return _core.on_mini_batches(plain, size, self.replacement)

    def further_settings(self) -> dict[str, Any]:  # noqa: D102
        return {"replacement": self.replacement}  # the batch size is reported as resolved
