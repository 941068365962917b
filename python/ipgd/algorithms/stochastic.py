"""Stochastic gradient descent over the measurements."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from .. import _core
from .._support.validate import describe, integer
from .base import Algorithm, Auto, Setting, check_auto, resolve_step_size


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
        eta > 0. "auto" is that of :class:`ipgd.GD` times batch_size / (batch_size + n) for n
        parameters: near a solution, the mean-square stability of stochastic gradients with
        isotropic A_i asks for no more (ours).
    replacement : bool
        Draw every measurement of a mini-batch on its own. Default: an epoch goes through all of
        them once, in a new random order; its last mini-batch may be smaller.
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
        eta = resolve_step_size(self.step_size, setting)
        if self.step_size == "auto":
            eta *= size / (size + setting.dimension)
        plain = _core.gradient_descent(eta)
        return _core.on_mini_batches(plain, size, self.replacement)

    def further_settings(self) -> dict[str, Any]:  # noqa: D102
        return {"replacement": self.replacement}  # the batch size is reported as resolved
