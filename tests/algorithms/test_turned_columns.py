"""Saddles visited one after the other, with columns that are turned on the way."""

import ipgd
import mpmath
import numpy as np
import pytest

STEP, D, K = 0.5, 6, 3


@pytest.fixture(scope="module", params=[0, 1])
def problem(request):
    """A truth of rank 2, eigenvalues 1 and 0.5."""
    random = np.random.default_rng([request.param, 80])
    left = np.linalg.qr(random.standard_normal((D, 2)))[0]
    truth = (left * [1, 0.5]) @ left.T
    operator = ipgd.operators.DenseSymmetric.gaussian(400, D, rng=random)
    return ipgd.Problem(operator, operator.forward(truth), truth)


def run(problem, method, **settings):
    return ipgd.solve(
        problem,
        method,
        parameterization=ipgd.SymmetricFactor(K),
        init=ipgd.init.zeros(),
        stop=ipgd.Stop(relative_loss=1e-6),
        rng=4,
        **settings,
    )


def departures(train_errors):
    """When a run has left the saddle at zero, and that of rank 1."""
    errors = np.asarray(train_errors)
    return [int(np.argmax(errors < level)) for level in (0.9, 0.2)]


def exact_errors(problem, U, iterations):
    """||A(U Uᵀ) - y|| / ||y|| of gradient descent from U with 250 digits."""
    A, y = problem.operator.to_dense(), problem.y
    pairs = [(i, j) for i in range(D) for j in range(i, D)]
    packed = np.array([[a[i, j] * (1 if i == j else 2) for i, j in pairs] for a in A])
    entry = np.array([[a[i, j] for i, j in pairs] for a in A])
    gram, target = entry.T @ packed / problem.m, entry.T @ y / problem.m
    place = {pair: n for n, (i, j) in enumerate(pairs) for pair in ((i, j), (j, i))}
    mpf, fdot = mpmath.mpf, mpmath.fdot
    errors = []
    with mpmath.workdps(250):
        gram = [list(map(mpf, row)) for row in gram]
        target = list(map(mpf, target))
        U = [list(map(mpf, row)) for row in U]
        for _ in range(iterations):
            theta = [fdot(U[i], U[j]) for i, j in pairs]
            r = packed @ np.array(list(map(float, theta))) - y
            errors.append(np.linalg.norm(r) / np.linalg.norm(y))
            M = [fdot(g, theta) - b for g, b in zip(gram, target, strict=True)]
            rows = [[M[place[i, j]] for j in range(D)] for i in range(D)]
            columns = list(zip(*U, strict=True))
            U = [[U[i][k] - STEP * fdot(rows[i], columns[k]) for k in range(K)] for i in range(D)]
    return errors


def test_the_second_saddle_is_left_when_250_digits_leave_it(problem, noise_of):
    radius = 1e-80
    methods = [ipgd.IPGD(radius=radius, step_size=STEP, turn_columns=n) for n in (None, 5, 1)]
    plain, fifth, every = (
        departures(run(problem, m, record=("train_error",)).history["train_error"]) for m in methods
    )
    start = noise_of("uniform", (D, K), radius, 4, 1)[0]
    exact = departures(exact_errors(problem, start, fifth[1] + 20))
    assert np.abs(np.subtract(fifth, exact)).max() <= 1
    assert np.abs(np.subtract(every, exact)).max() <= 1
    assert plain[0] == exact[0]
    assert plain[1] < exact[1] - 10  # rounding leaves it


@pytest.mark.parametrize("method", [ipgd.IPGD, ipgd.IPGDPlus])
def test_the_stay_at_the_second_saddle_grows_with_the_logarithm_of_the_radius(problem, method):
    stays = {}
    for turns in (5, None):
        runs = [
            run(
                problem,
                method(radius=radius, step_size=STEP, turn_columns=turns),
                record=("train_error",),
            )
            for radius in (1e-100, 1e-200, 1e-300)
        ]
        assert all(one.status == "relative_loss" for one in runs)
        stays[turns] = np.diff([departures(one.history["train_error"]) for one in runs], axis=1)
    more = np.diff(stays[5][:, 0])
    assert more == pytest.approx(2 * [more.mean()], abs=3)
    assert more.min() > 50
    assert stays[None].max() < stays[5].min()  # rounding ends it


def test_turned_runs_have_the_same_bits_resumed_and_in_a_batch(problem, same_bits):
    method = ipgd.IPGDPlus(radius=1e-200, step_size=STEP, turn_columns=4)
    record = ("loss", "column_norms")
    whole = run(problem, method, record=record)
    assert whole.settings["algorithm"]["turn_columns"] == 4
    first = run(problem, method, record=record, max_iter=999)
    same_bits(whole, ipgd.resume(problem, first, max_iter=10_000))
    batch = ipgd.solve_batch(
        problem,
        [ipgd.GD(), method],
        parameterization=ipgd.SymmetricFactor(K),
        init=ipgd.init.zeros(),
        stop=ipgd.Stop(relative_loss=1e-6),
        record=record,
        seeds=[1, 4],
    )
    same_bits(whole, batch[1])


def test_turns_leave_theta_as_it_is(rectangular_problem):
    settings = {
        "parameterization": ipgd.AsymmetricFactor(4), "init": ipgd.init.gaussian(0.3),
        "max_iter": 60, "rng": 1,
    }  # fmt: skip
    one, other = (
        ipgd.solve(
            rectangular_problem, ipgd.IPGD(radius=1e-30, step_size=0.1, turn_columns=n), **settings
        )
        for n in (None, 3)
    )
    assert np.abs(one.theta() - other.theta()).max() < 1e-12
    stacked = np.vstack([other.parameters["V"], other.parameters["W"]])
    gram = stacked.T @ stacked
    assert np.abs(gram - np.diag(np.diag(gram))).max() < 1e-3 * gram.max()
    assert (np.diff(np.diag(gram)) <= 0).all()


def test_models_without_columns_are_refused(problem):
    sparse = ipgd.sparse_regression(d=20, sparsity=2, m=15, rng=0)
    with pytest.raises(ValueError, match="turn_columns: expected SymmetricFactor or AsymmetricFac"):
        ipgd.solve(sparse, ipgd.IPGD(turn_columns=5))
    with pytest.raises(ValueError, match="turn_columns: expected an integer >= 1, got 0"):
        ipgd.IPGDPlus(turn_columns=0)
    with pytest.raises(TypeError, match=r"turn_columns: expected an integer, got 2\.5"):
        ipgd.IPGD(turn_columns=2.5)
