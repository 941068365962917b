"""Cases with a range of sizes: dimensions, threads, batch sizes, instruction sets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import ipgd

from ..operators import STORAGE_BYTES
from . import variants
from .case import Case
from .claims import outcome
from .measure import Contender, Effort, Tick, r_squared, race
from .ours import Ours
from .peers import available
from .provenance import cores
from .races import Entry, checks, finished, our_entry, peer_entry
from .results import Check, Result, Timing
from .workload import Workload

_QUICK_VALUES = 4
_MANY_CORES = 8


def growth(case: Case, effort: Effort, n_threads: int, tick: Tick | None = None) -> Result:
    """Our step for every d, one after the other: all at once would not fit in memory."""
    timings, sizes = [], []
    for d in _values(case.values, effort):
        work = Workload.of(case, n_threads, d=d)
        entry = our_entry("ipgd", Ours(work), case, effort)
        times = race([replace(entry, name=f"d = {d}").contender], effort, tick)
        timings.append(Timing("ipgd", times[f"d = {d}"], at=d, steps=entry.steps))
        sizes.append(25 * d * d * (d + 1) / 2)
    rounds = zip(*(timing.rounds for timing in timings), strict=True)
    explained = [r_squared(sizes, times) for times in rounds]
    outcomes = [outcome(claim, explained, "straight line") for claim in case.claims]
    return finished(case, effort, work, timings, outcomes=outcomes)


def dimensions(case: Case, effort: Effort, n_threads: int, tick: Tick | None = None) -> Result:
    """Our step in every storage, and the peers', for every d."""
    peers, notes = available(case.peers)
    timings: list[Timing] = []
    found: list[Check] = []
    for d in _values(case.values, effort):
        works = {
            dtype: Workload.of(replace(case, dtype=dtype), n_threads, d=d)
            for dtype in STORAGE_BYTES
        }
        mine = [
            our_entry(f"ipgd {dtype}", Ours(work), case, effort) for dtype, work in works.items()
        ]
        rivals = [peer_entry(peer, works[case.dtype], case, effort) for peer in peers]
        entries = [*mine, *rivals]
        times = race([entry.contender for entry in entries], effort, tick)
        timings += [Timing(e.name, times[e.name], at=d, steps=e.steps) for e in entries]
        found += [
            replace(check, name=f"{check.name}, d = {d}")
            for check in checks(rivals, Ours(works[case.dtype]))
        ]
    return finished(case, effort, works[case.dtype], timings, checks=found, notes=notes)


def threads(case: Case, effort: Effort, n_threads: int, tick: Tick | None = None) -> Result:
    """Our step on 1, 2, ... threads: powers of two and all of them where there are many."""
    available_cores = cores()
    numbers = list(range(1, available_cores + 1))
    if available_cores > _MANY_CORES:
        numbers = [n for n in numbers if n & (n - 1) == 0 or n == available_cores]
    work = Workload.of(case, n_threads)
    entries = {n: our_entry(f"{n} threads", Ours(work, n_threads=n), case, effort) for n in numbers}
    return finished(case, effort, work, _swept(entries, effort, tick))


def batch_sizes(case: Case, effort: Effort, n_threads: int, tick: Tick | None = None) -> Result:
    """Our step per run, for batches of several sizes of the same runs."""
    values = _values(case.values, effort)
    work = Workload.of(case, n_threads, batch=max(values))
    entries = {
        K: our_entry(f"{K} runs", Ours(replace(work, starts=work.starts[:K])), case, effort)
        for K in values
    }
    return finished(case, effort, work, _swept(entries, effort, tick))


def instruction_sets(
    case: Case, effort: Effort, n_threads: int, tick: Tick | None = None
) -> Result:
    """The bare pass in every instruction set, each round in a process of its own."""
    seconds = effort.seconds * effort.inner
    contenders = [
        Contender(isa, lambda isa=isa: variants.pass_seconds(isa, case, n_threads, seconds))  # type: ignore[misc]
        for isa in ipgd.build_info().isa_usable
    ]
    times = race(contenders, replace(effort, inner=1), tick)
    timings = [Timing(isa, rounds) for isa, rounds in times.items()]
    work = Workload.of(case, n_threads)
    return finished(case, effort, work, timings)


def _values(values: Sequence[int], effort: Effort) -> Sequence[int]:
    return values[:_QUICK_VALUES] if effort.quick else values


def _swept(entries: dict[int, Entry], effort: Effort, tick: Tick | None) -> list[Timing]:
    times = race([entry.contender for entry in entries.values()], effort, tick)
    return [
        Timing("ipgd", times[entry.name], at=value, steps=entry.steps)
        for value, entry in entries.items()
    ]
