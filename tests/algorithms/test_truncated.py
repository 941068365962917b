"""Truncated, trace-corrected gradient descent for quadratic networks."""

import ipgd
import numpy as np
import pytest
from ipgd.reproduce.figures import li2018_few_samples as few_samples
from ipgd.reproduce.figures import li2018_quadratic as quadratic


@pytest.fixture(scope="module")
def network():
    return quadratic.network(6, 2, 200)


@pytest.mark.parametrize("truncation", [4.0, np.inf])
def test_it_agrees_with_numpy(network, truncation):
    X, _ = network.operator.vectors()
    A, y, m = X[:, :, None] * X[:, None, :], network.y, network.m
    U, eta = 0.7 * np.random.default_rng(0).standard_normal((6, 3)), 0.02
    solution = ipgd.solve(
        network,
        ipgd.TruncatedGD(eta, truncation),
        parameterization=ipgd.SymmetricFactor(3),
        init=U,
        max_iter=10,
        stop=ipgd.Stop(relative_loss=0),
    )
    left_out = 0
    for _ in range(10):
        image = np.einsum("iab,ab->i", A, U @ U.T)
        kept = image <= truncation
        left_out += np.count_nonzero(~kept)
        G = np.einsum("i,iab->ab", np.where(kept, image - y, 0), A) / m
        U = (U - eta * G @ U) / (1 - eta * (np.sum(U**2) - y.mean()))
    assert (left_out > 0) == np.isfinite(truncation)
    assert np.linalg.norm(solution.parameters["U"] - U) <= 1e-11 * np.linalg.norm(U)
    assert solution.settings["operator"]["gram"] is False


def test_with_many_samples_a_large_start_that_fits_generalises():
    """m = 8 d r: hardly more than one positive semidefinite matrix fits."""
    problem = quadratic.network(30, 2, 480)
    large = few_samples.fit(problem, 2.0, 2e-3)
    assert large.train <= 2e-3
    assert large.test < 1e-2


def test_a_fit_that_does_not_arrive_says_so():
    fitted = few_samples.fit(quadratic.network(10, 1, 80), 2.0, max_iter=60)
    assert fitted.iterations == 60
    assert fitted.train > 2e-3


def test_the_automatic_truncation_needs_a_positive_mean(network):
    negative = ipgd.Problem(network.operator, -network.y)
    with pytest.raises(ValueError, match=r"truncation: expected a positive number .* got 'auto'"):
        ipgd.solve(negative, ipgd.TruncatedGD())


def test_other_models_are_refused(rectangular_problem):
    method = ipgd.TruncatedGD(truncation=np.inf)
    with pytest.raises(
        ValueError, match=r"algorithm: .* got TruncatedGD, .* and not for this Dense operator"
    ):
        ipgd.solve(rectangular_problem, method)
    square = ipgd.Problem(ipgd.operators.RankOne(np.eye(3)), np.ones(3))
    with pytest.raises(ValueError, match="parameterization: expected SymmetricFactor"):
        ipgd.solve(square, method, parameterization=ipgd.AsymmetricFactor(2))


def test_the_corrected_method_has_a_floor_that_falls_with_the_error_of_the_trace():
    """The floor: about the relative error of mean(y), which falls like m^(-1/2), or more.

    Medians over seven instances: 0.8 times that error at m = 64 d r, but 2 to 10 times at 8 d r.
    Single runs may stop anywhere.
    """
    small, _, corrected, truncated = range(4)  # columns of quadratic.compare
    setting = quadratic.Setting(d=10, rank=2, max_iter=2000)
    errors, left_out, traces = np.empty((7, 2, 4)), np.empty((7, 2, 4)), np.empty((7, 2))
    for seed in range(7):
        for i, multiple in enumerate((8, 64)):
            problem = quadratic.network(10, 2, multiple * 20, seed)
            _, errors[seed, i], left_out[seed, i] = np.transpose(
                quadratic.compare(problem, setting)
            )
            traces[seed, i] = quadratic.trace_error(problem)

    few, many = np.median(errors[..., corrected] / traces, axis=0)
    assert 0.4 < many < 2
    assert few > 0.8
    assert np.median(left_out[..., corrected], axis=0).max() == 0
    errors = np.median(errors, axis=0)
    assert (errors[:, small] < 0.15 * errors[:, corrected]).all()
    assert errors[1, corrected] < errors[0, corrected] / 2
    # R = 3 mean(y) does leave some out, and its floor is higher than that of the trace.
    assert 0.01 < np.median(left_out[:, 1, truncated]) < 0.1
    assert errors[1, truncated] > 1.5 * errors[1, corrected]


def test_with_few_samples_the_start_decides_which_matrix_is_found():
    """m = 2 d: both starts fit the samples; the small one comes close, the large one misses."""
    fits = [
        [few_samples.fit(quadratic.network(40, 1, 80, seed), alpha, 5e-3) for alpha in (1e-4, 2.0)]
        for seed in range(5)
    ]
    assert all(fitted.train <= 5e-3 for pair in fits for fitted in pair)
    small, large = np.array([[fitted.test for fitted in pair] for pair in fits]).T
    assert (small < large).all()
    assert np.median(small) < 0.6
    assert np.median(large) > 0.8
    assert np.median(large / small) > 2


@pytest.mark.parametrize("dtype", [None, "bfloat16", "int8"])
def test_matrices_of_rank_one_are_known_and_others_refused(problem, dtype):
    """Its correction would take out a trace that isotropic ensembles do not add."""
    x = np.random.default_rng(0).standard_normal((30, 7))
    squares = ipgd.operators.DenseSymmetric(x[:, :, None] * x[:, None, :], dtype=dtype)
    assert squares.quadratic_forms
    method = ipgd.TruncatedGD(1e-3)
    ipgd.solve(ipgd.Problem(squares, np.ones(30)), method, max_iter=1)
    assert not problem.operator.quadratic_forms
    with pytest.raises(
        ValueError,
        match=r"algorithm: expected one for any measurements, got TruncatedGD, which is derived",
    ):
        ipgd.solve(problem, method)
    bilinear = ipgd.operators.RankOne.gaussian(30, 7, 7, rng=0)
    negative = ipgd.operators.DenseSymmetric(-x[:, :, None] * x[:, None, :])
    assert not bilinear.quadratic_forms
    assert not negative.quadratic_forms


def with_wrong_inputs(seed):
    """Fifteen inputs in a thousand read five times too large."""
    rng = np.random.default_rng(seed)
    X, U = rng.standard_normal((1000, 10)), rng.standard_normal((10, 2))
    U /= np.linalg.norm(U, axis=0)
    y = ((X @ U) ** 2).sum(axis=1)
    wrong = np.zeros(1000, dtype=bool)
    wrong[rng.choice(1000, 15, replace=False)] = True
    X[wrong] *= 5
    left_out = ((X @ U) ** 2).sum(axis=1) > 10 * y.mean()
    return ipgd.QuadraticRegression(X, y, (U, U)), left_out[wrong].mean(), left_out[~wrong].mean()


def test_the_truncation_acts_where_some_inputs_are_too_large():
    """From a start of the truth's size; medians over five instances."""
    problems, among_wrong, among_right = zip(*map(with_wrong_inputs, range(5)), strict=True)
    assert np.median(among_wrong) > 0.4
    assert np.mean(among_right) < 2e-3

    def error(method):
        solutions = ipgd.solve_batch(
            problems,
            method,
            init=ipgd.init.gaussian(0.7),
            record=("test_error",),
            record_every=2000,
            max_iter=2000,
        )
        return np.median([solution.history["test_error"][-1] for solution in solutions])

    truncated, whole = error(ipgd.TruncatedGD(0.02)), error(ipgd.TruncatedGD(0.002, np.inf))
    assert truncated < 0.35
    assert whole > 2 * truncated


def test_what_makes_no_sense_is_refused():
    with pytest.raises(ValueError, match="truncation: expected a finite positive number, got 0"):
        ipgd.TruncatedGD(truncation=0)
    with pytest.raises(ValueError, match="step_size: expected a finite positive number, got -1"):
        ipgd.TruncatedGD(step_size=-1)
