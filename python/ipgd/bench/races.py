"""Cases of one size: time the contenders, compare their results, judge the claims."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from . import roofs
from .case import Case
from .claims import judge
from .measure import Clock, Contender, Effort, Tick, race, steps_for, timed
from .ours import Ours
from .peers import Advance, Peer, available
from .results import Check, Result, Timing
from .workload import Array, Workload

_QUICK_STEPS = 500
_TOLERANCES = {True: 1e-9, False: 1e-4}  # relative, for all sums in float64 or not


@dataclass
class Entry:
    """Something that advances the factors, with its number of steps; keeps its last result.

    Attributes
    ----------
    name : str
    advance : callable
    steps : int
    runs : int
        How many runs one call advances.
    extra_steps : int
        Work done beyond `steps`, in steps.
    """

    name: str
    advance: Advance
    steps: int
    runs: int = 1
    extra_steps: int = 0
    clock: Clock = time.perf_counter
    last: Array | None = field(default=None, repr=False)

    def seconds(self) -> float:
        """Seconds per run and step of one inner run."""

        def action() -> None:
            self.last = self.advance(self.steps)

        return timed(action, self.runs * (self.steps + self.extra_steps), self.clock)

    @property
    def contender(self) -> Contender:
        """What :func:`ipgd.bench.measure.race` takes."""
        return Contender(self.name, self.seconds)


def our_entry(name: str, ours: Ours, case: Case, effort: Effort) -> Entry:
    """Our side as an entry."""
    steps = steps_of(ours.advance, case, effort)
    return Entry(name, ours.advance, steps, len(ours.work.starts), ours.extra_steps)


def peer_entry(peer: Peer, work: Workload, case: Case, effort: Effort) -> Entry:
    """A peer as an entry. Of a peer that is not batched, one run of its loop is timed."""
    advance = peer.make(work)
    runs = len(work.starts) if peer.batched else 1
    return Entry(peer.name, advance, steps_of(advance, case, effort), runs)


def steps_of(advance: Advance, case: Case, effort: Effort) -> int:
    """The case's number of steps, or as many as fill an inner run."""
    if case.steps is None:
        return steps_for(advance, effort.seconds)
    return min(case.steps, _QUICK_STEPS) if effort.quick else case.steps


def checks(peers: Sequence[Entry], ours: Ours) -> list[Check]:
    """Compare each peer's last result with ours after as many steps."""
    work: Any = ours.work
    exact = work.dtype == "float64" and work.problem.operator.sums == "float64"
    found, reference = [], dict[int, Array]()
    for entry in peers:
        if entry.steps not in reference:
            reference[entry.steps] = ours.advance(entry.steps)
        theirs: Any = entry.last
        mine = reference[entry.steps][: len(theirs)]
        difference = float(np.linalg.norm(theirs - mine) / np.linalg.norm(mine))
        found.append(Check(entry.name, difference, _TOLERANCES[exact]))
    return found


def settings(case: Case, effort: Effort, work: Workload) -> dict[str, Any]:
    """The sizes of a case, for its result."""
    operator: Any = work.problem.operator
    return {
        "d": work.d,
        "m": work.measurements,
        "p": work.d * (work.d + 1) // 2,
        "search_rank": work.starts.shape[2],
        "batch": len(work.starts),
        "dtype": operator.storage,
        "sums": operator.sums,
        "gram": case.gram,
        "bytes": operator.nbytes,
        "inner": effort.inner,
        "rounds": effort.rounds,
    }


def finished(
    case: Case, effort: Effort, work: Workload, timings: list[Timing], **rest: Any
) -> Result:
    """The result of a case of one size, with its claims judged."""
    times = {timing.name: timing.rounds for timing in timings}
    judged = (judge(claim, times) for claim in case.claims)
    result = Result(
        case=case.name,
        kind=case.kind,
        sentence=case.sentence,
        quick=effort.quick,
        settings=settings(case, effort, work),
        timings=timings,
        outcomes=[outcome for outcome in judged if outcome is not None],
    )
    return replace(result, **rest)


def step(case: Case, effort: Effort, n_threads: int, tick: Tick | None = None) -> Result:
    """Whole steps: ours, alone or in a batch, and the peers'."""
    work = Workload.of(case, n_threads)
    ours = Ours(work, gram=case.gram)
    peers, notes = available(case.peers)
    rivals = [peer_entry(peer, work, case, effort) for peer in peers]
    entries = [our_entry("ipgd", ours, case, effort), *rivals]
    times = race([entry.contender for entry in entries], effort, tick)
    timings = [Timing(entry.name, times[entry.name], steps=entry.steps) for entry in entries]
    return finished(case, effort, work, timings, checks=checks(rivals, ours), notes=notes)


def roof(case: Case, effort: Effort, n_threads: int, tick: Tick | None = None) -> Result:
    """A whole step, a bare pass, and reading the same bytes once."""
    work = Workload.of(case, n_threads)
    entry = our_entry("ipgd", Ours(work), case, effort)
    repeats = roofs.pass_repeats(work, effort.seconds)
    contenders = [
        entry.contender,
        Contender("ipgd pass", lambda: roofs.pass_seconds(work, repeats)),
        Contender("read", lambda: roofs.read_seconds(work, repeats)),
    ]
    return _with_steps(case, effort, work, entry, race(contenders, effort, tick))


def flops(case: Case, effort: Effort, n_threads: int, tick: Tick | None = None) -> Result:
    """A whole step and a bare pass per run, and dgemm's time for their 4 m p flops."""
    work = Workload.of(case, n_threads)
    entry = our_entry("ipgd", Ours(work), case, effort)
    repeats = roofs.pass_repeats(work, effort.seconds, batch=case.batch)
    dgemm = roofs.Dgemm()
    work_per_run = 4 * case.measurements * case.entries
    contenders = [
        entry.contender,
        Contender(
            "ipgd pass", lambda: roofs.pass_seconds(work, repeats, batch=case.batch) / case.batch
        ),
        Contender("dgemm", lambda: work_per_run * dgemm.seconds_per_flop()),
    ]
    return _with_steps(case, effort, work, entry, race(contenders, effort, tick))


def determinism(case: Case, effort: Effort, n_threads: int, tick: Tick | None = None) -> Result:
    """The bare pass with the problem's own chunks, and with one accumulator per thread."""
    work = Workload.of(case, n_threads)
    repeats = roofs.pass_repeats(work, effort.seconds)
    contenders = [
        Contender("fixed chunks", lambda: roofs.pass_seconds(work, repeats)),
        Contender(
            "per-thread sums", lambda: roofs.pass_seconds(work, repeats, chunks=work.n_threads)
        ),
    ]
    times = race(contenders, effort, tick)
    return finished(case, effort, work, [Timing(name, times[name]) for name in times])


_RECORDED = (
    "loss", "train_error", "test_error", "signal_norm", "residual_norm", "deviation_rate",
)  # fmt: skip


def recording(case: Case, effort: Effort, _n_threads: int, tick: Tick | None = None) -> Result:
    """Steps whose tenths are recorded, and steps that are not: CPU time on one thread.

    What other programs do to the machine does not enter it then.
    """
    work = Workload.of(case, 1)
    entries = [
        our_entry(name, Ours(work, record=record), case, effort)
        for name, record in (("ipgd", ()), ("recording", _RECORDED))
    ]
    for entry in entries:
        entry.clock = time.process_time
    times = race([entry.contender for entry in entries], effort, tick)
    timings = [Timing(entry.name, times[entry.name], steps=entry.steps) for entry in entries]
    return finished(case, effort, work, timings)


def _with_steps(
    case: Case, effort: Effort, work: Workload, entry: Entry, times: dict[str, list[float]]
) -> Result:
    steps = {entry.name: entry.steps}
    timings = [Timing(name, rounds, steps=steps.get(name)) for name, rounds in times.items()]
    return finished(case, effort, work, timings)
