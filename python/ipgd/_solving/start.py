"""The point that a run starts from, whatever way it was given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from .. import _core
from .._support.validate import Array, describe, real_array
from ..init import Init, compressed, constant, gaussian, zeros
from ..problems import Problem

_LARGEST = 1e150  # its square is finite

InitLike: TypeAlias = Init | ArrayLike | Mapping[str, ArrayLike]


def default_init(problem: Problem, model: _core.Parameterization) -> Init:
    """Small and random, or small and constant for vectors; compressed where the model is."""
    if not problem.y.any():  # there is nothing to find: start, and end, at zero
        return zeros()
    if model.name == "CompressedDeep":
        return compressed()
    return constant() if model.entrywise else gaussian()


def initial_parameters(
    init: InitLike, problem: Problem, model: _core.Parameterization, rng: np.random.Generator
) -> Array:
    """The flat parameter vector: of an Init, of an array (one block), or of a dict of blocks."""
    blocks = model.blocks()
    if isinstance(init, type) and issubclass(init, Init):
        raise TypeError(
            f"init: expected a value such as ipgd.init.{init.__name__}(), got the class"
        )
    if isinstance(init, str):
        raise TypeError(f"init: expected a value such as ipgd.init.zeros(), got the text {init!r}")
    if isinstance(init, Init):
        arrays = init.blocks(problem, model, rng)
    elif isinstance(init, Mapping):
        names = [name for name, *_ in blocks]
        if set(init) != set(names):
            raise ValueError(f"init: expected blocks {names}, got {list(init)}")
        arrays = [
            real_array(f"init[{name!r}]", init[name], tuple(shape)) for name, *shape in blocks
        ]
    elif len(blocks) == 1:
        arrays = [real_array("init", init, tuple(blocks[0][1:]))]
    else:
        names = [name for name, *_ in blocks]
        raise TypeError(
            f"init: expected an ipgd.init object or a dict with the blocks {names}, "
            f"got {describe(init)}"
        )
    flat: Array = np.concatenate([array.reshape(-1) for array in arrays])
    if not np.abs(flat).max() < _LARGEST:
        raise ValueError(
            f"init: expected parameters whose Theta is finite, got entries up to {abs(flat).max()}"
        )
    model.admit(flat)
    return flat
