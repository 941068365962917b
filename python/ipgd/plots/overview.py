"""All that a run recorded, in one figure: ``solution.plot()``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ..solution import Solution
from .run import LABELS, curve, history, iterations, singular_values, values_of
from .style import OTHER, new_figure, shades
from .thinning import thinned

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ..analysis import Phases

_FEW = 40  # kicks that can be told apart
_PANELS = {
    "loss and errors": ("loss", "train_error", "test_error"),
    "signal and residual": ("signal_norm", "residual_norm"),
    "gradient and steps": ("gradient_norm", "step_norm"),
}
_NOT_DRAWN = {"iteration", "epoch", "perturbation", "direction_norms"}


def overview(
    solution: Solution, *, marks: Mapping[str, int] | Phases | None = None, title: str = ""
) -> Figure:
    """All that a run recorded against the iteration: what :meth:`ipgd.Solution.plot` draws.

    One panel each for loss and errors, signal and residual, gradient and steps, singular values
    (of U or of Theta, as the axis says), and each other quantity, where they were recorded. Kicks
    are grey lines if ``perturbation`` was recorded and there are at most 40 of them. Long histories
    are thinned for the picture.

    Parameters
    ----------
    solution : Solution
    marks : mapping of str to int, or ipgd.analysis.Phases, optional
        Iterations to be marked, by their names, or the ends of phases. The panels number them, and
        the names stand below. Default: what :func:`ipgd.analysis.saddles_visited` finds,
        if loss and singular values were recorded.
    title : str

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If nothing was recorded that can be drawn.
    ImportError
        If matplotlib is not installed.
    """
    if not isinstance(solution, Solution):
        raise TypeError(f"solution: expected an ipgd.Solution, got {solution!r}")
    panels = _panels(solution)
    if not panels:
        raise ValueError(
            "solution: expected recorded quantities to draw (name them in record=), got a history "
            f"of {sorted(solution.history)}"
        )
    columns = min(3, len(panels))
    figure, axes = new_figure(-(-len(panels) // columns), columns)
    named = _named(solution, marks)
    every: list[Any] = list(axes.flat)
    for ax, (heading, names) in zip(every, panels.items(), strict=False):
        _draw(ax, solution, names)
        ax.set_title(heading, fontsize="medium", pad=14 if named else 6)
        _mark(ax, solution, named)
    for ax in every[len(panels) :]:
        ax.remove()
    if named:
        figure.supxlabel("   ".join(f"{k}: {m}" for k, m in enumerate(named, 1)), fontsize="small")
    if title:
        figure.suptitle(title)
    return figure


def _named(solution: Solution, marks: Mapping[str, int] | Phases | None) -> dict[str, int]:
    """The iterations to be marked."""
    from ..analysis import Phases, saddles_visited  # noqa: PLC0415 (which imports ipgd)

    if isinstance(marks, Phases):
        ends = {"end of phase I": marks.alignment_end, "end of phase II": marks.saddle_end}
        return {name: end for name, end in ends.items() if end is not None}
    if marks is not None:
        return dict(marks)
    if {"loss", "singular_values"} <= set(solution.history) and len(solution.history["loss"]) >= 3:
        return {f"saddle of rank {s.rank}": s.iteration for s in saddles_visited(solution)}
    return {}


def _panels(solution: Solution) -> dict[str, list[str]]:
    """The recorded quantities of each panel, by its heading."""
    recorded = [name for name in solution.history if name not in _NOT_DRAWN]
    panels = {
        heading: [name for name in names if name in recorded] for heading, names in _PANELS.items()
    }
    grouped = {name for names in panels.values() for name in names}
    for name in recorded:
        if name == "singular_values":
            panels[values_of(solution)] = [name]
        elif name not in grouped:
            panels[name.replace("_", " ")] = [name]
    return {heading: names for heading, names in panels.items() if names}


def _draw(axes: Axes, solution: Solution, names: list[str]) -> None:
    if names == ["singular_values"]:
        singular_values(axes, solution)
    elif len(names) > 1 or names[0] in LABELS:
        history(axes, solution, names)
        axes.set_ylabel("Frobenius norm" if names[0].endswith("norm") else "loss, relative error")
    else:
        _other(axes, solution, names[0])


def _other(axes: Axes, solution: Solution, name: str) -> None:
    """A quantity of any kind: logarithmic if it is positive or has many parts, else linear."""
    values = solution.history[name].reshape(len(solution.history["iteration"]), -1)
    label = name.replace("_", " ")
    if values.shape[1] > 1:
        values, label = np.abs(values), f"|{label}|"
    logarithmic = values.shape[1] > 1 or bool(np.nanmin(values) > 0)
    for column, shade in zip(values.T, shades(values.shape[1]), strict=True):
        if logarithmic:
            curve(axes, solution, column, color=shade, linestyle="-")
        else:
            kept = thinned(column)
            axes.plot(solution.history["iteration"][kept], column[kept])
    iterations(axes, solution.nit)
    axes.set_ylabel(label)


def _mark(axes: Axes, solution: Solution, marks: Mapping[str, int]) -> None:
    """Kicks as thin grey lines, and named iterations as dotted ones with numbers above."""
    kicked = solution.history.get("perturbation")
    if kicked is not None:
        kicks = solution.history["iteration"][np.asarray(kicked) > 0]
        for kick in kicks if len(kicks) <= _FEW else ():
            axes.axvline(kick, color=OTHER, linewidth=0.8, linestyle="-", zorder=0)
    for k, iteration in enumerate(marks.values(), 1):
        axes.axvline(iteration, color="black", linewidth=0.8, linestyle=":")
        above = axes.get_xaxis_transform()
        axes.text(iteration, 1.01, str(k), transform=above, fontsize="small", ha="center")
