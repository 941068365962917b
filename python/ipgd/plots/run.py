"""One run: its history, its singular values, and the matrix it found."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..solution import Solution
from .style import new_figure, shades
from .thinning import thinned

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Array = NDArray[np.float64]

_LONG = 2000  # iterations

LABELS = {
    "loss": "loss f",
    "train_error": "‖A(Θ) − y‖ / ‖y‖",
    "test_error": "‖Θ − Θ*‖ / ‖Θ*‖",
    "gradient_norm": "‖∇f‖",
    "step_norm": "‖θ_t − θ_s‖, s the record before",
    "signal_norm": "‖signal‖",
    "residual_norm": "‖residual‖",
}

_VALUES = {
    "SymmetricFactor": "singular values of U",
    "SymmetricTensor": "size ‖u_j‖^p of each term",
}


def iterations(axes: Axes, longest: int) -> None:
    """Label the axis. It is logarithmic for long runs, in which most happens early."""
    axes.set_xlabel("iteration")
    if longest > _LONG:
        axes.set_xscale("symlog", linthresh=_LONG / 10)


def curve(axes: Axes, solution: Solution, values: Array, **style: Any) -> None:
    """What was recorded against the iteration, on a logarithmic scale; thinned, zeros left out."""
    kept = thinned(values)
    positive = np.where(values[kept] > 0, values[kept], np.nan)
    axes.semilogy(solution.history["iteration"][kept], positive, **style)


def history(
    axes: Axes, solution: Solution, quantities: Iterable[str] = tuple(LABELS), **style: Any
) -> None:
    """Scalar quantities of the history against the iteration, on a logarithmic scale."""
    for name in quantities:
        if name in solution.history:
            curve(axes, solution, solution.history[name], label=LABELS.get(name, name), **style)
    iterations(axes, solution.nit)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(fontsize="small")


def singular_values(axes: Axes, solution: Solution) -> None:
    """The recorded singular values against the iteration, from dark (largest) to light."""
    columns = solution.history["singular_values"].T
    for values, shade in zip(columns, shades(len(columns)), strict=True):
        curve(axes, solution, values, color=shade, linestyle="-")
    iterations(axes, solution.nit)
    axes.set_ylabel(values_of(solution))


def values_of(solution: Solution) -> str:
    """What the recorded singular values are those of."""
    model = solution.settings["parameterization"]["name"]
    others = "largest |Θ_i|" if solution.is_vector else "singular values of Θ"
    return _VALUES.get(model, others)


def matrix(axes: Axes, values: ArrayLike, title: str, limit: float) -> None:
    """A matrix as an image with colours from -limit to limit."""
    axes.imshow(np.asarray(values), cmap="RdBu_r", vmin=-limit, vmax=limit, interpolation="nearest")
    axes.set_title(title)
    axes.grid(visible=False)
    axes.set_xticks([])
    axes.set_yticks([])


def vector(axes: Axes, values: ArrayLike, title: str, limit: float) -> None:
    """A vector as needles between -limit and limit."""
    entries = np.asarray(values).reshape(-1)
    axes.vlines(np.arange(len(entries)), 0, entries)
    axes.axhline(0, color="black", linewidth=0.5)
    axes.set_ylim(-1.1 * limit, 1.1 * limit)
    axes.set_title(title)
    axes.set_xlabel("entry")


def row(
    axes: np.ndarray[tuple[int], np.dtype[np.object_]],
    solution: Solution,
    truth: ArrayLike | tuple[ArrayLike, ArrayLike] | None,
) -> None:
    """One run in three axes (history, singular values, recovered matrix), four with a truth."""
    history(axes[0], solution)
    singular_values(axes[1], solution)
    theta = solution.theta()
    shown = [("recovered", theta)]
    if truth is not None:
        factors = truth if isinstance(truth, tuple) else None
        known = (
            np.asarray(truth)
            if factors is None
            else np.asarray(factors[0]) @ np.transpose(np.asarray(factors[1]))
        )
        if known.shape != theta.shape:
            raise ValueError(f"truth: expected shape {theta.shape}, got {known.shape}")
        shown.insert(0, ("truth", known))
    limit = float(np.abs(np.asarray(shown[0][1])).max()) or 1.0
    draw = vector if solution.is_vector else matrix
    for ax, (title, values) in zip(axes[2:], shown, strict=True):
        draw(ax, values, title, limit)


def recovery(
    solution: Solution,
    truth: ArrayLike | tuple[ArrayLike, ArrayLike] | None = None,
    title: str = "",
) -> Figure:
    """History, singular values and the recovered matrix (beside the true one) of one run.

    Parameters
    ----------
    solution : Solution
        With ``singular_values`` among its recorded quantities.
    truth : array_like, shape (d1, d2), or tuple of factors (L, R), optional
        In the form of ``problem.truth``.
    title : str

    Returns
    -------
    matplotlib.figure.Figure
        Save it with ``.savefig(path)``.
    """
    if not isinstance(solution, Solution):
        raise TypeError(f"solution: expected an ipgd.Solution, got {solution!r}")
    if "singular_values" not in solution.history:
        raise ValueError(
            "solution: expected 'singular_values' in its history (name it in record=), "
            f"got {sorted(solution.history)}"
        )
    figure, axes = new_figure(1, 3 if truth is None else 4)
    row(axes[0], solution, truth)
    if title:
        figure.suptitle(title)
    return figure
