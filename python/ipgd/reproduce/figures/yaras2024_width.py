"""Singular values of the layers of a deep model: 2r of them move, whatever the width."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

import ipgd

from ..claims import Claim, at_least, at_most
from ..figure import Data, Figure, Paper
from ..measures import Array
from ..progress import Track

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture


@dataclass(frozen=True)
class Setting:
    """Fully observed d x d truths of rank r; layers start as scale times orthogonal matrices."""

    widths: tuple[int, ...] = (50, 100, 200)
    rank: int = 3
    depth: int = 3
    scale: float = 0.05
    step_size: float = 0.1
    max_iter: int = 3000
    moved: float = 0.01  # relative to the start
    seeds: tuple[int, ...] = (0, 1, 2)


def run(setting: Setting, track: Track) -> Data:
    """Singular values of all layers at the end, over those at the start."""
    shape = (len(setting.seeds), len(setting.widths))
    kept = min(setting.widths)
    moved, error = np.empty((*shape, setting.depth)), np.empty(shape)
    sigma = np.empty((*shape, setting.depth, kept))
    for s, k in track(list(np.ndindex(*shape))):
        d, seed = setting.widths[k], setting.seeds[s]
        solution = ipgd.solve(
            ipgd.matrix_completion(d, d, setting.rank, fraction=1.0, rng=seed),
            ipgd.GD(setting.step_size),
            parameterization=ipgd.DeepFactor(setting.depth),
            init=ipgd.init.scaled_orthogonal(setting.scale),
            max_iter=setting.max_iter,
            stop=ipgd.Stop(relative_loss=1e-10),
            record=("test_error",),
            record_every=setting.max_iter,
            progress=track.solving,
            rng=seed,
        )
        for j, layer in enumerate(solution.parameters.values()):
            values = np.linalg.svd(layer, compute_uv=False) / setting.scale
            moved[s, k, j] = np.sum(abs(values - 1) > setting.moved)
            # Those farthest from where they started come first.
            sigma[s, k, j] = values[np.argsort(-abs(values - 1))][:kept]
        error[s, k] = solution.history["test_error"][-1]
    return {
        "seed": np.array(setting.seeds),
        "width": np.array(setting.widths),
        "layer": np.arange(1, setting.depth + 1),
        "moved": moved,
        "singular_values": sigma,
        "test_error": error,
        "rank": np.array(setting.rank),
    }


def draw(data: Data) -> Picture:
    """How far singular values moved, of the first seed, one panel for each layer."""
    figure, axes = ipgd.plots.new_figure(1, len(data["layer"]), sharey=True)
    shown = min(data["singular_values"].shape[-1], 6 * int(data["rank"]))
    places = np.arange(1, shown + 1)
    for j, (ax, layer) in enumerate(zip(axes[0], data["layer"], strict=True)):
        for k, width in enumerate(data["width"]):
            change = abs(data["singular_values"][0, k, j, :shown] - 1)
            label = f"width {width}"
            ax.semilogy(places, np.maximum(change, 1e-17), marker="os^DvPX"[k % 7], label=label)
        ax.axvline(2 * int(data["rank"]) + 0.5, color="grey", linestyle=":", label="2r")
        ax.set_title(f"layer {layer}")
        ax.set_xlabel("place, by how far it moved")
    axes[0, 0].set_ylabel("relative change of the singular value")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside right center")
    return figure


def excess(data: Data) -> Array:
    """The most singular values of a layer that moved, over 2r, for each seed."""
    most: Array = data["moved"].max(axis=(1, 2)) / (2 * int(data["rank"]))
    return most


def rest(data: Data) -> Array:
    """The largest relative change beyond the first 2r places, for each seed."""
    beyond = data["singular_values"][..., 2 * int(data["rank"]) :]
    largest: Array = abs(beyond - 1).max(axis=(1, 2, 3))
    return largest


FIGURE = Figure(
    title="In every layer descent moves 2r singular values, whatever the width.",
    paper=Paper(
        "Yaras, Wang, Hu, Zhu, Balzano, Qu", 2024, "2306.01154 and 2406.04112", "law of parsimony"
    ),
    full=Setting(),
    quick=Setting((12, 24, 36), 2, max_iter=1500),
    run=run,
    axes={
        "moved": ("seed", "width", "layer"),
        "singular_values": ("seed", "width", "layer", "place"),
        "test_error": ("seed", "width"),
        "rank": (),
    },
    draw=draw,
    claims=(
        Claim(
            "At most 2r singular values of a layer move.",
            "most that moved by more than 1 %, over 2r",
            excess,
            at_most(1),
        ),
        Claim(
            "As many move at every width.",
            "fewest that moved over most, all widths of the same layer; the least over layers",
            lambda data: (data["moved"].min(axis=1) / data["moved"].max(axis=1)).min(axis=1),
            at_least(0.99),
            ours=True,
        ),
        Claim(
            "The others stay where they started.",
            "largest relative change beyond the first 2r",
            rest,
            at_most(0.01),
        ),
        Claim(
            "The truth is recovered.",
            "largest recovery error over the widths",
            lambda data: data["test_error"].max(axis=1),
            at_most(1e-2),
            ours=True,
        ),
    ),
    seen=(
        "In each layer about 2r singular values leave the start, the same number for every width; "
        "the others do not move."
    ),
    ours="Sizes, starts and bounds; full observation, as in the theorem.",
    notes="The paper's sizes.",
)
