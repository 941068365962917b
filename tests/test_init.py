"""Initial points."""

from itertools import pairwise

import ipgd
import numpy as np
import pytest


def start(problem, init, **settings):
    """The parameters before the first step."""
    return ipgd.solve(problem, init=init, max_iter=0, rng=0, **settings).parameters


@pytest.mark.parametrize("search_rank", [1, 4, 10, 15])
def test_scaled_identity(problem, search_rank):
    model = ipgd.SymmetricFactor(search_rank)
    U = start(problem, ipgd.init.scaled_identity(1e-3), parameterization=model)["U"]
    assert np.array_equal(U, 1e-3 * np.eye(10, search_rank))


def test_zeros(problem, rectangular_problem):
    assert not start(problem, ipgd.init.zeros())["U"].any()
    blocks = start(rectangular_problem, ipgd.init.zeros())
    assert not blocks["V"].any()
    assert not blocks["W"].any()


def test_gaussian_has_a_scaled_identity_as_mean_square():
    problem = ipgd.matrix_sensing(4, 1, 20, rng=0)
    model = ipgd.SymmetricFactor(50_000)
    U = start(problem, ipgd.init.gaussian(3.0), parameterization=model)["U"]
    assert np.abs(U @ U.T - 9 * np.eye(4)).max() < 9 * 5 * np.sqrt(2 / 50_000)


def test_gaussian_is_a_function_of_rng(problem):
    runs = [
        ipgd.solve(problem, init=ipgd.init.gaussian(1.0), max_iter=0, rng=rng).parameters["U"]
        for rng in (0, 0, 1, np.random.default_rng(0), None, None)
    ]
    assert np.array_equal(runs[0], runs[1])
    assert np.array_equal(runs[0], runs[3])
    assert not np.array_equal(runs[0], runs[2])
    assert not np.array_equal(runs[4], runs[5])


@pytest.mark.parametrize("make", [ipgd.init.scaled_identity, ipgd.init.gaussian])
def test_automatic_scale_follows_the_solution(problem, make):
    grown = ipgd.Problem(problem.operator, 16 * problem.y)
    one, four = start(problem, make())["U"], start(grown, make())["U"]
    assert four == pytest.approx(4 * one, rel=1e-12)
    size = np.linalg.norm(one, 2) / np.sqrt(np.linalg.norm(problem.truth, 2))
    assert 1e-9 < size < 1e-4


def fitted(problem, theta):
    """The multiple of theta whose measurements fit y best."""
    image = problem.operator.forward(theta)
    return theta * (problem.y @ image) / (image @ image)


@pytest.mark.parametrize("factor", [1e-3, 10.0, 1e3])
def test_spectral_undoes_the_scale_of_the_operator(factor):
    A = factor * ipgd.operators.DenseSymmetric.gaussian(300, 12, rng=0).to_dense()
    operator = ipgd.operators.DenseSymmetric(A)
    truth = np.outer(np.arange(12.0), np.arange(12.0)) / 100
    problem = ipgd.Problem(operator, operator.forward(truth), truth)
    solution = ipgd.solve(problem, init=ipgd.init.spectral(), record=("test_error",))
    assert solution.history["test_error"][0] < 1
    assert solution.history["test_error"][-1] < 1e-2


def test_spectral_when_nothing_positive_is_left():
    operator = ipgd.operators.DenseSymmetric.gaussian(300, 5, rng=0)
    problem = ipgd.Problem(operator, operator.forward(-np.eye(5)))
    assert not start(problem, ipgd.init.spectral())["U"].any()


def test_spectral_for_symmetric_factors(problem):
    back = np.einsum("i,iab->ab", problem.y, problem.operator.to_dense()) / problem.m
    values, vectors = np.linalg.eigh(back)
    positive = np.maximum(values[::-1], 0)
    for k in (1, 3, 10, 14):
        U = start(problem, ipgd.init.spectral(), parameterization=ipgd.SymmetricFactor(k))["U"]
        n = min(k, 10)
        best = (vectors[:, ::-1][:, :n] * positive[:n]) @ vectors[:, ::-1][:, :n].T
        assert pytest.approx(fitted(problem, best), abs=1e-12) == U @ U.T
        assert not U[:, n:].any()
    assert values[0] < 0  # negative eigenvalues were there to be dropped


def test_spectral_for_asymmetric_factors(rectangular_problem):
    problem = rectangular_problem
    back = np.einsum("i,iab->ab", problem.y, problem.operator.to_dense()) / problem.m
    left, values, right = np.linalg.svd(back)
    for k in (1, 2, 5, 8):
        model = ipgd.AsymmetricFactor(k)
        blocks = start(problem, ipgd.init.spectral(), parameterization=model)
        V, W = blocks["V"], blocks["W"]
        n = min(k, 5)
        best = (left[:, :n] * values[:n]) @ right[:n]
        assert pytest.approx(fitted(problem, best), abs=1e-12) == V @ W.T
        assert pytest.approx(W.T @ W, abs=1e-12) == V.T @ V  # balanced


def test_spectral_starts_close(problem):
    solution = ipgd.solve(
        problem,
        init=ipgd.init.spectral(),
        parameterization=ipgd.SymmetricFactor(2),
        record=("test_error",),
    )
    assert solution.history["test_error"][0] < 0.6
    assert solution.success


def test_arrays_and_dictionaries(problem, rectangular_problem):
    U = np.arange(20.0).reshape(10, 2)
    model = ipgd.SymmetricFactor(2)
    assert np.array_equal(start(problem, U, parameterization=model)["U"], U)
    assert np.array_equal(start(problem, {"U": U}, parameterization=model)["U"], U)
    V, W = np.arange(14.0).reshape(7, 2), np.arange(10.0).reshape(5, 2)
    blocks = start(rectangular_problem, {"W": W, "V": V}, parameterization=ipgd.AsymmetricFactor(2))
    assert list(blocks) == ["V", "W"]
    assert np.array_equal(blocks["V"], V)
    assert np.array_equal(blocks["W"], W)


def test_inits_are_values():
    assert ipgd.init.gaussian(0.5) == ipgd.init.gaussian(0.5)
    assert ipgd.init.gaussian(0.5) != ipgd.init.scaled_identity(0.5)
    assert ipgd.init.zeros() == ipgd.init.zeros()
    assert repr(ipgd.init.scaled_identity(1e-3)) == "scaled_identity(scale=0.001)"


def deep(problem, init, *widths):
    model = ipgd.DeepFactor(len(widths) + 1, widths)
    return list(start(problem, init, parameterization=model).values())


def test_scaled_orthogonal(problem, rectangular_problem):
    U = start(problem, ipgd.init.scaled_orthogonal(0.5))["U"]
    assert pytest.approx(0.25 * np.eye(10), abs=1e-15) == U.T @ U
    for W in deep(rectangular_problem, ipgd.init.scaled_orthogonal(0.5), 6, 3):
        gram = W @ W.T if W.shape[0] < W.shape[1] else W.T @ W
        assert gram == pytest.approx(0.25 * np.eye(min(W.shape)), abs=1e-15)
        assert np.count_nonzero(W) == W.size


def test_balanced(rectangular_problem):
    for widths in ((5,), (6, 5), (9, 5, 8)):
        layers = deep(rectangular_problem, ipgd.init.balanced(0.3), *widths)
        for W, after in pairwise(layers):
            assert after.T @ after == pytest.approx(W @ W.T, abs=1e-15)
        norms = [np.linalg.norm(W, 2) for W in layers]
        assert norms == pytest.approx([norms[0]] * len(norms), rel=1e-12)
        assert 0.15 < norms[0] < 0.6  # the norm of G is about one
    blocks = start(rectangular_problem, ipgd.init.balanced(0.3))
    V, W = blocks["V"], blocks["W"]
    assert pytest.approx(W.T @ W, abs=1e-15) == V.T @ V


def test_balanced_is_a_function_of_rng(problem):
    init = ipgd.init.balanced(0.3)
    same = [ipgd.solve(problem, init=init, max_iter=0, rng=rng).parameters["U"] for rng in (0, 0)]
    assert np.array_equal(*same)


@pytest.mark.parametrize("depth", [3, 4])
def test_automatic_scale_of_deep_models(rectangular_problem, depth):
    """A fixed fraction of Theta's size, whatever its units."""
    model = ipgd.DeepFactor(depth)
    init = ipgd.init.scaled_orthogonal()
    sizes = []
    for unit in (1.0, 1e6):
        problem = ipgd.Problem(rectangular_problem.operator, unit * rectangular_problem.y)
        solution = ipgd.solve(problem, parameterization=model, init=init, max_iter=0, rng=0)
        sizes.append(np.linalg.norm(solution.theta(), 2) / unit)
    assert sizes[1] == pytest.approx(sizes[0], rel=1e-12)
    tail = sizes[0] / np.linalg.norm(rectangular_problem.truth, 2)
    assert 0.1 < tail / (1e-6 if depth == 3 else 1e-4) < 10


@pytest.mark.parametrize("depth", [2, 3, 4])
def test_spectral_for_layers(rectangular_problem, depth):
    factors = start(rectangular_problem, ipgd.init.spectral())
    model = ipgd.DeepFactor(depth)
    layers = start(rectangular_problem, ipgd.init.spectral(), parameterization=model)
    theta = np.eye(5)
    for W in layers.values():
        theta = W @ theta
    assert theta == pytest.approx(factors["V"] @ factors["W"].T, abs=1e-12)


def test_balanced_factors_of_a_large_matrix_are_made_without_it():
    problem = ipgd.matrix_completion(200_000, 100_000, 1, 1000, rng=0)
    model = ipgd.AsymmetricFactor(3)
    V, W = start(problem, ipgd.init.balanced(0.1), parameterization=model).values()
    assert pytest.approx(W.T @ W, abs=1e-15) == V.T @ V
    assert 0.003 < np.linalg.norm(V.T @ V, 2) < 0.03  # alpha^2
