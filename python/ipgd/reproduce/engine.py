"""Running a figure: its data, its verdicts, and the folder that holds them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .catalogue import load
from .claims import Verdict
from .figure import Data, Figure
from .folder import check_folders, write_folder
from .progress import tracking
from .table import check_axes


@dataclass(frozen=True)
class Result:
    """A figure that was run.

    Attributes
    ----------
    name : str
    figure : Figure
    quick : bool
        Whether it was run at quick size.
    setting : dataclass
        The values it was run with.
    data : dict of str to ndarray
    verdicts : tuple of Verdict
        One for each claim.
    path : Path or None
        The folder with picture, data, settings and verdicts; None where none was written.
    """

    name: str
    figure: Figure[Any]
    quick: bool
    setting: Any
    data: Data
    verdicts: tuple[Verdict, ...]
    path: Path | None = None

    def text(self) -> str:
        """The verdicts in words, as in verdicts.txt."""
        size = ", quick size" if self.quick else ""
        lines = [f"{self.name}{size}: {self.figure.title}", self.figure.source(), ""]
        for verdict in self.verdicts:
            ours = " (our claim)" if verdict.claim.ours else ""
            lines += [
                f"{verdict.outcome.upper()}: {verdict.claim.sentence}{ours}",
                f"    {verdict.claim.what}: {verdict.measured}, expected {verdict.claim.expected}",
            ]
            if verdict.explanation:
                lines.append(f"    {verdict.explanation}")
        for label, text in (("Our reading", self.figure.ours), ("Unknown", self.figure.notes)):
            if text:
                lines += ["", f"{label}: {text}"]
        return "\n".join(lines) + "\n"


def run(
    name: str,
    *,
    quick: bool = False,
    output: str | os.PathLike[str] | None = None,
    force: bool = False,
    progress: bool = False,
) -> Result:
    """Run a figure again, judge its claims, and write both with the picture.

    Parameters
    ----------
    name : str
        One of :func:`names`.
    quick : bool
        A smaller size, which takes seconds: the same claims, less sharply.
    output : path_like, optional
        A folder, made if it does not exist; its subfolder `name` then holds figure.png, data.npz,
        data.csv, settings.json, verdicts.json, verdicts.txt and, of some figures, table.md. It
        appears whole or not at all.
        Default: nothing is written, and no picture drawn.
    force : bool
        Whether to replace the subfolder of an earlier run.
    progress : bool
        Whether to show a bar.

    Returns
    -------
    Result
        A claim that fails is no error: it is in ``verdicts``.

    Raises
    ------
    ValueError
        If there is no such figure; the message has the nearest names.
    OSError
        If the subfolder exists already (and `force` is not given, or no earlier run wrote it), or
        cannot be written.
    ImportError
        If matplotlib is not installed and `output` is given.
    """
    figure = load(name)
    if output is not None:
        check_folders(output, [name], force=force)
    with tracking(progress, name) as track:
        setting = figure.quick if quick else figure.full
        data = figure.run(setting, track)
    check_axes(name, data, figure.axes)
    verdicts = judge(figure, data)
    result = Result(name, figure, quick, setting, data, verdicts)
    if output is None:
        return result
    path = write_folder(result, Path(output), force=force)
    return Result(name, figure, quick, setting, data, verdicts, path)


def judge(figure: Figure[Any], data: Data) -> tuple[Verdict, ...]:
    """The verdict on each claim of a figure."""
    claims: Sequence[Any] = figure.claims
    return tuple(claim.judge(data) for claim in claims)
