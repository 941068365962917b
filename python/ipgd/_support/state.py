"""Where a run stood, in memory and as arrays and text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from .validate import Array

_ARRAYS = ("theta", "memory", "anchor", "recorded")


def require_fields(name: str, given: object, types: Mapping[str, type]) -> None:
    """Raise ValueError unless these are fields of these types."""
    if not isinstance(given, Mapping):
        raise ValueError(f"{name} that is not a table of fields")
    for key, kind in types.items():
        value = given.get(key)
        number = kind is float and type(value) is int
        if type(value) is not kind and not number:
            raise ValueError(f"{name} whose {key} is {value!r}, not of type {kind.__name__}")


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
    recorded : ndarray
        What recorded quantities remember.
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
    recorded: Array = field(default_factory=lambda: np.empty(0))

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
            If a field is missing or of another type. What its numbers may be, the core knows.
        """
        require_fields("a state", about, _TYPES)
        for key, kind in _TYPES.items():
            if kind is int and not -(2**63) <= about[key] < 2**63:
                raise ValueError(f"a state whose {key} is {about[key]}, more than 64 bits hold")
        for name, array in arrays.items():
            if name not in _ARRAYS or array.dtype != np.float64 or array.ndim != 1:
                raise ValueError(f"a state with {name}, {array.dtype} of shape {array.shape}")
        return cls(**({"theta": None} | {name: about[name] for name in _TYPES} | dict(arrays)))


_KINDS = {"int": int, "float": float, "bool": bool}
_TYPES = {f.name: _KINDS[str(f.type)] for f in fields(State) if f.name not in _ARRAYS}
