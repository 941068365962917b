"""Which operators, parameterizations and algorithms go together: tried, for docs/pairings.md."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import ipgd
from ipgd.algorithms import Algorithm
from ipgd.files import atomic_write, check_writable
from ipgd.operators import Dense, DenseSymmetric, Entries, Operator, RankOne
from ipgd.parameterizations import Parameterization

RANK = 2
ORDER = 4
MAX_ITER = 10  # mini-batches may go up for some

PARAMETERIZATIONS: dict[str, Parameterization] = {
    "SymmetricFactor": ipgd.SymmetricFactor(RANK),
    "AsymmetricFactor": ipgd.AsymmetricFactor(RANK),
    "DeepFactor": ipgd.DeepFactor(3, RANK),
    "CompressedDeep": ipgd.CompressedDeep(3, RANK),
    "HadamardPower": ipgd.HadamardPower(),
    "HadamardProduct": ipgd.HadamardProduct(),
    "WeightNormalized": ipgd.WeightNormalized(),
    "SymmetricTensor": ipgd.SymmetricTensor(ORDER, RANK),
}

VARIANTS: Sequence[tuple[type[Algorithm], dict[str, Any]]] = (
    (ipgd.GD, {}),
    (ipgd.PGD, {}),
    (ipgd.IPGD, {}),
    (ipgd.IPGDPlus, {}),
    (ipgd.ScaledGD, {"step_size": 0.1, "damping": 0.0}),
    (ipgd.ScaledGD, {"step_size": 0.1, "damping": 0.1}),
    (ipgd.ScaledGD, {"damping": "loss"}),
    (ipgd.AltScaledGD, {}),
    (ipgd.AcceleratedGD, {"kind": "nesterov"}),
    (ipgd.AcceleratedGD, {"kind": "heavy_ball"}),
    (ipgd.NormalizedGD, {}),
    (ipgd.SGD, {"batch_size": 8}),
    (ipgd.SGD, {"batch_size": 8, "replacement": True}),
    (ipgd.TruncatedGD, {"truncation": 30.0}),
)


def _label(kind: type[Algorithm], settings: Mapping[str, Any]) -> str:
    return ", ".join([kind.__name__, *(f"{name}={value}" for name, value in settings.items())])


ALGORITHMS: dict[str, Algorithm] = {
    _label(kind, settings): kind(**settings) for kind, settings in VARIANTS
}


@dataclass(frozen=True)
class Size:
    """The sizes of the problems.

    Attributes
    ----------
    d1, d2 : int
        Of the matrices; those of Entries are `wide` times as large.
    side : int
        Of the tensors of order 4 that are the vectors.
    m : int
        Measurements; four times as many with RankOne.
    wide : int
        Its square is how often Entries measures each number of a vector.
    """

    d1: int = 8
    d2: int = 6
    side: int = 2
    m: int = 120
    wide: int = 1


@dataclass(frozen=True)
class Case:
    """A problem with one of the operators, and what it is solved with.

    Attributes
    ----------
    problem : ipgd.Problem
    gram : bool
        Work with R of A = Q R.
    """

    problem: ipgd.Problem
    gram: bool = False


def cases(size: Size, seed: int = 0) -> dict[str, Case]:
    """A noiseless problem for each operator in each of its shapes, by name."""
    rng = np.random.default_rng(seed)

    def problem(operator: Operator, truth: NDArray[np.float64]) -> ipgd.Problem:
        return ipgd.Problem(operator, operator.forward(truth), truth)

    def low_rank(d1: int, d2: int) -> NDArray[np.float64]:
        left, right = rng.standard_normal((d1, RANK)), rng.standard_normal((d2, RANK))
        product: NDArray[np.float64] = left @ (left if d1 == d2 else right).T
        return product

    def entries(d1: int, d2: int) -> Case:
        some = (size.m + d1 * d2) // 4  # more than there are parameters
        return Case(problem(Entries.uniform(some, d1, d2, rng=rng), low_rank(d1, d2)))

    d1, d2, m, wide = size.d1, size.d2, size.m, size.wide
    square, rectangular = low_rank(d1, d1), low_rank(d1, d2)
    vector = u = np.full(size.side, 1.2 / np.sqrt(size.side))
    for _ in range(ORDER - 1):
        vector = np.multiply.outer(vector, u)
    tensor = vector.reshape(-1, 1)
    symmetric = problem(DenseSymmetric.gaussian(m, d1, rng=rng), square)
    dense = problem(Dense.gaussian(m, d1, d2, rng=rng), rectangular)
    again = np.tile(np.arange(tensor.size), wide**2)
    column = Entries(again, np.zeros_like(again), tensor.shape)
    return {
        "DenseSymmetric": Case(symmetric),
        "DenseSymmetric, gram=True": Case(symmetric, gram=True),
        "Dense, square": Case(problem(Dense.gaussian(m, d1, d1, rng=rng), square)),
        "Dense, rectangular": Case(dense),
        "Dense, rectangular, gram=True": Case(dense, gram=True),
        "Dense, d2 = 1": Case(problem(Dense.gaussian(m, tensor.size, 1, rng=rng), tensor)),
        "Entries, square": entries(wide * d1, wide * d1),
        "Entries, rectangular": entries(wide * d1, wide * d2),
        "Entries, d2 = 1": Case(problem(column, tensor)),
        "RankOne, a aᵀ": Case(problem(RankOne.gaussian(4 * m, d1, rng=rng), square)),
        "RankOne, a bᵀ, square": Case(problem(RankOne.gaussian(4 * m, d1, d1, rng=rng), square)),
        "RankOne, a bᵀ, rectangular": Case(
            problem(RankOne.gaussian(4 * m, d1, d2, rng=rng), rectangular)
        ),
        "RankOne, a bᵀ, d2 = 1": Case(
            problem(RankOne.gaussian(4 * m, tensor.size, 1, rng=rng), tensor)
        ),
    }


def options(case: Case, parameterization: str, max_iter: int = MAX_ITER) -> dict[str, Any]:
    """The arguments, beside problem, algorithm and seed, with which a pairing is tried."""
    model = PARAMETERIZATIONS[parameterization]
    if parameterization == "AsymmetricFactor":  # more columns than rows make Wᵀ W singular
        model = ipgd.AsymmetricFactor(min(RANK, case.problem.operator.matrix_shape[1]))
    return {
        "parameterization": model,
        "init": ipgd.init.gaussian(0.3),
        "max_iter": max_iter,
        "stop": ipgd.Stop(relative_loss=0),
        "gram": case.gram,
    }


def attempt(
    case: Case, parameterization: str, algorithm: str, seed: int = 0
) -> ipgd.Solution | ValueError:
    """A few iterations of a pairing, or the error that refuses it."""
    try:
        return ipgd.solve(
            case.problem,
            ALGORITHMS[algorithm],
            rng=seed,
            **options(case, parameterization),
        )
    except ValueError as error:
        return error


Reasons = dict[tuple[str, str, str], str]
"""Why each pairing (operator, parameterization, algorithm) is refused; "" where it works."""


def reasons(tried: Mapping[str, Case]) -> Reasons:
    """Try every pairing."""
    out: Reasons = {}
    for operator, case in tried.items():
        for parameterization in PARAMETERIZATIONS:
            for algorithm in ALGORITHMS:
                result = attempt(case, parameterization, algorithm)
                refused = isinstance(result, ValueError)
                out[operator, parameterization, algorithm] = str(result) if refused else ""
    return out


def page(found: Reasons) -> str:
    """The page docs/pairings.md."""
    numbers: dict[str, int] = {}
    tables = []
    for operator in dict.fromkeys(key[0] for key in found):
        header = "| | " + " | ".join(PARAMETERIZATIONS) + " |"
        lines = [f"## {operator}", "", header, "|---|" + ":-:|" * len(PARAMETERIZATIONS)]
        for algorithm in ALGORITHMS:
            cells = []
            for parameterization in PARAMETERIZATIONS:
                reason = found[operator, parameterization, algorithm]
                if reason:
                    numbers.setdefault(reason, len(numbers) + 1)
                cells.append(f"refused ({numbers[reason]})" if reason else "works")
            lines.append(f"| {algorithm} | " + " | ".join(cells) + " |")
        tables.append("\n".join(lines))
    why = "\n".join(f"{number}. `{reason}`" for reason, number in numbers.items())
    body = "\n\n".join(tables)
    works = sum(not reason for reason in found.values())
    return f"""\
# Which operators, parameterizations and algorithms go together

Generated by `python -m ipgd.experiments.pairings --output docs/pairings.md`, which tries each
pairing on a small problem: {works} of {len(found)} work (that a few iterations then lower the loss
is checked by tests/experiments/test_pairings.py). The others are refused with a ValueError before
anything is computed; the number leads to its message, which names the sizes of the small problem.

A row is an algorithm with the settings that it was tried with, all others at their defaults:
ScaledGD with each kind of damping, AcceleratedGD with Nesterov's and with heavy-ball momentum, SGD
without and with replacement. gram=True solves with R of A = Q R (see `ipgd.solve`). TruncatedGD has
a finite truncation here; with `truncation=math.inf` it uses all measurements in every step. Its
trace correction is made for rank-one measurements with Gaussian a, so other ensembles are refused.

{body}

## Why

{why}
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Try every pairing, then print the page, or write it to ``--output FILE``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, metavar="FILE", help="default: print the page")
    output: Path | None = parser.parse_args(arguments).output
    target = None if output is None else check_writable("output", output)
    text = page(reasons(cases(Size())))
    if target is None:
        print(text, end="")
        return
    with atomic_write(target) as file:
        file.write(text.encode())


if __name__ == "__main__":
    main()
