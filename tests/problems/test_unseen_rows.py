"""Completion where most rows and columns have no entries: cost and results go by the others."""

import ipgd
import numpy as np
import pytest
from ipgd.operators import Entries

GRADIENT_METHODS = [
    ipgd.GD(step_size=1e-4),
    ipgd.AcceleratedGD(step_size=1e-4),
    ipgd.AcceleratedGD(step_size=1e-4, kind="heavy_ball"),
    ipgd.NormalizedGD(step_size=1e-4),
    ipgd.SGD(4, step_size=1e-5),
    ipgd.ScaledGD(step_size=1e-4),
    ipgd.AltScaledGD(step_size=1e-4),
]
PERTURBED = [
    ipgd.IPGDPlus(step_size=1e-4, radius=1e-6),
    ipgd.IPGD(step_size=1e-4, radius=1e-6, gradient_threshold=1e9, window=5),
]


def some_entries(d1, d2, rows, cols, m, seed):
    """M entries in a few rows and columns of a large matrix."""
    rng = np.random.default_rng(seed)
    i = np.sort(rng.choice(d1, rows, replace=False))[rng.integers(0, rows, m)]
    j = np.sort(rng.choice(d2, cols, replace=False))[rng.integers(0, cols, m)]
    return i, j, rng.standard_normal(m)


def start(d1, d2, k, seed):
    rng = np.random.default_rng(seed)
    return {"V": rng.standard_normal((d1, k)) / 3, "W": rng.standard_normal((d2, k)) / 3}


@pytest.mark.parametrize("method", GRADIENT_METHODS, ids=repr)
@pytest.mark.parametrize("k", [1, 3, 8])
def test_rows_without_entries_stay_where_they_start(method, k):
    i, j, values = some_entries(300, 200, 9, 7, 60, k)
    problem = ipgd.MatrixCompletion((i, j, values), shape=(300, 200))
    init = start(300, 200, k, 1)
    solution = ipgd.solve(
        problem, method, parameterization=ipgd.AsymmetricFactor(k), init=init, max_iter=15, rng=0
    )
    for name, seen in (("V", i), ("W", j)):
        unseen = np.setdiff1d(np.arange(len(init[name])), seen)
        assert np.array_equal(solution.parameters[name][unseen], init[name][unseen])
        assert (solution.parameters[name][seen] != init[name][seen]).any()


@pytest.mark.parametrize("method", PERTURBED, ids=repr)
def test_noise_falls_on_all_rows(method):
    i, j, values = some_entries(300, 200, 9, 7, 60, 0)
    problem = ipgd.MatrixCompletion((i, j, values), shape=(300, 200))
    init = start(300, 200, 3, 1)
    options = {"parameterization": ipgd.AsymmetricFactor(3), "init": init, "rng": 0}
    solution = ipgd.solve(problem, method, max_iter=15, **options)
    assert solution.perturbations > 0
    for name, block in solution.parameters.items():
        assert (block != init[name]).all()
    # A run that is divided goes on with the same bits: nothing was left behind in the other buffer.
    half = ipgd.solve(problem, method, max_iter=7, **options)
    again = ipgd.resume(problem, half, max_iter=15)
    for name, block in solution.parameters.items():
        assert np.array_equal(block, again.parameters[name])


@pytest.mark.parametrize("symmetric", [False, True])
def test_descent_is_that_of_the_plain_loops(symmetric):
    d1, d2, k, eta = 120, 120 if symmetric else 90, 2, 1e-4
    i, j, values = some_entries(d1, d2, 6, 5, 40, 4)
    problem = ipgd.MatrixCompletion((i, j, values), shape=(d1, d2))
    V, W = start(d1, d2, k, 2).values()
    if symmetric:
        model, init = ipgd.SymmetricFactor(k), {"U": V.copy()}
    else:
        model, init = ipgd.AsymmetricFactor(k), {"V": V.copy(), "W": W.copy()}
    solution = ipgd.solve(
        problem, ipgd.GD(step_size=eta), parameterization=model, init=init, max_iter=20, rng=0
    )
    m, s2 = len(i), d1 * d2
    for _ in range(20):
        if symmetric:
            W = V
        G = np.zeros((d1, d2))
        np.add.at(G, (i, j), s2 / m * ((V[i] * W[j]).sum(axis=1) - values))
        if symmetric:
            V = V - eta * (G + G.T) / 2 @ V
        else:
            V, W = V - eta * G @ W, W - eta * G.T @ V
    if symmetric:
        np.testing.assert_allclose(solution.parameters["U"], V, rtol=1e-9)
    else:
        np.testing.assert_allclose(solution.parameters["V"], V, rtol=1e-9)
        np.testing.assert_allclose(solution.parameters["W"], W, rtol=1e-9)


def test_threads_batches_and_resumption_have_the_same_bits():
    i, j, values = some_entries(60_000, 50_000, 3000, 2500, 30_000, 5)
    problem = ipgd.MatrixCompletion((i, j, values), shape=(60_000, 50_000))
    options = {"parameterization": ipgd.AsymmetricFactor(3)}
    whole = [ipgd.solve(problem, max_iter=12, rng=s, n_threads=1, **options) for s in (0, 1)]
    batch = ipgd.solve_batch(problem, seeds=(0, 1), max_iter=12, n_threads=2, **options)
    half = ipgd.solve(problem, max_iter=5, rng=0, n_threads=2, **options)
    further = ipgd.resume(problem, half, max_iter=12)
    for one, other in ((whole[0], batch[0]), (whole[1], batch[1]), (whole[0], further)):
        for name, block in one.parameters.items():
            assert np.array_equal(block, other.parameters[name])
        assert np.array_equal(one.history["loss"], other.history["loss"])


def test_errors_are_of_the_whole_matrix():
    problem = ipgd.matrix_completion(200, 150, 1, n_observed=60, rng=0)
    solution = ipgd.solve(
        problem, parameterization=ipgd.AsymmetricFactor(2), record=("test_error",), rng=0
    )
    truth = problem.truth_matrix()
    error = np.linalg.norm(solution.theta() - truth) / np.linalg.norm(truth)
    assert solution.history["test_error"][-1] == pytest.approx(error, rel=1e-9)
    assert error > 0.1  # rows without entries cannot be known


def test_what_an_operator_takes_goes_by_the_rows_with_entries():
    rng = np.random.default_rng(0)
    for rank in (1, 8, 9):
        few = Entries([0, 1, 3], [0, 2**22, 1], (4, 2**22 + 1))
        assert few._pass_nbytes(rank) == 2 * (3 + 3) * (64 if rank <= 8 else 128)
        assert few.nbytes < 1000
        all_seen = Entries(np.arange(50), rng.permutation(50), (50, 50))
        assert all_seen._pass_nbytes(rank) == 2 * 100 * (64 if rank <= 8 else 128)


def test_the_memory_check_counts_the_scratch_of_a_pass(monkeypatch):
    i, j = np.arange(5000), np.arange(5000) % 4000
    problem = ipgd.MatrixCompletion((i, j, np.ones(5000)))
    model = ipgd.AsymmetricFactor(1)
    scratch = 2 * 9000 * 64
    needed = 6 * 8 * 9000 + scratch
    monkeypatch.setattr("ipgd._support.memory.total_memory", lambda: needed - 1)
    with pytest.raises(MemoryError, match=r"^search_rank: .* and the scratch of a pass: 1\.58 MB"):
        ipgd.solve(problem, parameterization=model, max_iter=1)
    monkeypatch.setattr("ipgd._support.memory.total_memory", lambda: needed)
    ipgd.solve(problem, parameterization=model, max_iter=1)
    with_momentum = needed + 2.25 * 8 * 9000
    monkeypatch.setattr("ipgd._support.memory.total_memory", lambda: with_momentum - 1)
    with pytest.raises(MemoryError, match=r"^search_rank: .*8\.2 vectors of 9000 parameters"):
        ipgd.solve(problem, ipgd.AcceleratedGD(), parameterization=model, max_iter=1)
    monkeypatch.setattr("ipgd._support.memory.total_memory", lambda: with_momentum)
    ipgd.solve(problem, ipgd.AcceleratedGD(), parameterization=model, max_iter=1)
