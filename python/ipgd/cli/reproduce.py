"""``ipgd reproduce``: the papers' figures, run again and judged."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from .errors import FAILED, INTERRUPTED, console, reported_errors

if TYPE_CHECKING:
    from ..reproduce import Result

_COLOURS = {"holds": "green", "fails": "bold red", "not judged": "yellow"}


def reproduce(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help="Figures; see --list.")
    ] = None,
    output: Annotated[
        Path, typer.Option("-o", "--output", help="Folder; each figure gets one of its own in it.")
    ] = Path("reproduced"),
    every: Annotated[bool, typer.Option("--all", help="Run all figures.")] = False,
    quick: Annotated[
        bool, typer.Option("--quick", help="A smaller size: the same claims, in seconds.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Replace the folders of earlier runs.")
    ] = False,
    list_figures: Annotated[
        bool, typer.Option("--list", help="List the figures, and run nothing.")
    ] = False,
) -> None:
    """Run figures of the papers again, and judge their claims.

    The folder of a figure holds figure.png, data.npz, data.csv, settings.json, verdicts.json and
    verdicts.txt. It appears whole or not at all.

    Exit codes: 0 all figures were run, whether their claims hold or fail; 1 a figure broke down;
    2 unusable arguments, nothing was run; 130 interrupted (figures that were finished are there).
    """
    # Not at the top: the other commands need none of it.
    from ..reproduce import catalogue  # noqa: PLC0415
    from ..reproduce.folder import check_folders  # noqa: PLC0415

    if list_figures:
        for name in catalogue.names():
            print(f"{name:26s} {catalogue.load(name).title}")
        return
    with reported_errors():
        if bool(names) == every:
            raise ValueError("NAME: expected names of figures or --all; --list lists them")
        chosen = catalogue.names() if every else list(dict.fromkeys(names or []))
        for name in chosen:
            catalogue.load(name)
        check_folders(output, chosen, force=force)
    broken = [name for name in chosen if not _run(name, output, quick=quick, force=force)]
    if broken:
        console.print(f"[bold red]FAILED[/] {', '.join(broken)}")
        raise typer.Exit(FAILED)


def _run(name: str, output: Path, *, quick: bool, force: bool) -> bool:
    """Run one figure and print its verdicts; whether it could be run."""
    from ..reproduce import engine  # noqa: PLC0415

    try:
        result = engine.run(name, quick=quick, output=output, force=force, progress=True)
    except KeyboardInterrupt:
        console.print("[bold red]interrupted[/]")
        raise typer.Exit(INTERRUPTED) from None
    except Exception as error:
        console.print(f"[bold red]FAILED[/] {name}:", end=" ")
        console.print(f"{type(error).__name__}: {error}", markup=False)
        return False
    _show(result)
    return True


def _show(result: Result) -> None:
    """The verdicts as a table."""
    table = Table(title=f"{result.name}: {result.figure.title}", title_justify="left")
    table.add_column("verdict")
    table.add_column("claim", ratio=3)
    table.add_column("measured, expected", ratio=2)
    for verdict in result.verdicts:
        measured = f"{verdict.measured}, expected {verdict.claim.expected}"
        colour = _COLOURS[verdict.outcome]
        claim = " ".join(filter(None, (verdict.claim.sentence, verdict.explanation)))
        table.add_row(f"[{colour}]{verdict.outcome}[/]", claim, measured)
    output = Console(highlight=False)
    output.print(table)
    output.print(f"{result.path}", markup=False, soft_wrap=True)
