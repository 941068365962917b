"""What the core returned, as a Solution that describes its run."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from .. import _core
from .._support.state import State
from .._support.validate import Array
from ..algorithms import AcceleratedGD, AltScaledGD, ScaledGD, written_down
from ..init import split_blocks
from ..losses import Huber
from ..solution import Solution
from .fingerprint import operator_settings
from .reduction import Measured
from .request import Request


def solution_of(
    request: Request, measured: Measured, fingerprint: dict[str, Any], result: _core.RunResult
) -> Solution:
    """The solution of a request, from what it was measured with and how it ended."""
    return Solution(
        parameters={n: b.copy() for n, b in split_blocks(request.model, result.parameters).items()},
        success=result.success,
        status=result.status,
        message=_message(request, result),
        nit=result.nit,
        fun=result.fun,
        gradient_norm=result.gradient_norm,
        train_error=result.train_error,
        history=_whole_history(request, result.history),
        settings=_settings(request, measured, fingerprint),
        perturbations=result.perturbations,
        state=_state(request, result),
    )


_FEWER_COLUMNS = (
    " A scaled method moves all directions of the factors equally fast. With many more columns "
    "than the rank and few measurements the iterates may grow without bound: use a search rank "
    "near the true one, a smaller step size, or GD."
)


_AT_THE_START = (
    " It was as small at the start, where y is not fitted: a small start lies near the saddle at "
    "Theta = 0. Stop by relative_loss, or lower gradient_norm."
)
_FITTED = 0.5  # a train error below which a start is no saddle


def is_at_saddle(result: Solution | _core.RunResult) -> bool:
    """Whether the gradient norm ended a run at its start, which does not fit y."""
    return result.status == "gradient_norm" and result.nit == 0 and result.train_error > _FITTED


def _message(request: Request, result: _core.RunResult) -> str:
    """What happened and what to do about it."""
    if is_at_saddle(result):
        return result.message + _AT_THE_START
    loss = request.problem.loss
    if loss is None or result.status != "max_iter":
        return result.message + _limits(request, result.status)
    message = (
        f"max_iter iterations were done. The {type(loss).__name__} loss does not vanish where "
        "there are outliers or noisy bits, so this is the usual end: plot the loss, and choose a "
        "max_iter where it is flat."
    )
    if isinstance(loss, Huber):
        message += (
            " Iterations grow like |y| / delta: where the loss has not fallen at all, lower delta "
            "tenfold at a time, each run from the last parameters."
        )
    return message + _limits(request, result.status)


def _limits(request: Request, status: str) -> str:
    """What to add to the message of a run: limits of model, method and storage."""
    if status == "diverged" and isinstance(request.algorithm, ScaledGD | AltScaledGD):
        return _FEWER_COLUMNS
    if status != "max_iter":
        return ""
    storage = request.problem.operator.storage
    limits = ""
    limits += " U Uᵀ fits positive semidefinite matrices only." if request.model.symmetric else ""
    if storage in ("bfloat16", "int8"):
        limits += f" A_i that were given with more digits than {storage} has fit y roughly only."
    if isinstance(request.algorithm, ScaledGD | AltScaledGD):
        limits += _FEWER_COLUMNS
    if isinstance(request.algorithm, AcceleratedGD) and not request.model.entrywise:
        limits += (
            " Momentum also speeds up what is not part of Theta: with many columns it may stall "
            "where GD arrives, so try momentum='adaptive' with onset=1e-2, GD or fewer columns."
        )
    return limits


def _whole_history(request: Request, history: dict[str, Any]) -> dict[str, Any]:
    """The history from the first iterate on, also where the run went on from another."""
    origin, state = request.origin, request.start.state
    if origin is None or state is None:
        return history
    # Drop the record of the last iterate, made only because the run ended, and what is made again.
    before, now = origin.history["iteration"], history["iteration"]
    for name, column in history.items():
        if origin.history[name].shape[1:] != column.shape[1:]:
            raise ValueError(
                f"solution: expected a history whose {name} has records of shape "
                f"{column.shape[1:]}, got {origin.history[name].shape[1:]}"
            )
    begin = min([state.iteration, *now[:1]])
    kept = (before % request.record_every == 0) & (before < begin)
    return {
        name: np.concatenate([origin.history[name][kept], column])
        for name, column in history.items()
    }


def _state(request: Request, result: _core.RunResult) -> State | None:
    """Where another run can go on; None of a run that is over, or of a user's own algorithm."""
    state = result.state
    if state is None or written_down(request.algorithm) is None:
        return None
    theta: Array | None = state.theta
    if state.theta.tobytes() == result.parameters.tobytes():
        theta = None
    return State(
        iteration=state.iteration,
        theta=theta,
        memory=state.memory,
        last_kick=state.last_kick,
        anchor=state.anchor,
        anchor_loss=state.anchor_loss,
        perturbations=state.perturbations,
        perturbed=state.perturbed,
        ahead=state.ahead,
        recorded=state.recorded,
    )


def _settings(request: Request, measured: Measured, fingerprint: dict[str, Any]) -> dict[str, Any]:
    """What was run: for the reader, and for a run that goes on from here."""
    reduced = measured.original is not None
    return {
        "parameterization": request.parameterization.settings(),
        "algorithm": {"name": type(request.algorithm).__name__, **_resolved(request)},
        "operator": operator_settings(request.problem.operator) | {"gram": reduced},
        "loss": None if request.problem.loss is None else request.problem.loss.settings(),
        "init": request.start.init,
        "rng": request.start.rng,
        "max_iter": request.max_iter,
        "stop": asdict(request.stop),
        "record": request.record,
        "record_every": request.record_every,
        "n_singular_values": request.n_singular_values,
        "given": written_down(request.algorithm),
        "estimates": dict(request.estimates),
        "keys": dict(request.keys),
        "fingerprint": fingerprint,
        "isa": _core.isa,
    }


def _resolved(request: Request) -> dict[str, Any]:
    """The algorithm's settings with every "auto" as a number."""
    algorithm, composed = request.algorithm, request.composed
    perturbation = composed.perturbation
    resolved: dict[str, Any] = {"step_size": composed.step.size, **algorithm.further_settings()}
    if composed.sampling.batch_size > 0:
        resolved["batch_size"] = composed.sampling.batch_size
    if algorithm.perturbed:
        resolved |= {
            "trigger": perturbation.trigger.name,
            "noise": perturbation.noise.name,
            "radius": perturbation.radius,
        }
    if perturbation.turn_every > 0:
        resolved["turn_columns"] = perturbation.turn_every
    if perturbation.trigger == _core.Trigger.near_stationary:
        resolved |= {
            "gradient_threshold": perturbation.gradient_threshold,
            "window": perturbation.window,
            "decrease_threshold": composed.stopping.escape_decrease,
        }
    return resolved
