"""Where a run stood, in memory and as arrays and text."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from .validate import Array, describe

_ARRAYS = ("theta", "memory", "anchor", "recorded")


COUNT = range(2**53 + 1)  # iterations and the like: beyond any real run
KEY = range(2**64)


def require_fields(name: str, given: object, types: Mapping[str, type | range]) -> None:
    """Raise ValueError unless these are fields of these types, or integers in these ranges."""
    if not isinstance(given, Mapping):
        raise ValueError(f"{name} that is not a table of fields")
    for key, kind in types.items():
        value = given.get(key)
        if isinstance(kind, range):
            if type(value) is not int or value not in kind:
                raise ValueError(
                    f"{name} whose {key} is {describe(value)}, not an integer from {kind[0]} to "
                    f"{kind[-1]}"
                )
        elif type(value) is not kind and not (kind is float and type(value) is int):
            raise ValueError(
                f"{name} whose {key} is {describe(value)}, not of type {kind.__name__}"
            )


def require_numbers(
    name: str, array: object, shape: tuple[int, ...] | None = None, *, finite: bool = True
) -> Array:
    """The array, if it is one of float64 numbers of this shape (None: any vector).

    They have to be finite, unless `finite` is false.

    Raises
    ------
    ValueError
        If it is not.
    """
    if not isinstance(array, np.ndarray) or array.dtype != np.float64:
        raise ValueError(f"{name} that is {describe(array)}, not an array of float64")
    if array.shape != shape and not (shape is None and array.ndim == 1):
        raise ValueError(f"{name} of shape {array.shape}, not {shape or 'a vector'}")
    if finite and not np.isfinite(array).all():
        raise ValueError(f"{name} with entries that are not finite")
    return array


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
        The parameters before that kick until its window has passed; then empty.
    anchor_loss : float
        f at the anchor.
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
    recorded: Array

    def arrays(self) -> dict[str, np.ndarray[Any, Any]]:
        """The arrays in it, by name."""
        return {name: getattr(self, name) for name in _ARRAYS if getattr(self, name) is not None}

    def about(self) -> dict[str, Any]:
        """The rest."""
        return {name: getattr(self, name) for name in _TYPES}

    @classmethod
    def of(cls, about: object, arrays: Mapping[str, Any], size: int) -> State:
        """The state of a run with `size` parameters that these were taken from.

        Raises
        ------
        ValueError
            If a field or an array is missing, of another type, or out of its range.
        """
        require_fields("a state", about, _TYPES)
        assert isinstance(about, Mapping)
        if not arrays.keys() <= set(_ARRAYS):
            raise ValueError(f"a state with arrays {sorted(arrays)}")
        found = {name: arrays.get(name, None) for name in _ARRAYS}
        # The step of an interrupted run may have overflowed: theta and memory are infinite then.
        if found["theta"] is not None:
            require_numbers("a state's theta", found["theta"], (size,), finite=False)
        require_numbers("a state's memory", found["memory"], finite=False)
        if found["recorded"] is None:  # of a file from before there was such a thing
            found["recorded"] = np.empty(0)
        require_numbers("a state's recorded", found["recorded"])
        anchor = require_numbers("a state's anchor", found["anchor"])
        if anchor.size not in (0, size):
            raise ValueError(f"a state whose anchor has {anchor.size} numbers, not {size}")
        state = cls(**({name: about[name] for name in _TYPES} | found))
        if state.last_kick > state.iteration or not math.isfinite(state.anchor_loss):
            raise ValueError(
                f"a state whose last kick was in iteration {state.last_kick} at a loss of "
                f"{state.anchor_loss}, and which is in iteration {state.iteration}"
            )
        return state


_KINDS: dict[str, type | range] = {"int": COUNT, "float": float, "bool": bool}
_TYPES = {f.name: _KINDS[str(f.type)] for f in fields(State) if f.name not in _ARRAYS}
_TYPES["last_kick"] = range(-COUNT[-1], COUNT.stop)  # negative before the first one
