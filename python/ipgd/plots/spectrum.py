"""Spectra: singular values or eigenvalues in their order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..solution import Solution
from .style import new_figure, styles

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def spectrum(
    values: Solution | ArrayLike | Mapping[str, ArrayLike], *, of: str = "", title: str = ""
) -> Figure:
    """Singular values or eigenvalues, largest first, one set of points for each spectrum.

    The axis is logarithmic where all values are positive.

    Parameters
    ----------
    values : Solution, array_like of shape (n,), or mapping of str to array_like
        Of a solution, the singular values of Theta (computed here, by LAPACK) and, for U Uᵀ, those
        of U. Several spectra by their names.
    of : str
        What the values are, for the axis; not for a solution.
    title : str

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If there is no value, or one that is not a finite number.
    """
    if isinstance(values, Solution):
        spectra, of = _of_solution(values), "singular value"
    elif isinstance(values, Mapping):
        spectra = {name: np.asarray(one, dtype=np.float64) for name, one in values.items()}
    else:
        spectra = {"": np.asarray(values, dtype=np.float64)}
    for name, one in spectra.items():
        if one.ndim != 1 or not one.size or not np.isfinite(one).all():
            raise ValueError(
                f"values: expected finite numbers, shape (n,), got {one!r} {name}".rstrip()
            )
    figure, axes = new_figure(1, 1)
    ax = axes[0, 0]
    for (name, one), style in zip(spectra.items(), styles(len(spectra)), strict=True):
        ordered = np.sort(one)[::-1]
        ax.plot(
            np.arange(1, len(one) + 1),
            ordered,
            **style | {"linestyle": "", "markersize": 4},
            label=name,
        )
    every = np.concatenate(list(spectra.values()))
    if every.min() > 0:
        ax.set_yscale("log")
    else:
        ax.axhline(0, color="black", linewidth=0.5, linestyle="-")
    ax.set_xlabel("index, largest first")
    ax.set_ylabel(of or "value")
    if any(spectra):
        ax.legend(fontsize="small")
    if title:
        ax.set_title(title)
    return figure


def _of_solution(solution: Solution) -> dict[str, NDArray[Any]]:
    spectra: dict[str, NDArray[Any]] = {"of Θ": np.linalg.svd(solution.theta(), compute_uv=False)}
    if "U" in solution.parameters:
        spectra["of U"] = np.linalg.svd(solution.parameters["U"], compute_uv=False)
    return spectra
