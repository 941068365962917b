"""``ipgd bench``: the benchmark suite on this machine."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

import ipgd
from ipgd import files

from .errors import FAILED, INTERRUPTED, console, reported_errors

if TYPE_CHECKING:
    from ..bench import Document


def bench(
    case: Annotated[
        list[str] | None, typer.Option(help="Only this case; may be repeated. See --list.")
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Measure briefly: a check that it runs, not a result.")
    ] = False,
    json: Annotated[
        Path | None, typer.Option(help="Also write the results, with their provenance, here.")
    ] = None,
    threads: Annotated[
        int | None, typer.Option(min=1, help="Threads; all CPUs if not given.")
    ] = None,
    list_cases: Annotated[
        bool, typer.Option("--list", help="List the cases, and measure nothing.")
    ] = False,
) -> None:
    """Time a gradient step beside numpy, torch and jax, and the limits of this machine.

    Peers that are not installed are left out.

    Exit codes: 0 measured, whatever the ratios, 1 a peer's result differs from ours, 2 unusable
    arguments, 130 interrupted (the cases that were finished are in the file).
    """
    with reported_errors():
        # Not at the top: the other commands need none of it.
        from ..bench import find  # noqa: PLC0415
        from ..bench.results import write  # noqa: PLC0415

        cases = find(case)
        if json is not None:
            files.check_writable("json", json)
    if list_cases:
        for each in cases:
            print(f"{each.name:24s} {each.sentence}")
        return

    def keep(document: Document) -> None:
        if json is not None:
            write(json, document)

    measure([each.name for each in cases], quick=quick, threads=threads, keep=keep)


def measure(
    names: Sequence[str],
    *,
    quick: bool,
    threads: int | None,
    keep: Callable[[Document], None],
) -> None:
    """Measure cases and print each as it is done.

    Parameters
    ----------
    names : sequence of str
        All cases if it is empty.
    quick : bool
    threads : int, optional
    keep : callable
        Called with the results so far after every case.

    Raises
    ------
    typer.Exit
        If a case failed, or on Ctrl-C.
    """
    from ..bench import FULL, QUICK, find, suite, table  # noqa: PLC0415
    from ..bench.provenance import provenance  # noqa: PLC0415
    from ..bench.results import Document  # noqa: PLC0415

    n_threads = ipgd.build_info().threads if threads is None else threads
    failed: list[str] = []
    with reported_errors():
        cases = find(names)
        document = Document(provenance(n_threads), [])
        output = Console(highlight=False)
        facts = document.provenance
        output.print(f"{facts['cpu']}, {n_threads} threads, instruction set {facts['isa']}")
        output.print(table.header())
        with _progress(len(cases)) as advance:
            for case in cases:
                tick = functools.partial(advance, case.name)
                try:
                    result = suite.run(case, QUICK if quick else FULL, n_threads, tick)
                except KeyboardInterrupt:
                    console.print("[bold red]interrupted[/]")
                    raise typer.Exit(INTERRUPTED) from None
                except RuntimeError as error:
                    console.print(f"[bold red]FAILED[/] {case.name}: {error}")
                    failed.append(case.name)
                    continue
                finally:
                    advance(None, "")
                document.results.append(result)
                table.show(output, result)
                keep(document)
                if not result.valid:
                    failed.append(case.name)
    if failed:
        console.print(f"[bold red]FAILED[/] {', '.join(failed)}")
        raise typer.Exit(FAILED)


@contextlib.contextmanager
def _progress(total: int) -> Iterator[Callable[[str | None, str], None]]:
    """Yield ``advance(case, contender)``; ``advance(None, "")`` counts a case as done."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=total)

        def advance(case: str | None, contender: str) -> None:
            if case is None:
                bar.advance(task)
            else:
                bar.update(task, description=f"{case}: {contender}")

        yield advance
