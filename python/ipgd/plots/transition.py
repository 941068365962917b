"""Maps of success over one or two settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .style import COLORS, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_TICKS = 8  # values that an axis has room for


class Transition(Protocol):
    """What :func:`transition` draws: successes out of trials on a grid of settings."""

    @property
    def axes(self) -> Mapping[str, ArrayLike]:
        """The values of each setting, by its name."""

    @property
    def successes(self) -> ArrayLike:
        """How many runs succeeded; one axis for each setting."""

    @property
    def trials(self) -> ArrayLike:
        """How many runs there were: one number, or the shape of successes."""


def transition(result: Transition, *, title: str = "") -> Figure:
    """The share of successful runs: a line with 95 % Wilson intervals, or a map of two settings.

    The map is dark where runs fail, and the level one half is drawn as a line.

    Parameters
    ----------
    result : ipgd.analysis.TransitionMap, or another Transition
        Anything with ``axes`` (values by name), ``successes`` and ``trials``. Points without trials
        are left out.
    title : str

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If there are not one or two axes, or the shapes do not fit.
    """
    values = {name: np.asarray(one, dtype=np.float64) for name, one in result.axes.items()}
    successes = np.asarray(result.successes)
    shape = tuple(len(one) for one in values.values())
    if len(shape) not in (1, 2) or successes.shape != shape:
        raise ValueError(
            f"result: expected successes over one or two axes, shape {shape}, got shape "
            f"{successes.shape} over {list(values)}"
        )
    trials = np.broadcast_to(np.asarray(result.trials), shape)
    figure, axes = new_figure(1, 1)
    (_curve if len(shape) == 1 else _map)(axes[0, 0], values, successes, trials)
    if title:
        axes[0, 0].set_title(title)
    return figure


def _curve(
    axes: Axes, values: Mapping[str, NDArray[Any]], successes: NDArray[Any], trials: NDArray[Any]
) -> None:
    from scipy.stats import binomtest  # noqa: PLC0415 (takes its time)

    ((name, x),) = values.items()
    tried = trials > 0
    x, successes, trials = x[tried], successes[tried], trials[tried]
    intervals = np.array(
        [
            binomtest(int(k), int(n)).proportion_ci(method="wilson")
            for k, n in zip(successes, trials, strict=True)
        ]
    ).reshape(-1, 2)
    axes.plot(x, successes / trials, marker="o", markersize=4, label="share of runs")
    low, high = intervals.T
    axes.fill_between(x, low, high, color=COLORS[0], alpha=0.2, label="95 % Wilson interval")
    axes.set_ylim(-0.02, 1.02)
    axes.set_xlabel(name)
    axes.set_ylabel("share of successful runs")
    axes.legend(fontsize="small")


def _map(
    axes: Axes, values: Mapping[str, NDArray[Any]], successes: NDArray[Any], trials: NDArray[Any]
) -> None:
    (first, rows), (second, columns) = values.items()
    share = np.full(successes.shape, np.nan)
    np.divide(successes, trials, out=share, where=trials > 0)
    image = axes.pcolormesh(columns, rows, share, cmap="cividis", vmin=0, vmax=1, shading="nearest")
    if min(share.shape) > 1 and np.nanmin(share) < 0.5 < np.nanmax(share):
        axes.contour(columns, rows, share, levels=[0.5], colors="white", linewidths=1.5)
    axes.grid(visible=False)
    if len(rows) <= _TICKS:
        axes.set_yticks(rows)
    if len(columns) <= _TICKS:
        axes.set_xticks(columns)
    axes.set_xlabel(second)
    axes.set_ylabel(first)
    assert axes.figure is not None
    axes.figure.colorbar(image, ax=axes, label="share of successful runs")
