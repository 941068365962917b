"""Completion and rank-one sensing beside scipy.sparse and numpy; deep models compressed."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

import ipgd

from .case import Case
from .claims import judge
from .measure import Effort, Tick, race, steps_for
from .peers import Advance
from .races import Entry
from .results import Check, Result, Timing
from .workload import Array

_STEP_SIZE = {
    "completion": 0.25,
    "rank one": 0.02,
    "compression": 0.1,
}  # below the stability limit, and not slow
_START = 0.3  # ||factor|| of about that
_NOISE = 0.01  # so that no run can end early at f = 0
_CHUNK = 2**15  # gathered rows of the factors that stay in cache
_TOLERANCE = 1e-9
_DEPTH = 3
_MEGABYTE = 1e6


def completion(case: Case, effort: Effort, n_threads: int, tick: Tick | None = None) -> Result:
    """A step on sampled entries."""
    problem = ipgd.matrix_completion(
        case.d, case.d, case.rank, case.measurements, rng=0, noise=_NOISE
    )
    blocks = ("V", "W")
    ours = _ours(case, problem, ipgd.AsymmetricFactor(case.columns), blocks, n_threads)
    rivals = {"scipy.sparse + numpy": scipy_completion(case, problem)}
    result = _race(case, effort, tick, {"ipgd": ours}, rivals, problem)
    if Path("/proc/self/status").exists():
        before, after = (peak / _MEGABYTE for peak in peak_memory(case, n_threads))
        result.notes.append(
            f"a process that makes this problem and takes five of our steps needs {after:.0f} MB "
            f"at its peak, {before:.0f} of them before (Python, numpy, ipgd); a {case.d} x "
            f"{case.d} matrix has {8 * case.d**2 / _MEGABYTE:.0f} MB"
        )
    return result


def rank_one(case: Case, effort: Effort, n_threads: int, tick: Tick | None = None) -> Result:
    """A step on quadratic measurements, with the vectors in float64 and in float32."""
    contenders = {}
    for name, dtype in (("ipgd", "float64"), ("ipgd, float32 storage", "float32")):
        problem = ipgd.quadratic_regression(
            case.d, case.rank, case.measurements, rng=0, noise=_NOISE, dtype=dtype
        )
        model = ipgd.SymmetricFactor(case.columns)
        contenders[name] = _ours(case, problem, model, ("U",), n_threads)
    rivals = {"numpy": numpy_rank_one(case, problem)}
    return _race(case, effort, tick, contenders, rivals, problem)


def compression(case: Case, effort: Effort, n_threads: int, tick: Tick | None = None) -> Result:
    """An iteration of a deep model, and of its compression to 2r dimensions."""
    problem = ipgd.matrix_completion(case.d, case.d, case.rank, case.measurements, rng=0)
    full = ipgd.DeepFactor(_DEPTH), ipgd.init.scaled_orthogonal(0.1)
    small = ipgd.CompressedDeep(_DEPTH, case.rank), ipgd.init.compressed(0.1)
    contenders = {
        name: _deep(case, problem, model, init, n_threads)
        for name, (model, init) in {"compressed": small, "full": full}.items()
    }
    return _race(case, effort, tick, contenders, {}, problem)


def peak_memory(case: Case, n_threads: int) -> tuple[int, int]:
    """Peak resident bytes of a fresh process: with ipgd imported, and after a short run."""
    sizes = (case.d, case.d, case.rank, case.measurements, case.columns, n_threads)
    text = subprocess.run(
        [sys.executable, "-c", _SHORT_RUN, *map(str, sizes)],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    before, after = json.loads(text)
    return before, after


_SHORT_RUN = """
import json, sys
import ipgd

def peak():  # not getrusage, which includes the process that started this one
    with open("/proc/self/status") as status:
        return next(1024 * int(line.split()[1]) for line in status if line.startswith("VmHWM"))

before = peak()
d1, d2, rank, n, columns, n_threads = map(int, sys.argv[1:])
problem = ipgd.matrix_completion(d1, d2, rank, n, rng=0, noise=0.01)
model = ipgd.AsymmetricFactor(columns)
ipgd.solve(problem, parameterization=model, max_iter=5, n_threads=n_threads, rng=0)
print(json.dumps([before, peak()]))
"""


def starts(case: Case, count: int) -> list[Array]:
    """The same factors for all contenders."""
    rng = np.random.default_rng(1)
    scale = _START / np.sqrt(case.d)
    return [scale * rng.standard_normal((case.d, case.columns)) for _ in range(count)]


def scipy_completion(case: Case, problem: ipgd.MatrixCompletion) -> Advance:
    """Gathered rows of the factors, chunk by chunk, and two products with a sparse matrix."""
    operator = problem.operator
    order = np.lexsort((operator.cols, operator.rows))
    rows, cols = operator.rows[order], operator.cols[order]
    y, scale = problem.y[order], operator.scale
    S: Any = sparse.csr_array((np.empty(len(y)), (rows, cols)), shape=(case.d, case.d))
    rate = _STEP_SIZE["completion"] * scale / len(y)

    def advance(steps: int) -> Array:
        V, W = starts(case, 2)
        for _ in range(steps):
            for begin in range(0, len(y), _CHUNK):
                part = slice(begin, begin + _CHUNK)
                np.einsum("il,il->i", V[rows[part]], W[cols[part]], out=S.data[part])
            S.data *= scale
            S.data -= y
            V, W = V - rate * (S @ W), W - rate * (S.T @ V)
        return np.concatenate([V, W])[None]

    return advance


def numpy_rank_one(case: Case, problem: ipgd.QuadraticRegression) -> Advance:
    """Two matrix products with X."""
    X, y = problem.operator.vectors()[0], problem.y
    rate = _STEP_SIZE["rank one"] / len(y)

    def advance(steps: int) -> Array:
        (U,) = starts(case, 1)
        for _ in range(steps):
            Z = X @ U
            r = np.einsum("il,il->i", Z, Z) - y
            U = U - rate * (X.T @ (r[:, None] * Z))
        return U[None]

    return advance


def _ours(
    case: Case, problem: ipgd.Problem, model: Any, blocks: tuple[str, ...], n_threads: int
) -> Advance:
    init = dict(zip(blocks, starts(case, len(blocks)), strict=True))

    def advance(steps: int) -> Array:
        parameters = _parameters(case, problem, model, init, n_threads, steps)
        return np.concatenate([parameters[name] for name in blocks])[None]

    return advance


def _deep(case: Case, problem: ipgd.Problem, model: Any, init: Any, n_threads: int) -> Advance:
    start = ipgd.solve(problem, parameterization=model, init=init, max_iter=0, rng=0).parameters

    def advance(steps: int) -> Array:
        return _parameters(case, problem, model, start, n_threads, steps)["W1"]

    return advance


def _parameters(
    case: Case, problem: ipgd.Problem, model: Any, init: Any, n_threads: int, steps: int
) -> dict[str, Array]:
    """After so many steps of gradient descent."""
    solution = ipgd.solve(
        problem,
        ipgd.GD(_STEP_SIZE[case.kind]),
        parameterization=model,
        init=init,
        max_iter=steps,
        stop=ipgd.Stop(relative_loss=0.0),
        record=(),
        n_threads=n_threads,
    )
    if solution.nit != steps:
        raise RuntimeError(f"a run of {steps} steps ended after {solution.nit}")
    return solution.parameters


def _race(
    case: Case,
    effort: Effort,
    tick: Tick | None,
    ours: dict[str, Callable[[int], Array]],
    rivals: dict[str, Advance],
    problem: ipgd.Problem,
) -> Result:
    entries = [  # n steps of ours evaluate f and its gradient n + 1 times
        Entry(name, advance, steps_for(advance, effort.seconds), extra_steps=int(name in ours))
        for name, advance in (ours | rivals).items()
    ]
    times = race([entry.contender for entry in entries], effort, tick)
    checks = []
    for entry in entries:
        if entry.name in rivals:
            mine, theirs = ours["ipgd"](entry.steps), entry.last
            assert theirs is not None
            difference = float(np.linalg.norm(theirs - mine) / np.linalg.norm(mine))
            checks.append(Check(entry.name, difference, _TOLERANCE))
    judged = (judge(claim, times) for claim in case.claims)
    return Result(
        case=case.name,
        kind=case.kind,
        sentence=case.sentence,
        quick=effort.quick,
        settings={
            "d": case.d,
            "m": problem.m,
            "p": case.d**2,
            "search_rank": case.columns,
            "batch": 1,
            "dtype": problem.operator.storage,
            "sums": "float64",
            "gram": False,
            "bytes": problem.operator.nbytes,
            "inner": effort.inner,
            "rounds": effort.rounds,
        },
        timings=[Timing(entry.name, times[entry.name], steps=entry.steps) for entry in entries],
        outcomes=[outcome for outcome in judged if outcome is not None],
        checks=checks,
    )
