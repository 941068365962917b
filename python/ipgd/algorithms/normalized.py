"""Gradient descent with steps of nearly the same length."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .. import _core
from .._support.validate import number
from .base import Algorithm, Setting


@dataclass(frozen=True)
class NormalizedGD(Algorithm):
    """Gradient descent divided by the root of one scalar second moment.

    v_t = decay v_{t-1} + (1 - decay) ||grad f||^2 over all parameters,
    theta <- theta - eta grad f / (sqrt(v_t / (1 - decay^t)) + floor): a step is about eta long
    wherever the gradient is larger than `floor`.

    Parameters
    ----------
    step_size : float
        eta > 0, in units of the parameters. Once the gradient is below `floor`, this is gradient
        descent with step size eta / floor.
    decay : float
        0 <= decay < 1.
    floor : float
        Above zero.

    References
    ----------
    The optimiser ("GroupRMSprop") in the code of Arora, Cohen, Hu, Luo (2019), "Implicit
    regularization in deep matrix factorization", arXiv 1905.13655.
    """

    step_size: float = 1e-3
    decay: float = 0.99
    floor: float = 1e-4
    perturbed = False

    def __post_init__(self) -> None:
        for name in ("step_size", "floor"):
            object.__setattr__(self, name, number(name, getattr(self, name), positive=True))
        object.__setattr__(self, "decay", number("decay", self.decay, positive=False))
        if not self.decay < 1:
            raise ValueError(f"decay: expected a number in [0, 1), got {self.decay}")

    def compose(self, setting: Setting) -> _core.Algorithm:  # noqa: D102
        return _core.normalized_gradient_descent(self.step_size, self.decay, self.floor)

    def further_settings(self) -> dict[str, Any]:  # noqa: D102
        return {"decay": self.decay, "floor": self.floor}
