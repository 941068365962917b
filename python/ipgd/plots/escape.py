"""Escape times from a saddle against the radius of the perturbation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from .style import new_figure, styles

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ..analysis import EscapeLine


def escape(lines: EscapeLine | Mapping[str, EscapeLine], *, title: str = "") -> Figure:
    """Iterations until a saddle is left against log10(1/radius), beside the expected slope.

    Each line has the slope 1 / log(1 + step_size * lambda) and goes through the middle of its
    medians over the seeds; all seeds are drawn.

    Parameters
    ----------
    lines : EscapeLine, or mapping of str to EscapeLine
        As :func:`ipgd.analysis.escape_line` returns them; several by their names.
    title : str

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    TypeError
        If something else is given.
    ValueError
        If no run of a line has left its saddle.
    """
    given = lines if isinstance(lines, Mapping) else {"": lines}
    figure, axes = new_figure(1, 1)
    ax = axes[0, 0]
    for (name, line), style in zip(given.items(), styles(len(given)), strict=True):
        if not hasattr(line, "expected_slope"):
            raise TypeError(
                f"lines: expected an ipgd.analysis.EscapeLine, got {type(line).__name__}"
            )
        left = np.isfinite(line.iterations).any(axis=1)
        if not left.any():
            raise ValueError("lines: expected runs that left the saddle, got none")
        x = np.log10(1 / line.radii)
        medians = np.nanmedian(line.iterations[left], axis=1)
        slope = line.expected_slope * np.log(10)
        offset = np.mean(medians - slope * x[left])
        ax.plot(x, offset + slope * x, **style | {"marker": ""})
        ax.plot(
            np.repeat(x, line.iterations.shape[1]),
            line.iterations.reshape(-1),
            **style | {"linestyle": "", "markersize": 4, "fillstyle": "none"},
            label=name,
        )
    ax.set_xlabel("log₁₀(1 / radius)")
    ax.set_ylabel("iterations to leave the saddle")
    if any(given):
        ax.legend(fontsize="small")
    if title:
        ax.set_title(title)
    return figure
