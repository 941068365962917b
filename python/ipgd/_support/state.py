"""Where a run stood, in memory and as arrays and text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from .validate import Array

_ARRAYS = ("theta", "memory", "anchor")


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
    """Where a run stood before a step: :func:`ipgd.resume` goes on from here.

    Attributes
    ----------
    iteration : int
        The number of the iterate to step from.
    theta : ndarray or None
        Its parameters, flat; None where they are those of the solution.
    memory : ndarray
        What the direction remembers.
    last_kick : int
        The iteration of the last kick.
    anchor : ndarray
        The parameters before that kick, as long as its effect is waited for; else empty.
    anchor_loss : float
        f there.
    perturbations : int
        Kicks so far.
    perturbed : bool
        Whether there was one since the last record.
    ahead : bool
        Whether the run was one step ahead of its solution, as an interrupted one may be.
    """

    iteration: int
    theta: Array | None
    memory: Array
    last_kick: int
    anchor: Array
    anchor_loss: float
    perturbations: int
    perturbed: bool
    ahead: bool

    def arrays(self) -> dict[str, np.ndarray[Any, Any]]:
        """The arrays in it, by name."""
        return {name: getattr(self, name) for name in _ARRAYS if getattr(self, name) is not None}

    def about(self) -> dict[str, Any]:
        """The rest."""
        return {name: getattr(self, name) for name in _TYPES}

    @classmethod
    def of(cls, about: Mapping[str, Any], arrays: Mapping[str, Any]) -> State:
        """The state that these were taken from.

        Raises
        ------
        ValueError
            If a field is missing or of another type.
        """
        require_fields("a state", about, _TYPES)
        return cls(**({"theta": None} | {name: about[name] for name in _TYPES} | dict(arrays)))


_KINDS = {"int": int, "float": float, "bool": bool}
_TYPES = {f.name: _KINDS[str(f.type)] for f in fields(State) if f.name not in _ARRAYS}
