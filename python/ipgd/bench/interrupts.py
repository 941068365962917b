"""How long a run goes on after Ctrl-C."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Mapping
from dataclasses import replace

import ipgd

from ..parameterizations import Parameterization
from .case import Case
from .measure import Contender, Effort, Tick, race
from .races import finished
from .results import Result, Timing
from .workload import Workload

_TARGET = {"100 ms": 0.1}
_BETWEEN = 0.02  # seconds between the start of the run and the signal: two polls of the core
_COLUMNS = 10


def seconds_to_answer(
    problem: ipgd.Problem, model: Parameterization, n_threads: int | None = None
) -> float:
    """Seconds from SIGINT, sent to this process in the middle of a run, to the end of ``solve``.

    Call it on the main thread, on which Python handles signals.
    """
    begun = threading.Event()
    sent: list[float] = []

    def press() -> None:
        begun.wait()
        time.sleep(_BETWEEN)
        sent.append(time.perf_counter())
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=press)
    thread.start()
    try:
        ipgd.solve(
            problem,
            ipgd.IPGDPlus(radius=1e-3),  # it never stops by itself
            parameterization=model,
            max_iter=10**9,
            stop=ipgd.Stop(relative_loss=0),
            record=(),
            record_every=10**9,
            callback=lambda now: begun.set(),
            n_threads=n_threads,
            gram=False,
            rng=0,
        )
    except ipgd.SolveInterrupted:
        return time.perf_counter() - sent[0]
    finally:
        begun.set()
        thread.join()
    raise RuntimeError("a run without an end ended before it was interrupted")


def runs(case: Case, work: Workload) -> Mapping[str, tuple[ipgd.Problem, Parameterization]]:
    """One run for each kind of operator; a pass takes some to some tens of milliseconds."""
    d = case.d
    return {
        "dense": (work.problem, ipgd.SymmetricFactor()),
        "entries": (
            ipgd.matrix_completion(20 * d, 15 * d, case.rank, fraction=0.3, rng=0),
            ipgd.AsymmetricFactor(_COLUMNS),
        ),
        "rank one": (
            ipgd.quadratic_regression(2 * d, case.rank, 4 * case.measurements, rng=0),
            ipgd.SymmetricFactor(_COLUMNS),
        ),
    }


def answer(case: Case, effort: Effort, n_threads: int, tick: Tick | None = None) -> Result:
    """The slowest of a few interrupts in every round, for each kind of operator."""
    work = Workload.of(case, n_threads)

    def contender(name: str, problem: ipgd.Problem, model: Parameterization) -> Contender:
        def slowest() -> float:
            return max(seconds_to_answer(problem, model, n_threads) for _ in range(effort.inner))

        return Contender(name, slowest)

    contenders = [contender(name, *run) for name, run in runs(case, work).items()]
    times = race(contenders, replace(effort, inner=1), tick)
    times |= {name: [seconds] * effort.rounds for name, seconds in _TARGET.items()}
    return finished(case, effort, work, [Timing(name, times[name]) for name in times])
