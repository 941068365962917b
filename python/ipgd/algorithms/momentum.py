"""Gradient descent with momentum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from .. import _core
from .._support.validate import number, one_of
from .base import Algorithm, Auto, Setting, check_auto, resolve_step_size

_KINDS = ("nesterov", "heavy_ball")
_ENTRYWISE = 4  # of what is automatic for plain descent, for fixed momentum on vectors


@dataclass(frozen=True)
class AcceleratedGD(Algorithm):
    """Factored gradient descent with momentum.

    kind="nesterov":    z_{t+1} = x_t - eta grad f(x_t),  x_{t+1} = z_{t+1} + beta (z_{t+1} - z_t);
    the extrapolated x_t, where the gradient is taken, are what is recorded and returned.
    kind="heavy_ball":  x_{t+1} = x_t - eta grad f(x_t) + beta (x_t - x_{t-1}).

    Parameters
    ----------
    step_size : float or "auto"
        eta > 0. "auto": that of :class:`ipgd.GD` for heavy_ball and for adaptive momentum, and
        1 / (1 + 2 beta) times that for nesterov with a fixed beta, whose limit of stability is that
        much lower: 2 (1 + beta) / (1 + 2 beta) and not 2 (1 + beta) over the largest curvature.
        A quarter of these for models of vectors with a fixed beta, whose speed carries them far
        past Theta*, where they are steeper: from a start as large as Theta*, 14 to 15 of 16 runs
        diverged without the quarter, up to 8 with a half, none with it.
        With adaptive momentum the limit falls to 4/3 over the largest curvature. A vector Theta has
        other solutions of A theta = y that are less curved: with a step beyond the limit at Theta*
        the run may end with success at one of them. Measured (d = 120, m = 60, 5 entries, Gaussian
        A, 12 instances): none did with 1.5 times the automatic step. With twice that 3 did and one
        diverged, with 3 times all diverged.
    momentum : float or "adaptive"
        0 <= beta < 1. Measured with "auto" steps on 10 x 8 and 10 x 10 matrices, from Gaussian
        starts with scales of 1e-3 to 1000: none of 336 runs diverged at 0.5 and 0.9. At 0.99 the
        speed carries runs of V Wᵀ and of deep models far past the solution, and 55 of 112 did
        (none of 56 of U Uᵀ): take a smaller step size there.

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
    the number of iterations. With 30 columns for a matrix of rank 2 (d = 30, m = 600, three seeds)
    the third eigenvalue of U Uᵀ over the first is, when the relative loss reaches 1e-10:
    GD 1e-10 to 8e-10, beta = 0.5 1e-10 to 1e-9, beta = 0.9 1e-8 to 1e-7, adaptive 2e-8 to 2e-7.
    With few measurements and many columns the difference decides: a run with beta = 0.9 may stall
    where :class:`ipgd.GD` arrives. Take fewer columns, a smaller beta or a smaller start then.

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
            eta /= (1 + 2 * beta if nesterov else 1) * (_ENTRYWISE if setting.entrywise else 1)
        return _core.with_momentum(_core.gradient_descent(eta), beta, nesterov)

    def further_settings(self) -> dict[str, Any]:  # noqa: D102
        return {"momentum": self.momentum, "kind": self.kind}
