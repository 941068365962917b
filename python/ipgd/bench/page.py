"""The page of the benchmarks, generated from the results."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..files import atomic_write, check_writable
from . import figures
from .cases import CASES
from .results import Document, Result, read_all
from .text import (
    band_text,
    bound_text,
    duration,
    label_text,
    ratio,
    target_text,
    timing_name,
    verdict_text,
)

_HEAD = """\
# Benchmarks

Generated from `bench/results` by `python bench/run.py --pages`; measured by `make bench`.
`ipgd bench` measures the same on your machine.

Every contender does the same whole gradient step on the same entries, with m = 25 d measurements
and full search rank unless said otherwise. The peers work on the usual array of shape (m, d·d):
numpy by BLAS, torch without autograd, jax compiled. "numpy packed" keeps lower triangles only, as
ipgd does; "gemm" advances all runs of a batch by one matrix product with A each way.

An inner run is as many steps as fill a fraction of a second, or as many as the case says. The
fastest of a few inner runs counts for a round; the rounds go through the contenders forwards, then
backwards. A ratio is taken within a round; shown are its median over the rounds and the band that
holds the middle 80 % of them. A speed-up whose band contains 1 is no claim. After the timed steps
each peer's factors are compared with ours.
"""


def write(results: Path, docs: Path) -> Path:
    """Write ``benchmarks.md`` and its figures from all the JSON files in a folder.

    Parameters
    ----------
    results : Path
        The folder of the JSON files.
    docs : Path
        Where ``benchmarks.md`` and the folder ``benchmarks`` go.

    Returns
    -------
    Path
        The page.

    Raises
    ------
    FileNotFoundError
        If there are no results.
    """
    paths = sorted(results.glob("*.json"))
    if not paths:
        raise FileNotFoundError(f"results: expected JSON files, got none in {str(results)!r}")
    groups = grouped(read_all(paths))
    folder = docs / "benchmarks"
    folder.mkdir(parents=True, exist_ok=True)
    drawn = [
        figures.draw_all(group.results, folder, f"-{number}" if number > 1 else "")
        for number, group in enumerate(groups, 1)
    ]
    page = check_writable("page", docs / "benchmarks.md")
    with atomic_write(page) as file:
        file.write(render(groups, drawn).encode())
    return page


def grouped(documents: Sequence[Document]) -> list[Document]:
    """One document for each machine and build, with the cases in the suite's order."""
    order = {case.name: index for index, case in enumerate(CASES)}
    groups: dict[str, Document] = {}
    for document in documents:
        facts = {name: value for name, value in document.provenance.items() if name != "date"}
        group = groups.setdefault(repr(facts), Document(dict(document.provenance), []))
        group.results.extend(document.results)
        group.provenance["date"] = max(group.provenance["date"], document.provenance["date"])
    for group in groups.values():
        group.results.sort(key=lambda result: order.get(result.case, len(order)))
    return list(groups.values())


def render(groups: Sequence[Document], drawn: Sequence[Mapping[str, Path]]) -> str:
    """The page as Markdown; `drawn` holds the figures of each group."""
    lines = [_HEAD]
    for group, pictures in zip(groups, drawn, strict=True):
        lines += _section(group, pictures)
    return "\n".join(lines)


def _section(group: Document, pictures: Mapping[str, Path]) -> Iterator[str]:
    facts = group.provenance
    yield f"## {facts['cpu']}, {facts['threads']} threads, instruction set {facts['isa']}\n"
    yield from _table(("", ""), _machine(facts))
    yield "### Targets\n"
    titles = ("case", "ratio", "median", "band", "target", "bound", "")
    yield from _table(titles, _claims(group.results))
    differences = [
        (check.difference, check.tolerance) for result in group.results for check in result.checks
    ]
    for tolerance in sorted({tolerance for _, tolerance in differences}):
        largest = max(difference for difference, t in differences if t == tolerance)
        yield (
            f"Largest relative difference between a peer's factors and ours where {tolerance:.0e} "
            f"is allowed: {largest:.1e}.\n"
        )
    notes = [(result.case, note) for result in group.results for note in result.notes]
    if notes:
        yield "### Notes\n"
        yield from (f"- {case}: {note}" for case, note in notes)
        yield ""
    if pictures:
        yield "### Figures\n"
        for name, path in pictures.items():
            yield f"![{figures.CAPTIONS[name]}](benchmarks/{path.name})\n"
            yield f"*{figures.CAPTIONS[name]}*\n"
    yield "### Times\n"
    yield "Per run and step, or per run and pass; median and band over the rounds.\n"
    yield from _table(("case", "contender", "median", "band", "steps"), _times(group.results))


def _machine(facts: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    memory = facts["memory_bytes"]
    yield "date", str(facts["date"])
    yield "cores", str(facts["cores"])
    yield "memory", "unknown" if memory is None else f"{memory / 1e9:.0f} GB"
    yield "system", str(facts["os"])
    yield "compiler", f"{facts['compiler']}, OpenMP {'yes' if facts['openmp'] else 'no'}"
    yield "Eigen", str(facts["eigen"])
    yield "BLAS of numpy", str(facts["blas"])
    yield "python", str(facts["python"])
    for name, version in facts["versions"].items():
        yield name, version or "not installed"


def _claims(results: Sequence[Result]) -> Iterator[tuple[str, ...]]:
    for result in results:
        for outcome in result.outcomes:
            yield (
                result.case,
                label_text(outcome),
                ratio(outcome.value),
                band_text(outcome),
                target_text(outcome),
                bound_text(outcome),
                verdict_text(result, outcome),
            )


def _times(results: Sequence[Result]) -> Iterator[tuple[str, ...]]:
    for result in results:
        for timing in result.timings:
            band = timing.band
            yield (
                result.case,
                timing_name(result, timing),
                duration(band.median),
                f"{duration(band.low)} – {duration(band.high)}",
                "–" if timing.steps is None else str(timing.steps),
            )


def _table(titles: Sequence[str], rows: Iterator[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(titles)} |"
    yield f"|{'---|' * len(titles)}"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"
    yield ""
