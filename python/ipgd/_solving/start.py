"""Where a run starts: at an initial point, or where another run stood."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from .. import _core
from .._support.random import RNG
from .._support.validate import Array, describe, real_array
from ..algorithms import GD, AcceleratedGD, Algorithm, Stop
from ..init import Init, compressed, constant, gaussian, zeros
from ..losses import Loss
from ..parameterizations import HadamardPower, HadamardProduct, Parameterization
from ..problems import Problem
from ..solution import Solution

_LARGEST = 1e150  # its square is finite
_ACCELERATED_START = 1e-20  # relative to the size of the parameters
_SECOND_START = 1e-10  # the same, once the large entries are there

InitLike: TypeAlias = Init | ArrayLike | Mapping[str, ArrayLike]


@dataclass(frozen=True, eq=False)
class Start:
    """Where a run starts.

    Attributes
    ----------
    theta : ndarray
        The parameters, flat.
    init : str
        The initial point as text, ``"given"`` of an array.
    rng : int or None
        The seed, where it was an integer.
    estimates : dict of str to float
        What "auto" settings were made of, where another run made them.
    keys : dict of str to int
        The keys of that run's random numbers.
    state : RunState or None
        Where that run stood.
    """

    theta: Array
    init: str
    rng: int | None
    estimates: Mapping[str, float] = field(default_factory=dict)
    keys: Mapping[str, int] = field(default_factory=dict)
    state: _core.RunState | None = None


def new_start(
    problem: Problem,
    model: _core.Parameterization,
    algorithm: Algorithm,
    init: InitLike | None,
    rng: RNG,
    random: np.random.Generator,
) -> Start:
    """The start of a new run."""
    if init is None:
        init = default_init(problem, model, algorithm)
    return Start(
        initial_parameters(init, problem, model, random),
        init=repr(init) if isinstance(init, Init) else "given",
        rng=rng if isinstance(rng, int) else None,
    )


def start_from(origin: Solution) -> Start:
    """The start of a run that goes on where another one stood."""
    state, settings = origin.state, origin.settings
    assert state is not None
    returned = np.concatenate([block.reshape(-1) for block in origin.parameters.values()])
    theta = returned if state.theta is None else state.theta
    return Start(
        theta,
        init=settings["init"],
        rng=settings["rng"],
        estimates=settings["estimates"],
        keys=settings["keys"],
        state=_core.RunState(
            iteration=state.iteration,
            theta=theta,
            memory=state.memory,
            last_kick=state.last_kick,
            anchor_loss=state.anchor_loss,
            anchor=state.anchor,
            before=returned if state.ahead else returned[:0],
            perturbations=state.perturbations,
            perturbed=state.perturbed,
            recorded=state.recorded,
        ),
    )


def default_init(problem: Problem, model: _core.Parameterization, algorithm: Algorithm) -> Init:
    """Small and random, or small and constant for vectors; compressed where the model is.

    With adaptive momentum a start of 1e-20 in place of 1e-40 halves the wait for small entries;
    measured, it leaves no more off the support.
    """
    if not problem.working_response.any():  # there is nothing to find: start, and end, at zero
        return zeros()
    if model.name == "CompressedDeep":
        return compressed()
    if not model.entrywise:
        return gaussian()
    adaptive = isinstance(algorithm, AcceleratedGD) and algorithm.momentum == "adaptive"
    if adaptive and model.degree == 2 and model.name != "WeightNormalized":
        return constant(_ACCELERATED_START * math.sqrt(problem.scale().magnitude))
    return constant()


def default_algorithm(loss: Loss | None, parameterization: Parameterization | None) -> Algorithm:
    """Gradient descent; with adaptive momentum and a second start for squares and products.

    On such a vector, plain descent stays at errors of 1e-4 for any budget. A coordinate off the
    support that has grown on the way dies out like 1/t, for the slope that pushes it back vanishes
    with the residual; and an entry of relative size s takes 1/s times as long to appear as the
    largest. With momentum it takes s^(-1/2) times as long, and the second start halves that.

    A loss without a minimum is left to plain descent. Entries grow without bound there, and
    momentum carries them past the size up to which the step is stable (docs/automatic-steps.md).
    """
    if not _of_second_degree(parameterization) or not (loss is None or loss.has_minimum):
        return GD()
    return AcceleratedGD(momentum="adaptive", second_start=_SECOND_START)


def default_stop(parameterization: Parameterization) -> Stop:
    """A relative loss of 1e-10, or of 1e-13 for a vector of squares or products.

    The error of a vector is about the relative residual, the root of that; small entries are worth
    telling from nothing.
    """
    return Stop(relative_loss=1e-13) if _of_second_degree(parameterization) else Stop()


def _of_second_degree(parameterization: Parameterization | None) -> bool:
    return parameterization in (HadamardPower(2), HadamardProduct())


def initial_parameters(
    init: InitLike, problem: Problem, model: _core.Parameterization, rng: np.random.Generator
) -> Array:
    """The flat parameters of an initial point: an Init, an array (one block), a dict of blocks."""
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
