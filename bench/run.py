"""Measure the suite, keep the results in bench/results, and generate docs/benchmarks.md from them.

    python bench/run.py                                      all cases, then the pages
    python bench/run.py --case NAME --quick --json FILE      one case, briefly, to a file
    python bench/run.py --pages                              the pages again, from what is kept

What is measured briefly, or goes to a file, is not kept in bench/results.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Annotated

import typer
from ipgd.bench import Document, find, results
from ipgd.cli.bench import bench, measure
from ipgd.cli.errors import console, reported_errors

ROOT = Path(__file__).resolve().parents[1]


def main(
    case: Annotated[
        list[str] | None, typer.Option(help="Only this case; may be repeated. See --list.")
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Measure briefly; claims nothing.")
    ] = False,
    json: Annotated[Path | None, typer.Option(help="Write the results to this file.")] = None,
    threads: Annotated[
        int | None, typer.Option(min=1, help="Threads; all CPUs if not given.")
    ] = None,
    list_cases: Annotated[bool, typer.Option("--list", help="List the cases.")] = False,
    pages: Annotated[
        bool, typer.Option("--pages", help="Generate the pages only, and measure nothing.")
    ] = False,
    root: Annotated[
        Path, typer.Option(help="The folder that holds bench/results and docs.")
    ] = ROOT,
) -> None:
    """Measure ipgd beside its peers."""
    if quick or list_cases or json is not None:
        bench(case, quick, json, threads, list_cases)
        return
    if not pages:
        with reported_errors():
            names = [each.name for each in find(case)]
            folder = root / "bench" / "results"
            folder.mkdir(parents=True, exist_ok=True)
        measure(names, quick=False, threads=threads, keep=functools.partial(keep, folder))
    with reported_errors():
        from ipgd.bench import page  # noqa: PLC0415 (needs matplotlib)

        console.print(f"wrote {page.write(root / 'bench' / 'results', root / 'docs')}")


def keep(folder: Path, document: Document) -> None:
    """Write the last case to its own file; one that was left out does not replace a measurement."""
    last = document.results[-1]
    if last.timings:
        alone = Document(document.provenance, [last])
        results.write(folder / f"{last.case}.json", alone)


if __name__ == "__main__":
    typer.run(main)
