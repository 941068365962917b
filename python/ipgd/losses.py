"""Losses: what a residual costs, in place of its square."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import _core
from ._support.names import Suggesting
from ._support.validate import Array, number
from ._support.written import read_back, write_down

_WINSOR = 4.5  # medians of |y|: three standard deviations of a Gaussian y


@dataclass(frozen=True)
class Loss(Suggesting, ABC):
    r"""f(theta) = c/m sum_i loss(r_i) with the residuals r = A(Theta) - y.

    The squared loss r^2 / 2 is what a problem has that is not given another one
    (``problem.loss`` is None). Others go with every operator, parameterization and algorithm but
    those that are derived for squares: ``gram=True``, :class:`ipgd.TruncatedGD` and the baselines
    refuse them. Automatic step sizes divide by the largest second derivative of the loss.
    :class:`Huber` and :class:`Logistic` are all there are: the core computes with no others.
    """

    has_minimum = True
    """False where f may only have an infimum, which parameters that grow without bound approach."""

    @abstractmethod
    def bind(self, unit: float = 1.0) -> _core.Loss:
        """The loss in the core, of measurements that are `unit` times those that the user sees."""

    @abstractmethod
    def working_response(self, y: Array, unit: float = 1.0) -> Array:
        """The y of the least-squares problem that looks like this one at Theta = 0, shape (m,).

        As in iteratively reweighted least squares: -loss'/loss'' at Theta = 0, with the largest
        loss''. Starts and automatic settings are made from it.
        """

    def settings(self) -> dict[str, Any]:
        """Name and parameters, as a saved solution holds them."""
        return write_down(self)


@dataclass(frozen=True)
class Huber(Loss):
    """Squares near zero, absolute values beyond: for measurements with gross outliers.

    loss(r) = r^2 / 2 for abs(r) <= delta and delta (abs(r) - delta / 2) beyond, so that no
    measurement has a weight above delta in the gradient. With normal noise of standard deviation s,
    delta = 1.345 s keeps 95 % of the efficiency of least squares, and delta = 3 s counts as
    outliers only what is no noise.

    A small delta makes a run slow: from far away it takes about (size of y)/delta times as many
    iterations as with squares. With delta at a thousandth of the size of y, a run from a small
    start is still there after 10 000. Lower delta tenfold at a time then, each run from the last
    one's parameters (docs/automatic-steps.md has figures).

    >>> import ipgd
    >>> problem = ipgd.matrix_sensing(d=10, rank=1, m=150, rng=0)
    >>> found = None
    >>> for delta in (0.1, 0.01, 0.001):
    ...     robust = problem.with_loss(ipgd.Huber(delta))
    ...     found = ipgd.solve(robust, init=found, max_iter=2000, rng=0).parameters

    Parameters
    ----------
    delta : float
        delta > 0, in the units of the measurements that you see: of the entries of a matrix, where
        :class:`ipgd.operators.Entries` works with sqrt(d1 d2) times as much inside.

    References
    ----------
    Huber, "Robust estimation of a location parameter", Ann. Math. Statist. 35 (1964).
    """

    delta: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "delta", number("delta", self.delta, positive=True))

    def bind(self, unit: float = 1.0) -> _core.Loss:  # noqa: D102
        return _core.Huber(unit * self.delta)

    def working_response(self, y: Array, unit: float = 1.0) -> Array:
        """The measurements without outliers: clipped at 4.5 medians of abs(y), or at delta if more.

        Clipping at delta alone, which is what the definition asks for, would hide the size of
        Theta* where delta is small.
        """
        limit = max(unit * self.delta, _WINSOR * float(np.median(np.abs(y))))
        return np.clip(y, -limit, limit)


@dataclass(frozen=True)
class Logistic(Loss):
    """The negative log-likelihood of one-bit measurements.

    y_i is 1 with probability 1 / (1 + exp(-<A_i, Theta>)), else 0 (or -1): Theta holds log-odds,
    and loss = log(1 + exp(-s_i <A_i, Theta>)) with s_i = 1 where y_i > 0 and -1 elsewhere. y has
    the values 0 and 1, or -1 and 1. The recorded ``train_error`` is no measure of fit then; the
    loss is, relative to c log 2 at Theta = 0. The logistic loss has no minimum where the model can
    separate the bits, so few columns and few iterations do what a penalty would.

    References
    ----------
    Davenport, Plan, van den Berg, Wootters, "1-bit matrix completion", Information and Inference 3
    (2014).
    """

    has_minimum = False

    def bind(self, unit: float = 1.0) -> _core.Loss:  # noqa: D102
        return _core.Logistic(unit)

    def working_response(self, y: Array, unit: float = 1.0) -> Array:
        """-2 and 2: the score at Theta = 0, which is -1/2 or 1/2, by the curvature 1/4."""
        response: Array = np.where(y > 0, 2.0 * unit, -2.0 * unit)
        return response


LOSSES = (Huber, Logistic)


def from_settings(text: object) -> Loss | None:
    """Inverse of :meth:`Loss.settings`; None for the squared loss.

    Raises
    ------
    ValueError
        If this is not what it returns.
    """
    if text is None:
        return None
    if not isinstance(text, Mapping):
        raise ValueError(f"loss: expected a name and its fields, got {text!r}")
    try:
        return read_back("loss", LOSSES, text)
    except TypeError as error:
        raise ValueError(f"loss: expected the fields of one of ours, got {text!r}") from error
