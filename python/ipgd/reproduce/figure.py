"""What a figure is: a paper, a setting at two sizes, a run, a picture and claims."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar

from numpy.typing import NDArray

from .claims import Claim
from .progress import Track

if TYPE_CHECKING:
    from _typeshed import DataclassInstance
    from matplotlib.figure import Figure as Picture

Data: TypeAlias = dict[str, NDArray[Any]]
Setting = TypeVar("Setting", bound="DataclassInstance")


@dataclass(frozen=True)
class Paper:
    """Where a figure comes from."""

    authors: str
    year: int
    arxiv: str
    figure: str

    def __str__(self) -> str:
        return f"{self.authors} ({self.year}), arXiv {self.arxiv}, {self.figure}"


@dataclass(frozen=True)
class Figure(Generic[Setting]):
    """A figure that can be run again.

    Parameters
    ----------
    title : str
        What it shows, as one sentence.
    paper : Paper or None
        None for an experiment of our own.
    full, quick : dataclass
        The named values of the setting, ``seeds`` among them; quick takes seconds.
    run : callable
        ``run(setting, track)`` returns the arrays by name. ``track`` shows how far it is:
        ``for seed in track(setting.seeds)``, and ``solve(progress=track.solving)``.
    axes : mapping
        The names of the axes of each array. An array that has the name of its only axis holds that
        axis's values; it need not be listed. Axes without such an array are numbered.
    draw : callable
        ``draw(data)`` returns a matplotlib figure.
    claims : sequence of Claim
    seen : str
        What the picture shows, and what follows from it, for the gallery.
    ours : str
        What is our reading rather than the paper's.
    notes : str
        What in the paper could not be recovered.
    table : callable, optional
        ``table(data)`` returns the numbers behind the picture as a table in Markdown.
    """

    title: str
    paper: Paper | None
    full: Setting
    quick: Setting
    run: Callable[[Setting, Track], Data]
    axes: Mapping[str, tuple[str, ...]]
    draw: Callable[[Data], Picture]
    claims: Sequence[Claim]
    seen: str = ""
    ours: str = ""
    notes: str = ""
    table: Callable[[Data], str] | None = None

    def source(self) -> str:
        """The paper, or that there is none."""
        return "An experiment of our own." if self.paper is None else f"{self.paper}."
