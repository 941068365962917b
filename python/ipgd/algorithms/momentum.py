"""Gradient descent with momentum."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

from .. import _core
from .._support.validate import number, one_of
from .base import Algorithm, Auto, Setting, check_auto, resolve_step_size

_KINDS = ("nesterov", "heavy_ball")
_LARGE_ENTRIES_FOUND = 1e-5  # relative loss: what is missing is 0.3 % of Theta*
_BOOST = 16  # of steps along entries below a hundredth of the largest


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
    onset : float or None
        0 < onset <= 1. Plain gradient descent until f <= onset * f(Theta = 0), momentum from that
        iterate on. None: momentum from the start. With many columns take
        ``momentum="adaptive", onset=1e-2``; see below.
    second_start : float or None
        For models of vectors, relative to the size of the parameters, > 0. At the first iterate
        with f <= 1e-5 f(Theta = 0) the step is x <- x + s, where s is :class:`ipgd.init.constant`
        of this size, and momentum begins anew; parameters that are zero stay zero. From there on,
        parameters below a tenth of the largest take steps that are up to 16 times as long. None:
        never. The default of :func:`ipgd.solve` for sparse vectors is 1e-10.

    Notes
    -----
    Momentum weakens the bias of a small start. A direction whose slope is g grows by a factor of
    about 1 + 2 eta g a step under gradient descent and, where 8 eta g > (1 - beta)^2, by about
    1 + (2 eta g)^(1/2) with momentum: the ratio of two growth rates becomes its root, and what is
    not part of Theta* gets further before the loss is small. From there on it falls like a power of
    the number of iterations (docs/automatic-steps.md has figures). With few measurements and many
    columns the difference decides: a run with beta = 0.9 may stall where :class:`ipgd.GD` arrives.
    Take an onset, fewer columns, a smaller beta or a smaller start then.

    The bias is made while Theta* is found; what follows is a quadratic problem, where momentum does
    no harm. So an onset keeps the bias of what is found before it, and the speed after it: with
    condition number 1 all of the bias, with 10 but one digit; docs/automatic-steps.md has figures.

    An entry of relative size s grows from the start alpha to its place in about
    log(1/alpha) (2 eta s)^(-1/2) iterations, because its slope is s. The start has to be tiny
    while the large entries are missing, whose cross-talk pushes all others; for the entries that
    are smaller than what is left of the residual, one of 1e-10 is as tiny. So a second start halves
    their wait. The longer steps quarter it again, and the time in which entries off the support die
    out: near Theta* the curvature along u_j is 4 u_j^2 ||a_j||^2 / m, so that sixteenfold steps of
    entries below a hundredth of the largest are as stable as those of the largest. Where columns
    differ in length the factor is smaller. (The argument is ours; figures in
    docs/automatic-steps.md.)

    References
    ----------
    Kim, Kollias, Kalev, Wei, Kyrillidis (2021), "Fast quantum state reconstruction via accelerated
    non-convex programming", arXiv 2104.07006 (nesterov on U Uᵀ). O'Donoghue, Candès (2015),
    "Adaptive restart for accelerated gradient schemes", arXiv 1204.3982 (the test for uphill).
    """

    step_size: Auto = "auto"
    momentum: float | Literal["adaptive"] = 0.9
    kind: str = "nesterov"
    onset: float | None = None
    second_start: float | None = None
    perturbed = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "step_size", check_auto("step_size", self.step_size))
        one_of("kind", self.kind, _KINDS)
        if self.onset is not None:
            object.__setattr__(self, "onset", number("onset", self.onset, positive=True))
            if not self.onset <= 1:
                raise ValueError(f"onset: expected a number in (0, 1] or None, got {self.onset}")
        if self.second_start is not None:
            size = number("second_start", self.second_start, positive=True)
            object.__setattr__(self, "second_start", size)
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

    @property
    def kept_vectors(self) -> float:  # noqa: D102
        return 2.25 if self.second_start is None else 7.25  # two phases

    def compose(self, setting: Setting) -> _core.Algorithm:  # noqa: D102
        eta = resolve_step_size(self.step_size, setting)
        if self.momentum != "adaptive" and self.step_size == "auto":
            eta /= 1 + 2 * float(self.momentum) if self.kind == "nesterov" else 1
            eta /= setting.overshoot
        plain = _core.gradient_descent(eta)
        algorithm = self._accelerated(plain)
        if self.onset is not None:
            algorithm = _core.in_two_phases(plain, algorithm, self.onset, 0)
        if self.second_start is not None:
            if not setting.entrywise:
                raise ValueError(
                    f"second_start: expected None but for vectors, got {self.second_start}"
                )
            size = self.second_start * math.sqrt(setting.magnitude)
            boost = max(1.0, _BOOST / max(1.0, setting.lone_curvature))
            later = self._accelerated(_core.boosted_gradient_descent(eta, boost))
            algorithm = _core.in_two_phases(algorithm, later, _LARGE_ENTRIES_FOUND, size)
        return algorithm

    def _accelerated(self, plain: _core.Algorithm) -> _core.Algorithm:
        if self.momentum == "adaptive":
            return _core.with_adaptive_momentum(plain)
        return _core.with_momentum(plain, float(self.momentum), self.kind == "nesterov")

    def further_settings(self) -> dict[str, Any]:  # noqa: D102
        names = ("momentum", "kind", "onset", "second_start")
        return {name: getattr(self, name) for name in names}
