"""Running cases, one function for each kind. A case that does not fit in memory is skipped."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from .._support.memory import available_memory
from . import factored, interrupts, races, sweeps
from .case import Case, Kind
from .measure import Effort, Tick
from .provenance import blas_threads, cores
from .results import Result

Runner: TypeAlias = Callable[[Case, Effort, int, Tick | None], Result]

_HEADROOM = 1.1

KINDS: dict[Kind, Runner] = {
    "step": races.step,
    "roof": races.roof,
    "flops": races.flops,
    "determinism": races.determinism,
    "recording": races.recording,
    "growth": sweeps.growth,
    "dimensions": sweeps.dimensions,
    "threads": sweeps.threads,
    "batch sizes": sweeps.batch_sizes,
    "instruction sets": sweeps.instruction_sets,
    "completion": factored.completion,
    "rank one": factored.rank_one,
    "compression": factored.compression,
    "interrupt": interrupts.answer,
}


def run(case: Case, effort: Effort, n_threads: int, tick: Tick | None = None) -> Result:
    """Measure a case.

    Parameters
    ----------
    case : Case
    effort : Effort
    n_threads : int
        Threads of ipgd, BLAS and torch; jax uses all cores.
    tick : callable, optional
        Called with a contender's name before its turn.

    Returns
    -------
    Result
        If the case does not fit in memory, it has a note and no timings.
    """
    available = available_memory()
    if available is not None and case.memory * _HEADROOM > available:
        note = f"left out: it needs {_giga(case.memory)}, and {_giga(available)} are available"
        return Result(case.name, case.kind, case.sentence, effort.quick, {}, notes=[note])
    with blas_threads(n_threads) as doubt:
        result = KINDS[case.kind](case, effort, n_threads, tick)
    if doubt is not None:
        result.notes.append(doubt)
    if "jax" in case.peers and n_threads != cores():
        result.notes.append(f"jax uses all {cores()} cores, the others {n_threads} threads")
    return result


def _giga(size: int) -> str:
    return f"{size / 1e9:.1f} GB"
