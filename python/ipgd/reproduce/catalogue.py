"""The figures there are, by name: one module of ``figures`` each."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from typing import Any

from . import figures
from .figure import Figure


def names() -> list[str]:
    """The names of all figures, in alphabetical order."""
    return sorted(
        module.name.replace("_", "-")
        for module in pkgutil.iter_modules(figures.__path__)
        if not module.name.startswith("_")
    )


def load(name: str) -> Figure[Any]:
    """The figure of this name.

    Raises
    ------
    ValueError
        If there is none; the message has the nearest names.
    TypeError
        If `name` is not a string.
    """
    if not isinstance(name, str):
        raise TypeError(f"name: expected the name of a figure, got {name!r}")
    known = names()
    if name not in known:
        near = difflib.get_close_matches(name, known, n=3, cutoff=0.4)
        hint = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(known)}"
        raise ValueError(f"name: expected the name of a figure, got {name!r}; {hint}")
    module = importlib.import_module(f".{name.replace('-', '_')}", figures.__name__)
    figure: Figure[Any] = module.FIGURE
    return figure
