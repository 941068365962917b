"""Pictures of a run. Needs matplotlib: ``pip install 'ipgd[plot]'``."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from .files import atomic_write, check_writable
from .solution import Solution

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "check_picture",
    "history",
    "matrix",
    "new_figure",
    "recovery",
    "row",
    "save",
    "singular_values",
    "vector",
]

_LONG = 2000  # iterations

_LABELS = {
    "loss": "loss f",
    "train_error": "‖A(Θ) − y‖ / ‖y‖",
    "test_error": "‖Θ − Θ*‖ / ‖Θ*‖",
    "gradient_norm": "‖∇f‖",
    "signal_norm": "‖signal‖",
    "residual_norm": "‖residual‖",
}


_VALUES = {
    "SymmetricFactor": "singular values of U",
    "SymmetricTensor": "size ‖u_j‖^p of each term",
}


def new_figure(
    rows: int, columns: int
) -> tuple[Figure, np.ndarray[tuple[int, int], np.dtype[np.object_]]]:
    """A figure that belongs to no window, and its (rows, columns) axes.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure  # noqa: PLC0415
    except ImportError:
        raise ImportError("plots need matplotlib: pip install 'ipgd[plot]'") from None
    figure = Figure(figsize=(4 * columns, 3.2 * rows), layout="constrained")
    return figure, figure.subplots(rows, columns, squeeze=False)


def check_picture(name: str, path: Path) -> None:
    """Raise ValueError unless matplotlib can write a picture of this kind."""
    figure, _ = new_figure(1, 1)
    kinds = figure.canvas.get_supported_filetypes()
    if path.suffix.lstrip(".").lower() not in kinds:
        raise ValueError(
            f"{name}: expected a path ending in .{', .'.join(kinds)}, got {str(path)!r}"
        )


def save(figure: Figure, path: str | os.PathLike[str]) -> None:
    """Write a figure to `path`, in the format of its suffix: whole or not at all."""
    path = Path(path)
    check_picture("path", path)
    buffer = io.BytesIO()
    figure.savefig(buffer, format=path.suffix.lstrip(".").lower(), dpi=110)
    with atomic_write(check_writable("path", path)) as file:
        file.write(buffer.getvalue())


def _iterations(axes: Axes, solution: Solution) -> None:
    """Label the axis. It is logarithmic for long runs, in which most happens early."""
    axes.set_xlabel("iteration")
    if solution.nit > _LONG:
        axes.set_xscale("symlog", linthresh=_LONG / 10)
    axes.grid(alpha=0.3)


def history(axes: Axes, solution: Solution) -> None:
    """Every scalar quantity of the history against the iteration, on a logarithmic scale."""
    for name, label in _LABELS.items():
        if name in solution.history:
            values = np.where(solution.history[name] > 0, solution.history[name], np.nan)
            axes.semilogy(solution.history["iteration"], values, label=label)
    _iterations(axes, solution)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(fontsize="small")


def singular_values(axes: Axes, solution: Solution) -> None:
    """The recorded singular values against the iteration, largest first."""
    values = solution.history["singular_values"]
    axes.semilogy(solution.history["iteration"], np.where(values > 0, values, np.nan))
    _iterations(axes, solution)
    model = solution.settings["parameterization"]["name"]
    others = "largest |Θ_i|" if solution.is_vector else "singular values"
    axes.set_ylabel(_VALUES.get(model, others))


def matrix(axes: Axes, values: ArrayLike, title: str, limit: float) -> None:
    """A matrix as an image with colours from -limit to limit."""
    axes.imshow(np.asarray(values), cmap="RdBu_r", vmin=-limit, vmax=limit, interpolation="nearest")
    axes.set_title(title)
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
