"""Automatic steps on instances that were not used to tune them: docs/automatic-steps.md."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.optimize import linprog

import ipgd

Array = np.ndarray[Any, np.dtype[np.float64]]

SIZES = ((200, 100, 8), (512, 256, 25))
LAWS: dict[str, Callable[[np.random.Generator, int], Array]] = {
    "Gaussian": lambda random, k: random.standard_normal(k),
    "uniform": lambda random, k: random.uniform(-1, 1, k),
    "equal size": lambda random, k: random.choice([-1.0, 1.0], k),
    "1 and 0.01": lambda random, k: (
        random.choice([-1.0, 1.0], k) * np.where(np.arange(k) % 2, 1, 1e-2)
    ),
}


def sparse_instance(seed: int, d: int, m: int, k: int, law: str) -> tuple[Array, Array]:
    """Gaussian A, shape (m, d), and a vector with k entries."""
    random = np.random.default_rng(seed)
    A, theta = random.standard_normal((m, d)), np.zeros(d)
    theta[random.choice(d, k, replace=False)] = LAWS[law](random, k)
    return A, theta


def l1_finds(A: Array, theta: Array) -> bool:
    """Whether theta has the smallest l1 norm of all with these measurements."""
    d = A.shape[1]
    program = linprog(np.ones(2 * d), A_eq=np.hstack([A, -A]), b_eq=A @ theta, method="highs")
    if program.x is None:
        return False
    found = program.x[:d] - program.x[d:]
    return bool(np.linalg.norm(found - theta) < 1e-8 * np.linalg.norm(theta))


def ratings(
    seed: int, d1: int, d2: int, draws: int, exponents: tuple[float, float], rank: int
) -> ipgd.MatrixCompletion:
    """Entries of a random matrix, more of them in the first rows and columns."""
    random = np.random.default_rng(seed)
    sizes = zip((d1, d2), exponents, strict=True)
    rows, cols = ((d * random.random(draws) ** exponent).astype(int) for d, exponent in sizes)
    rows, cols = np.divmod(np.unique(rows * d2 + cols), d2)
    left, right = random.standard_normal((d1, rank)), random.standard_normal((d2, rank))
    values = np.einsum("ij,ij->i", left[rows], right[cols])
    return ipgd.MatrixCompletion((rows, cols, values), shape=(d1, d2), truth=(left, right))


def sparse_table(count: int, first_seed: int = 9000) -> None:
    """One line for each size and law."""
    found_by = "l1 finds | ipgd too, to 1e-6"
    print(f"| d, m, k | entries | {found_by} | median nit | largest nit | largest error |")
    print("|---|---|---|---|---|---|---|")
    for d, m, k in SIZES:
        for law in LAWS:
            errors, iterations = [], []
            for seed in range(first_seed, first_seed + count):
                A, theta = sparse_instance(seed, d, m, k, law)
                if not l1_finds(A, theta):
                    continue
                problem = ipgd.sparse_regression_data(A, A @ theta)
                solution = ipgd.solve(problem, record_every=1000)
                error = np.linalg.norm(solution.theta()[:, 0] - theta) / np.linalg.norm(theta)
                errors.append(float(error))
                iterations.append(solution.nit)
            found = sum(error < 1e-6 for error in errors)
            print(
                f"| {d}, {m}, {k} | {law} | {len(errors)} of {count} | {found} | "
                f"{np.median(iterations):.0f} | {max(iterations)} | {max(errors):.1e} |",
                flush=True,
            )


def ratings_table(count: int, first_seed: int = 9000) -> None:
    """One line for each kind of popularity and method."""
    print("| rows, columns, rank | exponents | largest G | method | converged | largest nit |")
    print("|---|---|---|---|---|---|")
    methods = (ipgd.ScaledGD(), ipgd.AltScaledGD())
    for d1, d2, rank in ((300, 200, 3), (200, 500, 2)):
        for exponents in ((1.0, 1.0), (2.0, 1.0), (1.5, 1.5), (1.0, 3.0), (2.5, 2.5)):
            problems = [
                ratings(seed, d1, d2, d1 * d2 // 4, exponents, rank)
                for seed in range(first_seed, first_seed + count)
            ]
            for method in methods:
                runs = [
                    ipgd.solve(
                        problem,
                        method,
                        parameterization=ipgd.AsymmetricFactor(rank),
                        rng=0,
                        record_every=1000,
                    )
                    for problem in problems
                ]
                converged = sum(run.status == "relative_loss" for run in runs)
                print(
                    f"| {d1}, {d2}, {rank} | {exponents[0]}, {exponents[1]} | "
                    f"{max(problem.line_gain() for problem in problems):.1f} | "
                    f"{type(method).__name__} | {converged} of {count} | "
                    f"{max(run.nit for run in runs)} |",
                    flush=True,
                )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=50, help="instances of each kind")
    count = parser.parse_args().count
    ratings_table(min(count, 10))
    sparse_table(count)
