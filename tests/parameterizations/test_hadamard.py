"""u^L - v^L, u∘v and weight normalisation on sparse vectors."""

from itertools import pairwise

import ipgd
import numpy as np
import pytest
from ipgd.init import constant, gaussian, scaled_identity, spectral, zeros
from ipgd.operators import Dense

MODELS = [
    ipgd.HadamardPower(),
    ipgd.HadamardPower(3),
    ipgd.HadamardProduct(),
    ipgd.WeightNormalized(),
    ipgd.WeightNormalized(3, 2.0),
]


@pytest.fixture(scope="module")
def sparse():
    """Easy: three entries out of 60, of both signs, from 40 measurements."""
    drawn = (ipgd.sparse_regression(60, 3, 40, rng=seed) for seed in range(50))
    return next(problem for problem in drawn if problem.truth.min() < 0 < problem.truth.max())


def test_theta_of_each_model():
    problem = ipgd.Problem(Dense(np.ones((1, 3, 1))), [1.0])

    def theta(model, **blocks):
        init = {name: np.reshape(block, (-1, 1)) for name, block in blocks.items()}
        return ipgd.solve(problem, parameterization=model, init=init, max_iter=0).theta()[:, 0]

    u, v = np.array([2.0, -3, 0.5]), np.array([1.0, 2, 0])
    assert theta(ipgd.HadamardPower(2), u=u, v=v) == pytest.approx(u**2 - v**2, rel=1e-15)
    assert theta(ipgd.HadamardPower(5), u=u, v=v) == pytest.approx(u**5 - v**5, rel=1e-15)
    assert theta(ipgd.HadamardProduct(), u=u, v=v) == pytest.approx(u * v, rel=1e-15)
    found = theta(ipgd.WeightNormalized(2, 0.25), g_plus=3, v_plus=u, g_minus=0.5, v_minus=v)
    plus, minus = 6 * u / np.linalg.norm(u), v / np.linalg.norm(v)
    assert found == pytest.approx(plus**2 - minus**2, rel=1e-14)


def test_settings_are_checked_and_models_are_values():
    assert ipgd.HadamardPower() == ipgd.HadamardPower(power=2)
    assert len({ipgd.WeightNormalized(2, 3), ipgd.WeightNormalized(2, 3.0)}) == 1
    assert repr(ipgd.HadamardProduct()) == "HadamardProduct()"
    with pytest.raises(ValueError, match="power: expected an integer >= 2, got 1"):
        ipgd.HadamardPower(1)
    with pytest.raises(ValueError, match="step_ratio: expected a finite positive number, got 0"):
        ipgd.WeightNormalized(step_ratio=0)


@pytest.mark.parametrize("model", MODELS, ids=repr)
def test_matrices_are_refused(model, problem):
    name = type(model).__name__
    with pytest.raises(ValueError, match=f"parameterization: expected a model of .*, got {name}"):
        ipgd.solve(problem, parameterization=model)


@pytest.mark.parametrize("model", MODELS, ids=repr)
def test_initial_points(model, sparse):
    def start(init):
        return ipgd.solve(sparse, parameterization=model, init=init, max_iter=0, rng=0)

    assert not start(constant(0.1)).theta().any()  # equal in both signs
    assert not start(zeros()).theta().any()
    assert np.isfinite(start(gaussian(0.1)).theta()).all()
    error = start(spectral()).theta() - sparse.truth
    assert np.linalg.norm(error) < np.linalg.norm(sparse.truth)
    with pytest.raises(ValueError, match=r"expected ipgd.init.constant\(\) for .*, a model of vec"):
        start(scaled_identity(0.1))


def test_constant_fills_what_becomes_an_entry(sparse):
    def start(model):
        return ipgd.solve(sparse, parameterization=model, init=constant(0.1), max_iter=0).parameters

    for name, block in start(ipgd.HadamardPower()).items():
        assert (block == 0.1).all(), name
    product = start(ipgd.HadamardProduct())
    assert (product["u"] == 0.1).all()
    assert not product["v"].any()
    weights = start(ipgd.WeightNormalized(2, 9.0))
    length = weights["g_plus"][0, 0] / 3
    assert length / np.linalg.norm(weights["v_plus"]) == pytest.approx(1, rel=1e-15)
    assert (weights["v_minus"] == 0.1).all()


def test_a_direction_must_not_be_zero(sparse):
    init = {
        "g_plus": [[1.0]],
        "v_plus": np.zeros((60, 1)),
        "g_minus": [[1.0]],
        "v_minus": np.ones((60, 1)),
    }
    with pytest.raises(ValueError, match="init: expected v_plus and v_minus that are not zero"):
        ipgd.solve(sparse, parameterization=ipgd.WeightNormalized(), init=init)


def largest_slope_off_the_support(problem):
    """max abs(A_jᵀ w) off it for the shortest w with A_jᵀ w = sign(Theta*_j) on it."""
    A, truth = problem.operator.to_dense()[:, :, 0], problem.truth[:, 0]
    on = truth != 0
    w = np.linalg.lstsq(A[:, on].T, np.sign(truth[on]), rcond=None)[0]
    return np.abs(A[:, ~on].T @ w).max()


@pytest.mark.parametrize("seed", range(10))
def test_recovers_sparse_vectors(seed):
    """d = 200, k = 5, m = 80."""
    problem = ipgd.sparse_regression(200, 5, 80, rng=seed)
    solution = ipgd.solve(problem, record=("test_error",))
    assert solution.settings["parameterization"]["name"] == "HadamardPower"
    assert solution.history["test_error"][-1] < 1e-6


def test_what_is_left_off_the_support_falls_with_the_start_as_the_slopes_say():
    """An error of alpha^(2 - 2 mu): from alpha to alpha^2 another factor of that size."""
    for seed in (1, 2, 8):
        problem = ipgd.sparse_regression(200, 5, 80, rng=seed)
        mu = largest_slope_off_the_support(problem)
        assert 0.65 < mu < 0.95
        solutions = ipgd.solve_batch(
            problem,
            ipgd.GD(1 / (8 * problem.scale().curvature)),
            inits=[constant(alpha) for alpha in (1e-30, 1e-60)],
            stop=ipgd.Stop(relative_loss=1e-30),
            max_iter=6000,
        )
        off = problem.truth == 0
        left = [np.abs(solution.theta()[off]).max() for solution in solutions]
        assert np.log10(left[0] / left[1]) == pytest.approx(30 * (2 - 2 * mu), rel=0.25)


def test_both_signs_are_found_by_the_product(sparse):
    solution = ipgd.solve(
        sparse, parameterization=ipgd.HadamardProduct(), stop=ipgd.Stop(relative_loss=1e-12)
    )
    theta = solution.theta()
    assert {-1.0, 1.0} <= set(np.unique(sparse.truth))
    assert theta == pytest.approx(sparse.truth, abs=1e-5)


@pytest.mark.parametrize("power", [2, 3])
def test_what_starts_at_zero_off_the_support_stays_there(sparse, power):
    """The region is closed exactly: the others see a problem of three unknowns."""
    start = np.where(sparse.truth != 0, 0.1, 0.0)
    solution = ipgd.solve(
        sparse,
        parameterization=ipgd.HadamardPower(power),
        init={"u": start, "v": start},
        record=("residual_norm", "test_error"),
        stop=ipgd.Stop(relative_loss=1e-20),
    )
    assert not solution.history["residual_norm"].any()
    for block in solution.parameters.values():
        assert not block[sparse.truth == 0].any()
    assert solution.history["test_error"][-1] < 1e-9


def test_the_recorded_parts_are_those_on_and_off_the_support(sparse):
    record = ("signal_norm", "residual_norm", "singular_values")
    solution = ipgd.solve(sparse, record=record, max_iter=100, n_singular_values=4)
    on = sparse.truth[:, 0] != 0
    stacked = np.hstack(list(solution.parameters.values()))
    parts = {"signal_norm": stacked[on], "residual_norm": stacked[~on]}
    for name, part in parts.items():
        assert solution.history[name][-1] == pytest.approx(np.linalg.norm(part), rel=1e-14)
    largest = np.sort(np.abs(solution.theta()[:, 0]))[::-1][:4]
    assert solution.history["singular_values"][-1] == pytest.approx(largest, rel=1e-14)


def _signs(seed, positive, negative):
    """d = 100, m = 50: so many entries of 1 and of -1."""
    rng = np.random.default_rng(seed)
    truth = np.zeros((100, 1))
    signs = np.repeat([1.0, -1.0], [positive, negative])
    truth[rng.choice(100, len(signs), replace=False), 0] = signs
    operator = Dense.gaussian(50, 100, 1, rng=rng)
    return ipgd.Problem(operator, operator.forward(truth), truth)


def _errors_from(problem, model, init):
    """Train and test error of descent with a step that suits all models of squares."""
    solution = ipgd.solve(
        problem,
        ipgd.GD(1 / (8 * problem.scale().curvature)),
        parameterization=model,
        init=init,
        stop=ipgd.Stop(relative_loss=1e-7),
        record=("test_error",),
        record_every=1000,
        max_iter=100_000,
    )
    return solution.train_error, solution.history["test_error"][-1]


def _error_from(problem, model, init):
    return _errors_from(problem, model, init)[1]


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_weight_normalisation_finds_sparse_vectors_from_large_starts(seed):
    """Entries of 0.1 already make two vectors of length one."""
    problem = _signs(seed, 3, 2)
    for model in (ipgd.HadamardPower(), ipgd.WeightNormalized(step_ratio=1)):
        train, test = _errors_from(problem, model, constant(0.1))
        assert train < 1e-3, model  # it fits, by another vector
        assert test > 0.1, model
    assert _error_from(problem, ipgd.WeightNormalized(step_ratio=30), constant(0.1)) < 1e-3


def test_the_start_has_to_be_shorter_than_the_solution_in_both_signs():
    """d alpha^2 < min(positive, negative): 0.14, 0.1 and nothing at all."""
    model = ipgd.WeightNormalized()
    for positive, negative in ((3, 2), (4, 1), (1, 4)):
        problem = _signs(0, positive, negative)
        limit = np.sqrt(min(positive, negative) / 100)
        assert _error_from(problem, model, constant(0.5 * limit)) < 1e-3
        assert _error_from(problem, model, constant(1.5 * limit)) > 0.05
    assert _error_from(_signs(0, 5, 0), model, constant(0.03)) > 0.01


@pytest.mark.parametrize(("positive", "negative"), [(3, 2), (4, 1), (1, 4)])
def test_shorter_lengths_make_room_for_larger_directions(positive, negative):
    problem = _signs(0, positive, negative)
    g, v = np.full((1, 1), 0.3 * np.sqrt(30)), np.full((100, 1), 0.1)
    start = {"g_plus": g, "v_plus": v, "g_minus": g, "v_minus": v}
    assert _error_from(problem, ipgd.WeightNormalized(step_ratio=30), start) < 1e-3


@pytest.mark.parametrize("rho", [1.0, 30.0])
def test_directions_only_grow_and_their_gradients_are_orthogonal_to_them(rho):
    """At every step; the gradient from the step that is taken, of about the size of v."""
    problem, model = _signs(0, 3, 2), ipgd.WeightNormalized(step_ratio=rho)
    iterates = []

    def keep(state):
        iterates.append({name: block[:, 0].copy() for name, block in state.parameters.items()})

    settings = {"parameterization": model, "gram": False}
    ipgd.solve(problem, init=constant(0.1), max_iter=300, callback=keep, **settings)
    assert len(iterates) == 301
    for before, after in pairwise(iterates):
        for name in ("v_plus", "v_minus"):
            assert np.linalg.norm(after[name]) >= np.linalg.norm(before[name]) * (1 - 1e-15)
    assert np.linalg.norm(iterates[-1]["v_plus"]) > 1.001 * np.linalg.norm(iterates[0]["v_plus"])
    for point in iterates[::20]:
        start = {name: block[:, None] for name, block in point.items()}
        moved = ipgd.solve(problem, ipgd.GD(2.0**60), init=start, max_iter=1, **settings)
        for name in ("v_plus", "v_minus"):  # v is lost in the rounding of so long a step
            step = moved.parameters[name][:, 0]
            cosine = step @ point[name] / np.linalg.norm(step) / np.linalg.norm(point[name])
            assert abs(cosine) < 1e-14, name


@pytest.mark.parametrize("model", MODELS, ids=repr)
def test_a_solution_is_the_same_after_a_round_trip(model, sparse, tmp_path, same_bits):
    solution = ipgd.solve(sparse, parameterization=model, max_iter=20)
    solution.save(tmp_path / "run.npz")
    loaded = ipgd.load_solution(tmp_path / "run.npz")
    same_bits(loaded, solution)
    assert loaded.theta().tobytes() == solution.theta().tobytes()


@pytest.mark.parametrize("model", MODELS, ids=repr)
def test_scales_of_the_data_do_not_matter(model):
    """Step and start follow the units of Theta and of A."""
    A = np.random.default_rng(0).standard_normal((40, 40))
    truth = np.zeros(40)
    truth[[3, 30]] = 1, -1
    for unit, scale in ((1.0, 1.0), (1e-3, 1.0), (1.0, 1e-3), (30.0, 50.0)):
        data = ipgd.sparse_regression_data(scale * A, scale * unit * (A @ truth), unit * truth)
        solution = ipgd.solve(
            data,
            parameterization=model,
            record=("test_error",),
            stop=ipgd.Stop(relative_loss=1e-5),
            max_iter=50_000,
        )
        assert solution.success
        assert solution.history["test_error"][-1] < 5e-2
