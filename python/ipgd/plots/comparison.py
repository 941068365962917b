"""Many runs in one picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ..solution import Solution
from .run import LABELS, curve, iterations
from .style import COLORS, new_figure, shades, styles

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_LISTED = 12  # runs that a legend can list


def compare(
    solutions: Sequence[Solution],
    *,
    label: Sequence[object] | Callable[[Solution], object] | None = None,
    quantities: Sequence[str] | None = None,
    title: str = "",
) -> Figure:
    """Recorded quantities of several runs, one panel for each quantity and one line for each run.

    Up to seven runs differ in colour, line and marker. More of them go from dark to light in their
    order, and of more than twelve only the first and the last are named.

    Parameters
    ----------
    solutions : sequence of Solution
    label : sequence, or function of a solution, optional
        The name of each run. Default: its algorithm.
    quantities : sequence of str, optional
        Default: the losses, errors and norms that all runs recorded.
    title : str

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If there is no run, no quantity that all recorded, or not one label for each run.
    """
    runs = list(solutions)
    if not runs or not all(isinstance(run, Solution) for run in runs):
        raise ValueError(f"solutions: expected at least one ipgd.Solution, got {solutions!r}")
    names = _names(runs, label)
    common = set.intersection(*(set(run.history) for run in runs))
    chosen = [name for name in LABELS if name in common] if quantities is None else [*quantities]
    missing = [name for name in chosen if name not in common]
    if not chosen or missing:
        raise ValueError(
            f"quantities: expected quantities that all runs recorded ({sorted(common)}), got "
            f"{missing or chosen}"
        )
    figure, axes = new_figure(1, len(chosen))
    longest = max(run.nit for run in runs)
    for ax, name in zip(axes[0], chosen, strict=True):
        for run, own, style in zip(runs, names, _styles(len(runs)), strict=True):
            curve(ax, run, run.history[name], label=own, **style)
        iterations(ax, longest)
        ax.set_ylabel(LABELS.get(name, name.replace("_", " ")))
    handles, texts = axes[0, 0].get_legend_handles_labels()
    shown = range(len(runs)) if len(runs) <= _LISTED else (0, len(runs) - 1)
    figure.legend(
        [handles[k] for k in shown],
        [texts[k] for k in shown],
        loc="outside right center",
        fontsize="small",
    )
    if title:
        figure.suptitle(title)
    return figure


def _names(
    runs: Sequence[Solution], label: Sequence[object] | Callable[[Solution], object] | None
) -> list[str]:
    if label is None:
        return [run.settings.get("algorithm", {}).get("name", "run") for run in runs]
    if callable(label):
        return [str(label(run)) for run in runs]
    if isinstance(label, str) or len(label) != len(runs):
        raise ValueError(f"label: expected one for each of {len(runs)} runs, got {label!r}")
    return [str(one) for one in label]


def _styles(count: int) -> list[dict[str, Any]]:
    """Colours and lines of that many runs."""
    if count <= len(COLORS):
        return [style | {"markevery": 0.2, "markersize": 4} for style in styles(count)]
    return [{"color": shade, "linestyle": "-"} for shade in shades(count)]
