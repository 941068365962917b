"""Stochastic gradients from the identity, beside gradient descent from a small start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

import ipgd

from ..claims import Claim, at_least, at_most
from ..figure import Data, Figure, Paper
from ..measures import stacked
from ..progress import Track

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture

RUNS = ("SGD from U = I", "gradient descent from U = I", "gradient descent from U = α I")


@dataclass(frozen=True)
class Setting:
    """U Uᵀ with d columns, m = 5 d r Gaussian measurements."""

    d: int = 100
    rank: int = 5
    epochs: int = 300
    batch_size: int = 50
    max_iter: int = 5000
    alpha: float = 1e-3
    records: int = 300
    seeds: tuple[int, ...] = (0, 1, 2)


def run(setting: Setting, track: Track) -> Data:
    """Each of the three runs for each seed. The step of SGD is four times the automatic one."""
    m = 5 * setting.d * setting.rank
    batch_size = min(setting.batch_size, m)
    steps = -(-m // batch_size)
    data: dict[str, list[np.ndarray[tuple[int], np.dtype[np.float64]]]] = {}
    for seed in track(setting.seeds):
        problem = ipgd.matrix_sensing(setting.d, setting.rank, m, rng=seed)
        share = min(1, 4 * batch_size / (batch_size + setting.d**2))
        sgd = ipgd.SGD(batch_size, share / (4 * problem.scale().curvature))
        for method, scale, budget in (
            (sgd, 1.0, setting.epochs * steps),
            (ipgd.GD(), 1.0, setting.max_iter),
            (ipgd.GD(), setting.alpha, setting.max_iter),
        ):
            solution = ipgd.solve(
                problem,
                method,
                init=ipgd.init.scaled_identity(scale),
                max_iter=budget,
                stop=ipgd.Stop(relative_loss=0),
                record=("epoch", "train_error", "test_error"),
                record_every=budget // setting.records,
                rng=seed,
                progress=track.solving,
            )
            for name in ("epoch", "train_error", "test_error"):
                (ends,) = stacked([solution], name, (1,))
                data.setdefault(name, []).append(ends[: setting.records + 1])
    shape = (len(setting.seeds), len(RUNS), setting.records + 1)
    arrays = {name: np.array(values).reshape(shape) for name, values in data.items()}
    return {"seed": np.array(setting.seeds), "run": np.array(RUNS), **arrays}


def draw(data: Data) -> Picture:
    """Train and test errors of the first seed over the epochs."""
    figure, axes = ipgd.plots.new_figure(1, 2)
    names = {"train_error": "‖A(Θ) − y‖ / ‖y‖", "test_error": "‖Θ − Θ*‖ / ‖Θ*‖"}
    for ax, (name, label) in zip(axes[0], names.items(), strict=True):
        for run_name, epochs, errors in zip(
            data["run"], data["epoch"][0], data[name][0], strict=True
        ):
            ax.loglog(epochs[1:], errors[1:], label=str(run_name))
        ax.set_xlabel("passes over the measurements")
        ax.set_ylabel(label)
    axes[0, 0].set_title("on the measurements")
    axes[0, 1].set_title("recovery")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure


FIGURE = Figure(
    title="From the identity, stochastic gradients fit the measurements and miss the matrix.",
    paper=Paper("Li, Ma, Zhang", 2018, "1712.09203", "Figure 5"),
    full=Setting(),
    quick=Setting(d=40, rank=2, epochs=200, max_iter=1500, records=100),
    run=run,
    axes=dict.fromkeys(("epoch", "train_error", "test_error"), ("seed", "run", "record")),
    draw=draw,
    claims=(
        Claim(
            "SGD from the identity fits the measurements.",
            "train error at the end",
            lambda data: data["train_error"][:, 0, -1],
            at_most(0.1),
            ours=True,
        ),
        Claim(
            "SGD from the identity does not generalise.",
            "test error at the end",
            lambda data: data["test_error"][:, 0, -1],
            at_least(1),
        ),
        Claim(
            "It is the start that matters, not the noise: full gradients from it miss it as well.",
            "test error of gradient descent from the identity",
            lambda data: data["test_error"][:, 1, -1],
            at_least(1),
            ours=True,
        ),
        Claim(
            "From a small start gradient descent finds the matrix.",
            "test error at the end",
            lambda data: data["test_error"][:, 2, -1],
            at_most(0.01),
        ),
    ),
    seen=(
        "From the identity both stochastic and full gradients fit the measurements and miss the "
        "matrix by more than its own size; from a small start gradient descent finds it."
    ),
    ours="Mini-batches of 50 measurements, and the step sizes.",
    notes="Batch size, step size and number of epochs of the paper's SGD.",
)
