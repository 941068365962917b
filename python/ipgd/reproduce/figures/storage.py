"""What narrow storage and float32 sums cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

import ipgd
from ipgd.operators import DenseSymmetric
from ipgd.plots.style import COLORS

from ..claims import Claim, at_least, at_most
from ..figure import Data, Figure
from ..measures import Array
from ..progress import Track
from ..table import markdown

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture

PAIRS = (
    ("float64", "float64"),
    ("float32", "float64"),
    ("float32", "float32"),
    ("bfloat16", "float64"),
    ("bfloat16", "float32"),
    ("int8", "float64"),
    ("int8", "float32"),
)
ORIGINS = ("given", "drawn")
QUANTITIES = ("y", "gradient", "matrix", "residual")


@dataclass(frozen=True)
class Setting:
    """The sizes of the problem that is measured."""

    d: int = 50
    rank: int = 3
    m: int = 1250
    max_iter: int = 1000
    residual: float = 1e-6
    seeds: tuple[int, ...] = (0, 1, 2)


def _relative(got: Array, expected: Array) -> float:
    return float(np.linalg.norm(got - expected) / np.linalg.norm(expected))


def _low_rank(setting: Setting, rng: np.random.Generator) -> Array:
    factor = rng.standard_normal((setting.d, setting.rank))
    product: Array = factor @ factor.T
    return product


def errors(
    operator: DenseSymmetric, exact: DenseSymmetric, y: Array, setting: Setting, seed: int
) -> tuple[float, ...]:
    """Relative errors of an operator, compared with the one in float64, `exact`.

    Of A(Theta*); of A*(A(Theta) - y) at another Theta; of the recovered matrix against Theta*; and
    ||A(Theta) - y|| / ||y|| where the solve ended.
    """
    rng = np.random.default_rng(seed)
    truth, other = _low_rank(setting, rng), _low_rank(setting, rng)
    solution = ipgd.solve(
        ipgd.Problem(operator, y, truth),
        parameterization=ipgd.SymmetricFactor(setting.rank),
        stop=ipgd.Stop(relative_loss=setting.residual**2),
        max_iter=setting.max_iter,
        record=(),
        gram=False,
        rng=seed,
    )
    return (
        _relative(operator.forward(truth), exact.forward(truth)),
        _relative(operator.residual_adjoint(other, y)[1], exact.residual_adjoint(other, y)[1]),
        _relative(solution.theta(), truth),
        solution.train_error,
    )


def given(setting: Setting, seed: int) -> list[tuple[float, ...]]:
    """Matrices given in float64 and then rounded; y comes from the ones that were given."""
    A = np.random.default_rng([seed, 1]).standard_normal((setting.m, setting.d, setting.d))
    exact = DenseSymmetric(A, dtype="float64")
    y = exact.forward(_low_rank(setting, np.random.default_rng(seed)))
    return [
        errors(DenseSymmetric(A, dtype=storage, sums=sums), exact, y, setting, seed)
        for storage, sums in PAIRS
    ]


def drawn(setting: Setting, seed: int) -> list[tuple[float, ...]]:
    """Ensembles drawn in their storage, which y is measured with, too."""
    truth, rows = _low_rank(setting, np.random.default_rng(seed)), []
    for storage, sums in PAIRS:
        operator = DenseSymmetric.gaussian(setting.m, setting.d, rng=seed, dtype=storage, sums=sums)
        exact = DenseSymmetric(operator.to_dense(), dtype="float64")
        rows.append(errors(operator, exact, operator.forward(truth), setting, seed))
    return rows


def run(setting: Setting, track: Track) -> Data:
    """Matrices that are given and rounded, and ensembles drawn in their storage."""
    values = [[given(setting, seed), drawn(setting, seed)] for seed in track(setting.seeds)]
    return {
        "seed": np.array(setting.seeds),
        "origin": np.array(ORIGINS),
        "pair": np.array([f"{storage}, {sums} sums" for storage, sums in PAIRS]),
        "of": np.array(QUANTITIES),
        "error": np.array(values),
        "asked": np.array(setting.residual),
    }


def draw(data: Data) -> Picture:
    """The error of the recovered matrix, every instance as a dot."""
    figure, axes = ipgd.plots.new_figure(1, 2, sharey=True)
    places = np.arange(len(PAIRS))
    titles = ("given in float64, rounded", "drawn in their storage")
    for k, (ax, title) in enumerate(zip(axes[0], titles, strict=True)):
        for name, label, marker, color in (
            ("matrix", "‖Θ − Θ*‖ / ‖Θ*‖", "o", COLORS[0]),
            ("residual", "‖A(Θ) − y‖ / ‖y‖", "x", COLORS[1]),
        ):
            values = data["error"][:, k, :, QUANTITIES.index(name)]
            lines = ax.plot(values.T, places, marker, alpha=0.7, color=color)
            lines[0].set_label(label)
        ax.set_xscale("log")
        ax.set_yticks(places, [str(pair) for pair in data["pair"]])
        ax.set_xlabel("relative error at the end")
        ax.set_title(title, fontsize="medium")
    axes[0, 1].sharex(axes[0, 0])
    axes[0, 0].invert_yaxis()
    axes[0, 0].set_ylabel("storage and sums")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure


def table(data: Data) -> str:
    """Medians: of A(Theta*), of the gradient, of the matrix, and the residual."""
    parts = []
    for origin, values in zip(data["origin"], np.median(data["error"], axis=0), strict=True):
        rows = [
            (pair, *(f"{value:.1e}" if value else "0" for value in row))
            for pair, row in zip(data["pair"], values, strict=True)
        ]
        parts.append(markdown((f"matrices {origin}", *QUANTITIES), rows))
    return "\n\n".join(parts)


def worst(data: Data, origin: str, quantity: str, pairs: slice = slice(None)) -> Array:
    """The largest error of a quantity over these pairs of storage and sums, for each seed."""
    values = data["error"][:, ORIGINS.index(origin), pairs, QUANTITIES.index(quantity)]
    largest: Array = values.max(axis=1)
    return largest


FIGURE = Figure(
    title="Narrow storage costs accuracy where A is rounded, and none where it is drawn so.",
    paper=None,
    full=Setting(),
    quick=Setting(d=16, rank=2, m=400),
    run=run,
    axes={"error": ("seed", "origin", "pair", "of"), "asked": ()},
    draw=draw,
    claims=(
        Claim(
            "An ensemble drawn in its storage loses nothing.",
            "largest error of the recovered matrix over the residual that was asked for",
            lambda data: worst(data, "drawn", "matrix") / data["asked"],
            at_most(4),
        ),
        Claim(
            "float32 storage of given matrices loses nothing of a solve to 1e-6.",
            "largest error of the recovered matrix over the residual that was asked for",
            lambda data: worst(data, "given", "matrix", slice(3)) / data["asked"],
            at_most(4),
        ),
        Claim(
            "bfloat16 and int8 leave an error of the size of their rounding.",
            "smallest error of the recovered matrix over that of y",
            lambda data: np.min(data["error"][:, 0, 3:, 2] / data["error"][:, 0, 3:, 0], axis=1),
            at_least(0.05),
        ),
        Claim(
            "That error is no larger than a multiple of the rounding.",
            "largest error of the recovered matrix over that of y",
            lambda data: np.max(data["error"][:, 0, 3:, 2] / data["error"][:, 0, 3:, 0], axis=1),
            at_most(2),
        ),
    ),
    seen=(
        "Matrices given in float64 and rounded: rounding A acts like noise in y. That of float32 "
        "is far below what this solve asks for: use it for all but the cleanest data. bfloat16 and "
        "int8 leave an error whatever the number of iterations: use them where the noise in y is "
        "larger than their error of y, or to explore. Ensembles drawn in their storage "
        "(`matrix_sensing(dtype=...)`): nothing is lost, so take the narrowest. With float32 sums, "
        "the default for bfloat16 and int8, no residual much below their error of y can be "
        'reached; where one is wanted, say `sums="float64"`. In the tables, `y` and `gradient` are '
        "relative errors of A(Θ*) and of A*(A(Θ) − y) at another Θ of the same rank, against the "
        "same operator in float64."
    ),
    table=table,
)
