"""Starts have the same bits whatever number of threads a BLAS takes, and are right."""

import json

import ipgd
import numpy as np
import pytest
from ipgd import _core
from ipgd.init import leading

STARTS = """
import hashlib, json
import ipgd, numpy as np

def start(problem, init, model):
    solution = ipgd.solve(problem, init=init, parameterization=model, max_iter=0, rng=0)
    blocks = [solution.parameters[name] for name in sorted(solution.parameters)]
    return hashlib.sha256(b"".join(block.tobytes() for block in blocks)).hexdigest()

def truth_bases(problem):
    return hashlib.sha256(b"".join(b.tobytes() for b in problem.truth_bases)).hexdigest()

symmetric = ipgd.matrix_sensing(d=150, rank=3, m=40, rng=0)
wide = ipgd.matrix_sensing(d=(150, 130), rank=3, m=20, rng=0)
entries = ipgd.matrix_completion(1400, 1200, rank=3, fraction=0.01, rng=0)
init = ipgd.init
print(json.dumps([
    start(symmetric, init.spectral(), ipgd.SymmetricFactor(4)),
    start(wide, init.spectral(), ipgd.AsymmetricFactor(4)),
    start(entries, init.spectral(), ipgd.AsymmetricFactor(4)),
    start(wide, init.balanced(0.1), ipgd.DeepFactor(3)),
    start(entries, init.balanced(0.1), ipgd.AsymmetricFactor(4)),
    start(wide, init.compressed(), ipgd.CompressedDeep(3, 2)),
    start(entries, init.compressed(), ipgd.CompressedDeep(2, 2)),
    truth_bases(wide), truth_bases(entries),
]))
"""


def test_no_start_depends_on_the_threads_of_a_blas(output_of):
    told = [
        output_of(STARTS, OPENBLAS_NUM_THREADS=blas, OMP_NUM_THREADS=ours)
        for blas, ours in (("1", "1"), ("4", "2"))
    ]
    assert json.loads(told[0]) == json.loads(told[1])
    assert len(set(json.loads(told[0]))) == 9


SHAPES = [(1, 1), (5, 3), (3, 5), (40, 40), (60, 25)]


def matrices(shape):
    """Of full rank, of rank two, zero, with small singular values, with equal ones."""
    random = np.random.default_rng(0)
    full, rank = random.standard_normal(shape), min(2, *shape)
    low = random.standard_normal((shape[0], rank)) @ random.standard_normal((rank, shape[1]))
    return [full, low, 0 * full, full * 10.0 ** -np.arange(shape[1]), np.eye(*shape), 1e200 * full]


@pytest.mark.parametrize("shape", SHAPES)
def test_thin_svd(shape):
    for X in matrices(shape):
        left, values, right = _core.thin_svd(X)
        size, k = values[0] or 1.0, min(shape)
        assert np.abs((left * (values / size)) @ right.T - X / size).max() < 1e-14
        assert np.abs(left.T @ left - np.eye(k)).max() < 1e-13
        assert np.abs(right.T @ right - np.eye(k)).max() < 1e-13
        assert np.abs(values / size - np.linalg.svd(X / size, compute_uv=False)).max() < 1e-14


@pytest.mark.parametrize("n", [1, 4, 40])
def test_eigenpairs(n):
    for X in matrices((n, n))[:-1]:
        values, vectors = _core.eigenpairs(X + X.T)
        assert (np.diff(values) <= 0).all()
        assert np.abs((vectors * values) @ vectors.T - X - X.T).max() < 1e-12
        assert np.abs(vectors.T @ vectors - np.eye(n)).max() < 1e-12


def test_empty_matrices():
    left, values, right = _core.thin_svd(np.empty((7, 0)))
    assert (left.shape, values.shape, right.shape) == ((7, 0), (0,), (0, 0))
    assert _core.eigenpairs(np.empty((0, 0)))[0].shape == (0,)


@pytest.mark.parametrize("threads", [1, 2])
def test_multiply(threads):
    random = np.random.default_rng(0)
    for n, k, p in ((1, 1, 1), (300, 70, 5), (4, 500, 6)):
        X, Y = random.standard_normal((n, k)), random.standard_normal((k, p))
        assert pytest.approx(X @ Y, abs=1e-12) == _core.multiply(X, Y, threads)


@pytest.mark.parametrize("count", [1, 3, 8])
@pytest.mark.parametrize("kind", ["rectangular", "symmetric", "symmetric part", "rank deficient"])
def test_block_lanczos_agrees_with_a_decomposition(kind, count, monkeypatch):
    if kind == "symmetric":
        problem = ipgd.quadratic_regression(60, 3, 2000, rng=0)
    elif kind == "rank deficient":  # two rows and two columns are seen
        operator = ipgd.operators.Entries([0, 0, 1, 1], [2, 3, 2, 3], (40, 50))
        problem = ipgd.Problem(operator, [3.0, 1.0, -1.0, 2.0])
    else:
        d2 = 120 if kind == "symmetric part" else 90
        problem = ipgd.matrix_completion(120, d2, rank=3, fraction=0.3, rng=0)
    symmetric = kind.startswith("symmetric")
    found = []
    for large in (1, 2**60):
        monkeypatch.setattr(leading, "_LARGE", large)
        weights = problem.y / problem.m
        found.append(leading.leading_pairs(problem.operator, weights, symmetric, count))
    (values, *vectors), (expected, *others) = found
    assert values == pytest.approx(expected, abs=1e-12 * expected[0])
    above = expected > 1e-12 * expected[0]  # vectors of the value zero are arbitrary
    for ours, theirs in zip(vectors, others, strict=True):
        assert ours.shape == theirs.shape
        cosines = np.abs((ours * theirs).sum(axis=0))[above]
        assert cosines == pytest.approx(1, abs=1e-8)


@pytest.mark.parametrize("count", [1, 3, 8])
@pytest.mark.parametrize("kind", ["rectangular", "symmetric", "symmetric part"])
def test_block_lanczos_stops_where_the_residuals_are_small(kind, count, monkeypatch):
    """||Bᵀ u - sigma v|| <= 1e-10 ||B|| of every pair, before the last step is reached."""
    calls, times = [], leading._Applied.times
    monkeypatch.setattr(leading, "_LARGE", 1)
    monkeypatch.setattr(leading._Applied, "times", lambda *a: calls.append(True) or times(*a))
    for seed in range(3):
        if kind == "symmetric":
            problem = ipgd.quadratic_regression(60, 3, 2000, rng=seed)
        else:
            d2 = 120 if kind == "symmetric part" else 90
            problem = ipgd.matrix_completion(120, d2, rank=3, fraction=0.3, rng=seed)
        symmetric, weights = kind != "rectangular", problem.y / problem.m
        calls.clear()
        values, left, right = leading.leading_pairs(problem.operator, weights, symmetric, count)
        assert len(calls) < leading._STEPS
        B = problem.operator.adjoint(weights)
        B = (B + B.T) / 2 if symmetric else B
        misses = np.linalg.norm(B.T @ left - right * values, axis=0)
        assert misses.max() < 1.01e-10 * values[0]
