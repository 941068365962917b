"""The figures of the page, drawn from results. Needs matplotlib: ``pip install 'ipgd[plot]'``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from ipgd.plots import new_figure, save

from .results import Result, Timing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Results: TypeAlias = Mapping[str, Result]  # those that have timings, by the name of the case

CAPTIONS = {
    "roofline": "Flop rate of a step against flops per byte of A; the lines are what the machine "
    "allows: reading A, and dgemm.",
    "dimensions": "Time of a step against d, m = 25 d.",
    "batch-sizes": "Runs times steps a second against the number of runs in a batch, d = 100.",
    "threads": "Speed of a step against the number of threads, d = 200.",
}


def draw_all(results: Sequence[Result], folder: Path, suffix: str = "") -> dict[str, Path]:
    """Draw every figure whose cases are there.

    Parameters
    ----------
    results : sequence of Result
    folder : Path
        Where the pictures go; it must exist.
    suffix : str
        Added to their names.

    Returns
    -------
    dict of str to Path
        The pictures by the name of the figure.
    """
    named = {result.case: result for result in results if result.timings}
    drawn = {}
    for name, (needed, draw) in _FIGURES.items():
        if all(case in named for case in needed):
            figure, axes = new_figure(1, 1)
            figure.set_size_inches(8.4, 4.4)
            draw(axes[0, 0], named)
            drawn[name] = folder / f"{name}{suffix}.png"
            save(figure, drawn[name])
    return drawn


def roofline(axes: Axes, results: Results) -> None:
    """Flop rates of steps below the two roofs."""
    read, dgemm = results["roof-100"], results["batch-64"]
    bandwidth = read.settings["bytes"] / _median(read, "read")
    peak = _flops(dgemm) / _median(dgemm, "dgemm")
    sweep = results["batch-sizes"]
    flops, size = _flops(sweep), sweep.settings["bytes"]
    points = [(t.at or 1, t.band.median) for t in sweep.timings]
    axes.loglog(
        [runs * flops / size for runs, _ in points],
        [flops / seconds / 1e9 for _, seconds in points],
        "o-",
        label="float64, batches of 1, 2, 4, ... runs",
    )
    for result in results.values():
        if result.kind == "step" and result.settings["batch"] == 1 and not result.settings["gram"]:
            rate = _flops(result) / _median(result, "ipgd") / 1e9
            axes.loglog([_flops(result) / result.settings["bytes"]], [rate], "s", label=result.case)
    low, high = axes.get_xlim()
    ridge = peak / bandwidth
    roofs = (
        ([low, ridge], [low * bandwidth, peak], f"reading A: {bandwidth / 1e9:.3g} GB/s", "k-"),
        ([ridge, max(high, 2 * ridge)], [peak] * 2, f"dgemm: {peak / 1e9:.3g} GFLOP/s", "k--"),
    )
    for places, rates, label, style in roofs:
        axes.loglog(places, [rate / 1e9 for rate in rates], style, lw=1, label=label)
    axes.set_xlabel("flops per byte of A")
    axes.set_ylabel("GFLOP/s (packed)")
    _finish(axes)


def dimensions(axes: Axes, results: Results) -> None:
    """Time of a step against d, a line for each contender."""
    timings = results["dimensions"].timings
    for name in dict.fromkeys(timing.name for timing in timings):
        mine = [timing for timing in timings if timing.name == name]
        style = "o-" if name.startswith("ipgd") else "x--"
        axes.loglog(_places(mine), [1e3 * t.band.median for t in mine], style, label=name)
    _ticks(axes, _places(timings))
    axes.set_xlabel("d")
    axes.set_ylabel("ms per step")
    _finish(axes)


def batch_sizes(axes: Axes, results: Results) -> None:
    """Throughput against the number of runs in a batch, beside the best loop of a peer."""
    timings = results["batch-sizes"].timings
    axes.loglog(_places(timings), [1 / t.band.median for t in timings], "o-", label="ipgd")
    peers = [t for t in results["batch-16"].timings if t.name != "ipgd"]
    for number, peer in enumerate(peers, 1):
        words = "16 runs at once" if "gemm" in peer.name else "a loop"
        label, colour = f"{peer.name}, {words}", f"C{number}"
        axes.axhline(1 / peer.band.median, ls="--", lw=1, color=colour, label=label)
    _ticks(axes, _places(timings))
    axes.set_xlabel("runs in the batch")
    axes.set_ylabel("runs x steps a second")
    _finish(axes)


def threads(axes: Axes, results: Results) -> None:
    """Speed relative to one thread."""
    timings = results["threads"].timings
    places, one = _places(timings), timings[0].band.median
    axes.plot(places, [one / t.band.median for t in timings], "o-", label="ipgd")
    axes.plot(places, places, "k--", lw=1, label="in proportion")
    axes.set_xlabel("threads")
    axes.set_ylabel("speed relative to one thread")
    _ticks(axes, places)
    _finish(axes)


_FIGURES = {
    "roofline": (("roof-100", "batch-64", "batch-sizes"), roofline),
    "dimensions": (("dimensions",), dimensions),
    "batch-sizes": (("batch-sizes", "batch-16"), batch_sizes),
    "threads": (("threads",), threads),
}


def _flops(result: Result) -> float:
    """4 m p: of one run and step."""
    return 4.0 * float(result.settings["m"] * result.settings["p"])


def _median(result: Result, name: str) -> float:
    return next(t.band.median for t in result.timings if t.name == name)


def _places(timings: Sequence[Timing]) -> list[int]:
    return [timing.at or 0 for timing in timings]


def _ticks(axes: Axes, places: Sequence[int]) -> None:
    """Ticks where there are points, and nowhere else on a logarithmic axis."""
    distinct = sorted(set(places))
    axes.set_xticks(distinct, [str(place) for place in distinct])
    axes.set_xticks([], minor=True)


def _finish(axes: Axes) -> None:
    axes.grid(alpha=0.3)
    axes.legend(fontsize="small", loc="upper left", bbox_to_anchor=(1.01, 1))  # covers no line
