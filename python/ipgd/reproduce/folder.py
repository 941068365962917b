"""The folder of a figure: picture, data, settings and verdicts, whole or not at all."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import ipgd
from ipgd.files import atomic_write

from ..bench.provenance import provenance
from .table import to_csv

if TYPE_CHECKING:
    from .engine import Result

_MARK = "verdicts.json"  # which tells our folders from those of others


def check_folders(
    output: str | os.PathLike[str], names: Sequence[str], *, force: bool = False
) -> None:
    """Raise unless the folders of these figures can be written, before anything is computed.

    Raises
    ------
    OSError
        If `output` is not a folder or cannot hold files; if a figure's folder exists, unless
        `force` is given and the folder is that of an earlier run.
    ImportError
        If matplotlib is not installed.
    """
    ipgd.plots.new_figure(1, 1)
    folder = Path(output)
    for name in names:
        target = folder / name
        if not os.path.lexists(target):
            continue
        if not force:
            raise FileExistsError(
                f"output: expected a folder without {name!r}, got {str(folder)!r}, which has one; "
                "force=True (--force) replaces it"
            )
        if target.is_symlink() or not (target / _MARK).is_file():
            raise FileExistsError(
                f"output: expected the folder of an earlier run to replace, got {str(target)!r} "
                f"without {_MARK}"
            )
    with _made(folder), tempfile.TemporaryDirectory(dir=folder):
        pass


@contextlib.contextmanager
def _made(folder: Path) -> Iterator[None]:
    """The folder exists meanwhile, and afterwards if it existed before or is not empty."""
    existed = folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise NotADirectoryError(f"output: expected a folder, got {str(folder)!r}") from None
    except OSError as error:
        raise type(error)(
            f"output: expected a folder that can be made, got {str(folder)!r} ({error.strerror})"
        ) from None
    try:
        yield
    finally:
        if not existed:
            with contextlib.suppress(OSError):
                folder.rmdir()


def write_folder(result: Result, output: Path, *, force: bool = False) -> Path:
    """Draw the picture and write everything into the folder of the figure, which is returned.

    Raises
    ------
    OSError
        If it exists and `force` is not given, or cannot be written. Nothing is left behind.
    """
    check_folders(output, [result.name], force=force)
    target = output / result.name
    with _made(output), tempfile.TemporaryDirectory(prefix=f".{result.name}-", dir=output) as own:
        fresh, old = Path(own) / "new", Path(own) / "old"
        fresh.mkdir()
        _write_files(result, fresh)
        if target.exists():
            target.rename(old)
        try:
            fresh.rename(target)
        except BaseException:
            if old.exists():
                old.rename(target)
            raise
    return target


def _write_files(result: Result, folder: Path) -> None:
    figure = result.figure
    ipgd.plots.save(figure.draw(result.data), folder / "figure.png")
    with atomic_write(folder / "data.npz") as file:
        np.savez_compressed(file, **result.data)  # type: ignore[arg-type]
    settings = {
        "figure": result.name,
        "title": figure.title,
        "paper": None if figure.paper is None else asdict(figure.paper),
        "seen": figure.seen,
        "ours": figure.ours,
        "notes": figure.notes,
        "quick": result.quick,
        "setting": asdict(result.setting),
        "provenance": provenance(ipgd.build_info().threads),
    }
    verdicts = {"figure": result.name, "verdicts": [v.record() for v in result.verdicts]}
    texts = {
        "data.csv": to_csv(result.data, figure.axes),
        "settings.json": json.dumps(settings, indent=2, ensure_ascii=False) + "\n",
        _MARK: json.dumps(verdicts, indent=2, ensure_ascii=False) + "\n",
        "verdicts.txt": result.text(),
    }
    if figure.table is not None:
        texts["table.md"] = figure.table(result.data) + "\n"
    for name, text in texts.items():
        with atomic_write(folder / name) as file:
            file.write(text.encode())
