"""The algorithm for networks with quadratic activations."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from .. import _core
from .base import Algorithm, Auto, Setting, check_auto, resolve_step_size

_TIMES_MEAN = 10.0


@dataclass(frozen=True)
class TruncatedGD(Algorithm):
    """Truncated, trace-corrected gradient descent on U Uᵀ: Algorithm 1 of Li, Ma, Zhang (2018).

    For y_i = 1ᵀ q(U*ᵀ x_i), q(z) = z^2, with x_i ~ N(0, I): rank-one measurements
    <x_i x_iᵀ, Theta>, which are heavy-tailed and not isotropic,
    E <x xᵀ, D> x xᵀ = 2 D + tr(D) I. A step leaves out the samples with ||Uᵀx_i||^2 > R, and takes
    out the trace with s = mean(y):
    Ũ = U - eta/m sum_{||Uᵀx_i||^2 <= R} r_i x_i x_iᵀ U,  U_+ = Ũ / (1 - eta (||U||_F^2 - s)).

    The error of s, ||Theta*||_F sqrt(2/m) in the mean square, is the floor of the recovery error:
    plain gradient descent, whose loss has no such term, ends below it when it ends well.

    With Gaussian inputs the automatic R hardly ever leaves a sample out. It acts where some inputs
    are much too large for their y, as when they were read wrongly: from a start of Theta*'s size a
    step then sees the others. From a small start, U stays too small for them to be noticed.

    Parameters
    ----------
    step_size : float or "auto"
        eta > 0. "auto": as in :class:`ipgd.GD`.
    truncation : float or "auto"
        R > 0, in units of y. "auto": 10 mean(y), above which a Gaussian x_i hardly ever lands. inf
        leaves nothing out.

    References
    ----------
    Li, Ma, Zhang (2018), "Algorithmic regularization in over-parameterized matrix sensing and
    neural networks with quadratic activations", arXiv 1712.09203, theorem 1.2.
    """

    step_size: Auto = "auto"
    truncation: Auto = "auto"
    perturbed = False
    quadratic_forms = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "step_size", check_auto("step_size", self.step_size))
        unlimited = self.truncation == math.inf  # also where that is a numpy number
        truncation = math.inf if unlimited else check_auto("truncation", self.truncation)
        object.__setattr__(self, "truncation", truncation)

    def compose(self, setting: Setting) -> _core.Algorithm:  # noqa: D102
        truncation = self.truncation
        if truncation == "auto":
            mean = setting.mean
            if mean <= 0:
                raise ValueError(
                    "truncation: expected a positive number for y whose mean is not positive "
                    f"({mean:.3g}), got 'auto'"
                )
            truncation = _TIMES_MEAN * mean
        eta = resolve_step_size(self.step_size, setting)
        return _core.truncated_gradient_descent(eta, float(truncation))

    def further_settings(self) -> dict[str, Any]:  # noqa: D102
        return {"truncation": self.truncation}
