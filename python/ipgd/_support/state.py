"""Where a run stood and how it was set up, in memory and as arrays and text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

_ARRAYS = ("theta", "memory", "anchor")
_RECIPE = {
    "algorithm": dict,
    "answers": dict,
    "keys": dict,
    "record": list,
    "record_every": int,
    "n_singular_values": int,
    "y": str,
    "image": list,
}
_POINT = {
    "iteration": int,
    "last_kick": int,
    "anchor_loss": float,
    "perturbations": int,
    "perturbed": bool,
    "ahead": bool,
}


def require_fields(name: str, given: object, types: Mapping[str, type]) -> None:
    """Raise ValueError unless these are fields of these types."""
    if not isinstance(given, Mapping):
        raise ValueError(f"{name} that is not a table of fields")
    for field, kind in types.items():
        value = given.get(field)
        number = kind is float and type(value) is int
        if type(value) is not kind and not number:
            raise ValueError(f"{name} whose {field} is {value!r}, not of type {kind.__name__}")


@dataclass(frozen=True, eq=False)
class State:
    """All that :func:`ipgd.resume` needs beside a solution's other fields.

    Attributes
    ----------
    recipe : dict
        What the run was made of, as text can hold it: the algorithm with its own fields, what its
        "auto" settings were resolved from, the keys of its random numbers, what it records.
    point : dict or None
        Where the core stood: the number and the parameters (``theta``; None where they are the
        solution's) of the iterate to step from, what its direction remembers, its last kick, and
        whether it was one step ahead of the solution (``ahead``). None of a run that came to its
        own end.
    """

    recipe: dict[str, Any]
    point: dict[str, Any] | None

    def arrays(self) -> dict[str, np.ndarray[Any, Any]]:
        """The arrays in it, by name."""
        point = self.point or {}
        return {name: point[name] for name in _ARRAYS if point.get(name) is not None}

    def about(self) -> dict[str, Any]:
        """The rest."""
        point = self.point
        rest = None if point is None else {n: v for n, v in point.items() if n not in _ARRAYS}
        return {"recipe": self.recipe, "point": rest}

    @classmethod
    def of(cls, about: Mapping[str, Any], arrays: Mapping[str, Any]) -> State:
        """The state that these were taken from."""
        rest = about["point"]
        require_fields("a state", about["recipe"], _RECIPE)
        if rest is not None:
            require_fields("a state", rest, _POINT)
        point = None if rest is None else dict.fromkeys(_ARRAYS) | dict(rest) | dict(arrays)
        return cls(about["recipe"], point)
