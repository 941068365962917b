"""Gradient descent with momentum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from .. import _core
from .._support.validate import number, one_of
from .base import Algorithm, Auto, Setting, check_auto, resolve_step_size

_KINDS = ("nesterov", "heavy_ball")


@dataclass(frozen=True)
class AcceleratedGD(Algorithm):
    """Factored gradient descent with momentum.

    kind="nesterov":    z_{t+1} = x_t - eta grad f(x_t),  x_{t+1} = z_{t+1} + beta (z_{t+1} - z_t);
    the extrapolated x_t, where the gradient is taken, are what is recorded and returned.
    kind="heavy_ball":  x_{t+1} = x_t - eta grad f(x_t) + beta (x_t - x_{t-1}).

    Parameters
    ----------
    step_size : float or "auto"
        eta > 0. "auto" is made of the step of :class:`ipgd.GD`:

        * heavy_ball, and adaptive momentum, take that step.
        * nesterov with a fixed beta divides it by 1 + 2 beta, since its limit of stability is that
          much lower: 2 (1 + beta) / (1 + 2 beta) over the largest curvature, not 2 (1 + beta).
        * With a fixed beta, models of vectors take a quarter of these: their speed carries them far
          past Theta*, where they are steeper.

        The limit of adaptive momentum is 4/3 over the largest curvature. A vector Theta has other
        solutions of A theta = y that are less curved: with a step beyond the limit at Theta* the
        run may end with success at one of them. (docs/automatic-steps.md has figures.)
    momentum : float or "adaptive"
        0 <= beta < 1. At 0.99 the speed carries runs of V Wᵀ and of deep models far past the
        solution, and half of them diverge from some starts: take a smaller step size there.

        "adaptive" (nesterov only): beta = k / (k + 3). k grows by one a step, and loses a fifth at
        a step that goes uphill, <grad f(x_t), z_{t+1} - z_t> > 0. The default of
        :func:`ipgd.solve` for sparse vectors.
    kind : {"nesterov", "heavy_ball"}

    Notes
    -----
    Momentum weakens the bias of a small start. A direction whose slope is g grows by a factor of
    about 1 + 2 eta g a step under gradient descent and, where 8 eta g > (1 - beta)^2, by about
    1 + (2 eta g)^(1/2) with momentum: the ratio of two growth rates becomes its root, and what is
    not part of Theta* gets further before the loss is small. From there on it falls like a power of
    the number of iterations (docs/automatic-steps.md has figures). With few measurements and many
    columns the difference decides: a run with beta = 0.9 may stall where :class:`ipgd.GD` arrives.
    Take fewer columns, a smaller beta or a smaller start then.

    References
    ----------
    Kim, Kollias, Kalev, Wei, Kyrillidis (2021), "Fast quantum state reconstruction via accelerated
    non-convex programming", arXiv 2104.07006 (nesterov on U Uᵀ). O'Donoghue, Candès (2015),
    "Adaptive restart for accelerated gradient schemes", arXiv 1204.3982 (the test for uphill).
    """

    step_size: Auto = "auto"
    momentum: float | Literal["adaptive"] = 0.9
    kind: str = "nesterov"
    perturbed = False
    kept_vectors = 2.25

    def __post_init__(self) -> None:
        object.__setattr__(self, "step_size", check_auto("step_size", self.step_size))
        one_of("kind", self.kind, _KINDS)
        if isinstance(self.momentum, str):
            if self.momentum != "adaptive":
                raise ValueError(
                    f"momentum: expected a number in [0, 1) or 'adaptive', got {self.momentum!r}"
                )
            if self.kind != "nesterov":
                raise ValueError(
                    f"kind: expected 'nesterov' with momentum='adaptive', got {self.kind!r}"
                )
            return
        object.__setattr__(self, "momentum", number("momentum", self.momentum, positive=False))
        if not self.momentum < 1:
            raise ValueError(f"momentum: expected a number in [0, 1), got {self.momentum}")

    def compose(self, setting: Setting) -> _core.Algorithm:  # noqa: D102
        eta, nesterov = resolve_step_size(self.step_size, setting), self.kind == "nesterov"
        if self.momentum == "adaptive":
            return _core.with_adaptive_momentum(_core.gradient_descent(eta))
        beta = float(self.momentum)
        if self.step_size == "auto":
            eta /= (1 + 2 * beta if nesterov else 1) * setting.overshoot
        return _core.with_momentum(_core.gradient_descent(eta), beta, nesterov)

    def further_settings(self) -> dict[str, Any]:  # noqa: D102
        return {"momentum": self.momentum, "kind": self.kind}
