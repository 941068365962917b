"""Losses other than the squared one: values, units, what refuses them, files and resume."""

import dataclasses

import ipgd
import numpy as np
import pytest
from ipgd.problems import noise

LOSSES = [ipgd.Huber(0.5), ipgd.Logistic()]


def cases(rng):
    """A problem for each operator, with measurements of size 1 as the user sees them."""
    rows, cols = np.divmod(rng.choice(48, 30, replace=False), 8)
    return {
        "dense symmetric": ipgd.operators.DenseSymmetric.gaussian(40, 5, rng=rng),
        "dense": ipgd.operators.Dense.gaussian(40, 4, 3, rng=rng),
        "entries": ipgd.operators.Entries(rows, cols, (6, 8)),
        "rank one": ipgd.operators.RankOne.gaussian(40, 5, rng=rng),
    }


def as_seen(loss, r, y):
    """Loss of residuals in the user's units, by the formula."""
    if isinstance(loss, ipgd.Huber):
        inside = np.abs(r) <= loss.delta
        return np.where(inside, r**2 / 2, loss.delta * (np.abs(r) - loss.delta / 2))
    return np.log1p(np.exp(-np.where(y > 0, 1, -1) * (r + y)))


@pytest.mark.parametrize("loss", LOSSES, ids=repr)
@pytest.mark.parametrize("name", ["dense symmetric", "dense", "entries", "rank one"])
def test_the_recorded_loss_is_the_formula_in_the_units_of_the_user(loss, name):
    rng = np.random.default_rng(5)
    operator = cases(rng)[name]
    y = rng.integers(0, 2, operator.shape[0]).astype(float)
    problem = ipgd.Problem(operator, operator.scale * y, loss=loss)
    solution = ipgd.solve(problem, max_iter=3, init=ipgd.init.gaussian(0.3), rng=0)
    seen = operator.forward(solution.theta()) / operator.scale
    c = 0.5 if operator.symmetric else 1.0
    # Of the squares of the operator's own units Huber's loss is a part, the likelihood is not.
    unit = operator.scale**2 if isinstance(loss, ipgd.Huber) else 1.0
    expected = c * unit * as_seen(loss, seen - y, y).mean()
    assert solution.fun == pytest.approx(expected, rel=1e-12)
    assert solution.history["loss"][-1] == solution.fun
    assert solution.history["loss"][-1] < solution.history["loss"][0]


def test_without_residuals_beyond_delta_huber_is_the_squared_loss():
    problem = ipgd.matrix_sensing(d=10, rank=2, m=100, rng=0)
    step = ipgd.GD(ipgd.solve(problem, max_iter=0, rng=0).settings["algorithm"]["step_size"])
    huge = problem.with_loss(ipgd.Huber(1e6))
    plain, same = (ipgd.solve(p, step, max_iter=50, gram=False, rng=0) for p in (problem, huge))
    np.testing.assert_allclose(same.theta(), plain.theta(), rtol=1e-12)


@pytest.mark.parametrize("labels", [(0.0, 1.0), (-1.0, 1.0)])
def test_bits_may_be_written_in_two_ways(labels):
    rng = np.random.default_rng(0)
    A = rng.standard_normal((60, 4, 3))
    bits = rng.integers(0, 2, 60)
    problems = [
        ipgd.Problem(ipgd.operators.Dense(A), np.where(bits, *given), loss=ipgd.Logistic())
        for given in (labels[::-1], (1.0, 0.0))
    ]
    a, b = (ipgd.solve(p, max_iter=20, rng=0).theta() for p in problems)
    np.testing.assert_allclose(a, b, rtol=1e-12)


@pytest.mark.parametrize(
    "algorithm",
    [ipgd.GD(), ipgd.AcceleratedGD(), ipgd.ScaledGD(damping="loss"), ipgd.IPGDPlus(), ipgd.SGD(16)],
    ids=lambda a: type(a).__name__,
)
@pytest.mark.parametrize("loss", LOSSES, ids=repr)
def test_automatic_steps_lower_every_loss(algorithm, loss):
    for seed in range(3):
        rng = np.random.default_rng(seed)
        truth = rng.standard_normal((12, 2)) @ rng.standard_normal((2, 10))
        truth *= 2 / np.linalg.norm(truth)  # some residuals are beyond delta, some are not
        operator = ipgd.operators.Dense.gaussian(400, 12, 10, rng=rng)
        y = operator.forward(truth)
        if isinstance(loss, ipgd.Logistic):
            y = (rng.random(400) < 1 / (1 + np.exp(-y))).astype(float)
        problem = ipgd.Problem(operator, y, loss=loss)
        model = ipgd.AsymmetricFactor(2)
        solution = ipgd.solve(
            problem,
            algorithm,
            parameterization=model,
            init=ipgd.init.gaussian(0.1),
            max_iter=300,
            record_every=50,
            rng=seed,
        )
        assert solution.status != "diverged"
        assert solution.history["loss"][-1] < 0.95 * solution.history["loss"][0]


def test_a_problem_with_another_loss_shares_its_arrays_and_no_estimates():
    problem = ipgd.matrix_sensing(d=8, rank=1, m=60, rng=0)
    before = problem.scale()
    robust = problem.with_loss(ipgd.Huber(0.1))
    assert robust.operator is problem.operator
    assert robust.y is problem.y
    assert robust.loss == ipgd.Huber(0.1)
    assert problem.loss is None
    assert "Huber(delta=0.1)" in repr(robust)
    outlier = problem.y.copy()
    outlier[0] = 1e6
    spoiled = ipgd.Problem(problem.operator, outlier)
    assert spoiled.scale().magnitude > 10 * before.magnitude
    winsorised = spoiled.with_loss(ipgd.Huber(0.1)).scale().magnitude
    assert before.magnitude / 2 < winsorised < 2 * before.magnitude


@pytest.mark.parametrize("shape", [(9, 1), (8, 7)])
def test_results_keep_their_bits_for_threads_and_batches(shape):
    rng = np.random.default_rng(1)
    operator = ipgd.operators.Dense.gaussian(90, *shape, rng=rng)
    y = rng.standard_normal(90)
    problem = ipgd.Problem(operator, y, loss=ipgd.Huber(0.3))
    alone = [
        ipgd.solve(problem, max_iter=30, rng=seed, n_threads=n)
        for seed, n in ((0, 1), (0, 3), (1, 2))
    ]
    batch = ipgd.solve_batch(problem, seeds=(0, 1), max_iter=30)
    for a, b in ((alone[0], alone[1]), (alone[0], batch[0]), (alone[2], batch[1])):
        assert a.theta().tobytes() == b.theta().tobytes()
        assert a.history["loss"].tobytes() == b.history["loss"].tobytes()


def test_a_saved_run_goes_on_with_its_loss_only(tmp_path):
    problem = ipgd.matrix_sensing(d=8, rank=1, m=60, rng=0).with_loss(ipgd.Huber(0.1))
    part = ipgd.solve(problem, max_iter=10, rng=0)
    assert part.settings["loss"] == {"name": "Huber", "delta": 0.1}
    part.save(tmp_path / "part.npz")
    loaded = ipgd.load_solution(tmp_path / "part.npz")
    whole = ipgd.solve(problem, max_iter=20, rng=0)
    assert ipgd.resume(problem, loaded, max_iter=20).theta().tobytes() == whole.theta().tobytes()
    for other in (None, ipgd.Huber(0.2)):
        with pytest.raises(ValueError, match="problem: expected the solution's, with the loss Hub"):
            ipgd.resume(problem.with_loss(other), loaded, max_iter=20)


def test_what_is_derived_for_squares_refuses_other_losses():
    problem = ipgd.matrix_sensing(d=6, rank=1, m=60, rng=0).with_loss(ipgd.Huber(0.1))
    with pytest.raises(ValueError, match=r"gram: expected None or False for Huber\(delta=0.1\)"):
        ipgd.solve(problem, gram=True)
    with pytest.raises(ValueError, match="problem: expected one with the squared loss"):
        ipgd.baselines.nuclear_norm(problem)
    quadratic = ipgd.quadratic_regression(d=5, rank=1, m=50, rng=0).with_loss(ipgd.Huber(0.1))
    with pytest.raises(ValueError, match="algorithm: expected one for any loss, got TruncatedGD"):
        ipgd.solve(quadratic, ipgd.TruncatedGD())


def test_every_way_to_give_data_takes_a_loss():
    rng = np.random.default_rng(0)
    loss = ipgd.Huber(0.2)
    bits = rng.integers(0, 2, (5, 4)).astype(float)
    bits[0, 0] = np.nan
    assert ipgd.MatrixCompletion(bits, loss=ipgd.Logistic()).loss == ipgd.Logistic()
    X, y = rng.standard_normal((30, 3)), rng.standard_normal(30)
    assert ipgd.QuadraticRegression(X, y, loss=loss).loss == loss
    assert ipgd.sparse_regression_data(X, y, loss=loss).loss == loss


def test_a_budget_that_ran_out_says_that_this_loss_does_not_vanish():
    problem = ipgd.matrix_sensing(d=6, rank=1, m=60, rng=0).with_loss(ipgd.Huber(0.1))
    assert "Huber loss" in ipgd.solve(problem, max_iter=1, rng=0).message


@pytest.mark.parametrize("delta", [0, -1.0, np.nan, np.inf])
def test_delta_is_a_positive_number(delta):
    with pytest.raises(ValueError, match="delta: expected"):
        ipgd.Huber(delta)


def test_a_loss_is_one_of_ours_and_fits_y():
    problem = ipgd.matrix_sensing(d=6, rank=1, m=60, rng=0)
    with pytest.raises(TypeError, match=r"loss: expected an ipgd loss such as ipgd\.Huber"):
        problem.with_loss("huber")
    with pytest.raises(ValueError, match="y: expected 0 and 1, or -1 and 1"):
        problem.with_loss(ipgd.Logistic())


def test_a_gram_has_the_squared_loss_only():
    gram = ipgd.matrix_sensing(d=6, rank=1, m=60, rng=0).operator.gram()
    with pytest.raises(ValueError, match=r"loss: expected the squared loss for a Gram, .* Huber"):
        ipgd.Problem(gram, np.ones(gram.shape[0]), loss=ipgd.Huber(0.1))


def test_bits_of_entries_are_in_the_unit_of_the_operator():
    operator = ipgd.operators.Entries([0, 1, 2], [1, 0, 1], (3, 2))
    with pytest.raises(ValueError, match=r"times its scale, 2\.44949, .*ipgd\.MatrixCompletion"):
        ipgd.Problem(operator, [1, 0, 1], loss=ipgd.Logistic())
    ipgd.Problem(operator, operator.scale * np.array([1, 0, 1]), loss=ipgd.Logistic())


@pytest.mark.parametrize("size", [1e-200, 1e-170, 1e155, 1e200])
def test_a_loss_that_leaves_the_range_of_floats_is_no_fit(size):
    problem = ipgd.matrix_sensing(d=5, rank=1, m=60, rng=0)
    far = ipgd.Problem(problem.operator, size * problem.y, loss=ipgd.Huber(0.3 * size))
    solution = ipgd.solve(far, max_iter=5, rng=0)
    assert solution.train_error > 0.9
    assert solution.status == "max_iter"
    nothing = ipgd.Problem(problem.operator, 0 * problem.y, loss=ipgd.Huber(size))
    assert ipgd.solve(nothing).status == "relative_loss"


def test_a_small_delta_is_reached_by_steps():
    """As the docstring of Huber says: from far away no measurement pulls harder than delta."""
    clean = ipgd.matrix_sensing(d=10, rank=1, m=150, rng=0)
    rng = np.random.default_rng(1)
    size = clean.y.std()
    y = clean.y + 1e-6 * size * rng.standard_normal(150)
    y[rng.choice(150, 15, replace=False)] += 10 * size
    problem = ipgd.Problem(clean.operator, y, truth=clean.truth)
    run = {"parameterization": ipgd.SymmetricFactor(1), "max_iter": 1000, "rng": 0}
    run |= {"record": ("test_error",), "record_every": 1000}
    last = problem.with_loss(ipgd.Huber(3e-6 * size))
    assert ipgd.solve(last, **run).history["test_error"][-1] > 0.9
    found = None
    for delta in (3e-1, 3e-2, 3e-3, 3e-4, 3e-5, 3e-6):
        solution = ipgd.solve(problem.with_loss(ipgd.Huber(delta * size)), init=found, **run)
        found = solution.parameters
    assert solution.history["test_error"][-1] < 1e-5


@pytest.mark.parametrize(
    "text",
    [3, "Huber", [], {}, {"name": "X"}, {"name": "Huber"}, {"name": "Huber", "delta": -1.0}],
    ids=str,
)
def test_a_file_with_another_loss_is_no_solution(text, tmp_path):
    problem = ipgd.matrix_sensing(d=6, rank=1, m=60, rng=0).with_loss(ipgd.Huber(0.1))
    solution = ipgd.solve(problem, max_iter=1, rng=0)
    damaged = dataclasses.replace(solution, settings=solution.settings | {"loss": text})
    damaged.save(tmp_path / "damaged.npz")
    with pytest.raises(ValueError, match=r"path: expected a whole file written by Solution\.save"):
        ipgd.load_solution(tmp_path / "damaged.npz")


def test_a_loss_of_ones_own_is_refused():
    class Mine(ipgd.Huber):
        pass

    with pytest.raises(TypeError, match="loss: expected an ipgd loss"):
        ipgd.matrix_sensing(d=6, rank=1, m=60, rng=0).with_loss(Mine(0.1))


def test_bits_count_in_the_units_of_the_operator():
    """The score at Theta = 0 by the curvature 1/4, also where measurements are scaled entries."""
    bits = np.array([[1.0, 0.0, np.nan], [0.0, 1.0, 1.0]])
    problem = ipgd.MatrixCompletion(bits, loss=ipgd.Logistic())
    expected = np.where(problem.values > 0, 2, -2)
    assert problem.working_response / problem.operator.scale == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("text", ["Huber", 3, ["Huber", 0.1]])
def test_what_no_loss_was_saved_as_is_refused(text):
    with pytest.raises(ValueError, match="loss: expected a name and its fields, got"):
        ipgd.losses.from_settings(text)


def test_the_working_response_is_computed_once_for_each_problem(monkeypatch):
    problem = ipgd.matrix_sensing(d=6, rank=1, m=60, rng=0, noise=noise.Outliers(0.1, 50.0))
    problem = problem.with_loss(ipgd.Huber(0.1))
    calls = []
    plain = ipgd.Huber.working_response

    def counted(self, y, unit=1.0):
        calls.append(self.delta)
        return plain(self, y, unit)

    monkeypatch.setattr(ipgd.Huber, "working_response", counted)
    ipgd.solve(problem, max_iter=2, rng=0)
    ipgd.solve(problem, max_iter=2, rng=1)
    assert calls == [0.1]
    other = problem.with_loss(ipgd.Huber(1000.0))  # shares nothing that depends on the loss
    assert not np.array_equal(other.working_response, problem.working_response)
    assert calls == [0.1, 1000.0]
