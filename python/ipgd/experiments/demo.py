"""Recovery of a synthetic matrix, and of a real one from sketches."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

import ipgd

_Array = NDArray[np.float64]

_RECORD = ("loss", "test_error", "singular_values")
_SKETCHES = 1500  # fewer than the 64 * 65 / 2 = 2080 free entries of the covariance
_CUT_RANK = 8
_EXIT_CODES = (0, 3)  # recovered; budget ran out: the error decides


@dataclass(frozen=True)
class Case:
    """One recovery and the error it has to reach."""

    name: str
    truth: _Array
    solution: ipgd.Solution
    seconds: float
    target: float

    @property
    def error(self) -> float:
        """Relative recovery error in the Frobenius norm."""
        return float(
            np.linalg.norm(self.solution.theta() - self.truth) / np.linalg.norm(self.truth)
        )


def synthetic(threads: int | None) -> list[Case]:
    """Li, Ma, Zhang (2018): d = 100, r = 5, m = 5 d r, full search rank, alpha = 1e-3; and IPGD."""
    problem = ipgd.matrix_sensing(d=100, rank=5, m=2500, rng=0)
    assert problem.truth is not None
    runs = (
        (
            "synthetic, GD from 1e-3 I",
            ipgd.GD(step_size=0.25),
            ipgd.init.scaled_identity(1e-3),
            ipgd.Stop(relative_loss=0),
        ),
        (
            "synthetic, IPGD from 0",
            ipgd.IPGD(radius=1e-10, step_size=0.25),
            ipgd.init.zeros(),
            ipgd.Stop(relative_loss=1e-12),
        ),
    )
    cases = []
    for name, algorithm, init, stop in runs:
        begin = time.perf_counter()
        solution = ipgd.solve(
            problem,
            algorithm,
            init=init,
            stop=stop,
            max_iter=10_000,
            record=_RECORD,
            record_every=25,
            progress=sys.stderr.isatty(),
            n_threads=threads,
            rng=0,
        )
        cases.append(
            Case(name, problem.truth_matrix(), solution, time.perf_counter() - begin, 1e-3)
        )
    return cases


def digits_covariance() -> _Array:
    """The 64 x 64 covariance of scikit-learn's 1797 images of handwritten digits.

    Raises
    ------
    ImportError
        If scikit-learn is not installed.
    """
    try:
        from sklearn.datasets import load_digits  # noqa: PLC0415
    except ImportError:
        raise ImportError("the demo needs scikit-learn: pip install 'ipgd[demo]'") from None
    covariance: _Array = np.cov(load_digits().data.T)
    return covariance


def leading_part(matrix: _Array, rank: int) -> _Array:
    """The best approximation of this rank to a symmetric positive semidefinite matrix."""
    values, vectors = np.linalg.eigh(matrix)
    part: _Array = (vectors[:, -rank:] * values[-rank:]) @ vectors[:, -rank:].T
    return part


def sketched(folder: Path, threads: int | None) -> list[Case]:
    """The digits' covariance from 1500 Gaussian sketches in files, by ``ipgd recover``."""
    whole = digits_covariance()
    operator = ipgd.operators.DenseSymmetric.gaussian(_SKETCHES, len(whole), rng=1)
    np.save(folder / "A.npy", operator.to_dense())
    cut = leading_part(whole, _CUT_RANK)
    runs = (
        ("digits-rank-8", f"digits, cut to rank {_CUT_RANK}", cut, "1e-4", 1e-3),
        ("digits-whole", "digits, whole", whole, "5e-3", 0.2),
    )
    cases = []
    for stem, name, truth, tol, target in runs:
        np.save(folder / f"{stem}-y.npy", operator.forward(truth))
        begin = time.perf_counter()
        solution = _recover(folder, stem, tol, threads)
        cases.append(Case(name, truth, solution, time.perf_counter() - begin, target))
    return cases


def _recover(folder: Path, stem: str, tol: str, threads: int | None) -> ipgd.Solution:
    """Run the command on the files as a user would, without giving the rank."""
    output = folder / f"{stem}.npz"
    files = [str(folder / "A.npy"), str(folder / f"{stem}-y.npy"), "-o", str(output)]
    options = ["--tol", tol, "--plot", str(folder / f"{stem}.png")]
    if threads is not None:
        options += ["--threads", str(threads)]
    print("$ ipgd recover", *files, *options, flush=True)
    done = subprocess.run([sys.executable, "-m", "ipgd", "recover", *files, *options], check=False)
    if done.returncode not in _EXIT_CODES:
        raise ValueError(f"ipgd recover: expected exit code 0 or 3, got {done.returncode}")
    return ipgd.load_solution(output)


def table(cases: list[Case]) -> Table:
    """Error, iterations, seconds and the rank found of every case."""
    result = Table(title="Recovered matrices", caption="error: ‖Θ − Θ*‖ / ‖Θ*‖")
    for column in ("case", "error", "allowed", "iterations", "seconds", "rank found"):
        result.add_column(column, justify="left" if column == "case" else "right")
    for case in cases:
        colour = "green" if case.error < case.target else "bold red"
        result.add_row(
            case.name,
            f"[{colour}]{case.error:.2e}[/]",
            f"< {case.target:g}",
            str(case.solution.nit),
            f"{case.seconds:.1f}",
            str(case.solution.numerical_rank()),
        )
    return result


def run(folder: Path, threads: int | None = None) -> list[str]:
    """Run the demo in `folder`; return a sentence for each case that missed its error."""
    figure, axes = ipgd.plots.new_figure(4, 4)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise type(error)(
            f"output: expected a folder, or a path where one can be made, got {str(folder)!r} "
            f"({error.strerror})"
        ) from None
    cases = synthetic(threads) + sketched(folder, threads)
    for row, case in zip(axes, cases, strict=True):
        ipgd.plots.row(row, case.solution, case.truth)
        row[0].set_title(case.name, fontsize="medium")
    ipgd.plots.save(figure, folder / "demo.png")
    console = Console(soft_wrap=True)
    console.print(table(cases))
    whole = cases[-1].truth
    rest = np.linalg.norm(whole - leading_part(whole, _CUT_RANK)) / np.linalg.norm(whole)
    console.print(
        f"For comparison, the best rank-{_CUT_RANK} approximation of the whole covariance, "
        f"computed from the covariance itself, has error {rest:.2f}."
    )
    console.print(f"Figure: {folder / 'demo.png'}")
    return [
        f"{case.name}: relative error {case.error:.2e}, wanted below {case.target:g}"
        for case in cases
        if not case.error < case.target
    ]
