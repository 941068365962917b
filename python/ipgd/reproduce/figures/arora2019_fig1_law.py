"""The law of singular values of N factors beside gradient descent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

import ipgd
from ipgd import analysis

from ..claims import Claim, at_least, at_most
from ..figure import Data, Figure, Paper
from ..measures import Array
from ..progress import Track

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture


@dataclass(frozen=True)
class Setting:
    """Sensing of an n x n matrix from balanced starts: every layer has the same singular values."""

    n: int = 40
    rank: int = 3
    m: int = 1200
    values: tuple[float, ...] = (1.0, 0.6, 0.3)
    depths: tuple[int, ...] = (2, 3, 4)
    product: float = 1e-3  # the size of W_N ... W_1 at the start
    step_size: float = 0.02
    max_iter: int = 6000
    record_every: int = 10
    seeds: tuple[int, ...] = (0, 1, 2)


def run(setting: Setting, track: Track) -> Data:
    """Measured and predicted singular values, with the right depth and with two."""
    cases = [(seed, depth) for seed in setting.seeds for depth in setting.depths]
    runs = []
    for seed, depth in track(cases):
        problem = ipgd.matrix_sensing(
            (setting.n, setting.n),
            setting.rank,
            setting.m,
            spectrum=ipgd.problems.spectra.Given(setting.values),
            rng=seed,
        )
        iterates = analysis.Iterates()
        ipgd.solve(
            problem,
            ipgd.GD(setting.step_size),
            parameterization=ipgd.DeepFactor(depth),
            init=ipgd.init.balanced(setting.product ** (1 / depth)),
            max_iter=setting.max_iter,
            stop=ipgd.Stop(relative_loss=1e-6),
            record_every=setting.record_every,
            callback=iterates,
            progress=track.solving,
            rng=seed,
        )
        laws = [
            analysis.singular_value_law(
                problem, iterates, setting.step_size, depth=n, count=setting.rank
            )
            for n in (depth, 3 if depth == 2 else 2)
        ]
        runs.append((laws[0].measured, laws[0].predicted, laws[0].integrated, laws[1].predicted))
    longest = max(len(run[0]) for run in runs)
    shape = (len(setting.seeds), len(setting.depths), longest, setting.rank)
    parts = [
        np.array(
            [np.pad(run[k], ((0, longest - len(run[k])), (0, 0)), mode="edge") for run in runs]
        )
        for k in range(4)
    ]
    names = ("measured", "predicted", "integrated", "other_depth")
    return {
        "seed": np.array(setting.seeds),
        "depth": np.array(setting.depths),
        "iteration": setting.record_every * np.arange(longest),
        **{name: part.reshape(shape) for name, part in zip(names, parts, strict=True)},
    }


def draw(data: Data) -> Picture:
    """Measured singular values of the first seed, and those the law gives from the start on."""
    figure, axes = ipgd.plots.new_figure(1, len(data["depth"]), sharey=True)
    rows = zip(axes[0], data["depth"], data["measured"][0], data["integrated"][0], strict=True)
    for ax, depth, measured, law in rows:
        for k in range(measured.shape[1]):
            ax.semilogy(data["iteration"], measured[:, k], label=f"σ{k + 1}, measured")
        thin = slice(None, None, max(1, len(law) // 20))
        ax.semilogy(data["iteration"][thin], law[thin], "k.", markersize=4, label="law")
        ax.set_title(f"depth {depth}")
        ax.set_xlabel("iteration")
    axes[0, 0].set_ylabel("singular values of W_N … W_1")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    kept = {label: handle for handle, label in zip(handles, labels, strict=True)}
    figure.legend(kept.values(), kept.keys(), loc="outside right center")
    return figure


def change_error(data: Data, name: str) -> Array:
    """Error of the predicted changes of log sigma over the changes, (seeds, depths), summed.

    A change is one between two records.
    """
    measured = np.log(data["measured"])
    happened = np.diff(measured, axis=2)
    predicted = np.log(data[name])[:, :, 1:] - measured[:, :, :-1]
    error: Array = np.abs(predicted - happened).sum(axis=(2, 3)) / np.abs(happened).sum(axis=(2, 3))
    return error


def integrated_error(data: Data) -> Array:
    """Largest error of log sigma over the whole run, from the first iterate alone; per seed."""
    error: Array = np.abs(np.log(data["integrated"] / data["measured"])).max(axis=(1, 2, 3))
    return error


FIGURE = Figure(
    title="Singular values of a product of N factors grow by N sigma^(2 - 2/N).",
    paper=Paper("Arora, Cohen, Hu, Luo", 2019, "1905.13655", "theorem 3 (drawn beside Figure 1)"),
    full=Setting(),
    quick=Setting(12, 2, 240, (1.0, 0.5), product=1e-2, max_iter=800, seeds=(0, 1, 2)),
    run=run,
    axes=dict.fromkeys(
        ("measured", "predicted", "integrated", "other_depth"),
        ("seed", "depth", "iteration", "index"),
    ),
    draw=draw,
    claims=(
        Claim(
            "The law predicts how singular values change between two records.",
            "error of the changes of log sigma over the changes, worst depth",
            lambda data: change_error(data, "predicted").max(axis=1),
            at_most(0.1),
        ),
        Claim(
            "It does so from the start on, without looking at later singular values.",
            "largest error of log sigma over the run",
            integrated_error,
            at_most(0.3),
            ours=True,
        ),
        Claim(
            "The exponent is that of the depth.",
            "error of the changes with the law of another depth, over that with its own; least",
            lambda data: (change_error(data, "other_depth") / change_error(data, "predicted")).min(
                axis=1
            ),
            at_least(3),
            ours=True,
        ),
    ),
    seen=(
        "The dots are the law, integrated from the first iterate on with the measured forces; the "
        "lines are what gradient descent did."
    ),
    ours=(
        "Sizes and bounds. The law is of gradient flow on balanced factors; the starts are "
        "balanced and the steps small. The law of another depth is that of two factors, and of "
        "three for two."
    ),
    notes="What the paper's Figure 1 shows was not recovered; this draws its theorem 3.",
)
