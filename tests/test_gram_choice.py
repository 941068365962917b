"""solve(gram=...): when R stands for A, and that nobody sees it in the results."""

import ipgd
import numpy as np
import pytest
from ipgd.operators import Dense, DenseSymmetric


def stop_at_once(_):
    raise StopIteration


def chosen(problem, **settings):
    """Whether solve takes the Gram, without running."""
    solution = ipgd.solve(problem, callback=stop_at_once, rng=0, **settings)
    assert solution.nit == 0
    return solution.settings["operator"]["gram"]


@pytest.fixture
def problem():
    return ipgd.matrix_sensing(d=20, rank=2, m=400, rng=0)


@pytest.fixture
def rectangular():
    rng = np.random.default_rng(2)
    truth = rng.standard_normal((7, 2)) @ rng.standard_normal((2, 5)) / 4
    operator = Dense.gaussian(150, 7, 5, rng=rng)
    return ipgd.Problem(operator, operator.forward(truth), truth)


@pytest.fixture
def factorisations(monkeypatch):
    """The shapes of Y in the calls of the factorisation."""
    calls, original = [], ipgd._core.gram

    def counted(operator, Y, n_threads=None):
        calls.append(Y.shape)
        return original(operator, Y, n_threads)

    monkeypatch.setattr("ipgd._core.gram", counted)
    return calls


def test_the_choice_does_not_depend_on_the_budget(problem, rectangular):
    assert [chosen(problem, max_iter=n) for n in (0, 1, 10, 10_000)] == [True] * 4
    assert chosen(rectangular)


def test_a_small_operator_is_replaced_where_a_quarter_of_its_entries_is_saved():
    """A pass over an A that stays in cache takes the time of its entries."""
    found = set()
    for d, m in ((4, 8), (10, 56), (10, 60), (20, 100), (20, 120), (20, 160), (20, 400)):
        operator = DenseSymmetric.gaussian(m, d, rng=0)
        saves = operator.gram().nbytes / 8 <= 0.75 * m * d * (d + 1) / 2
        problem = ipgd.Problem(operator, operator.forward(np.eye(d)))
        assert chosen(problem) == saves, (d, m)
        found.add(saves)
    assert found == {True, False}


def test_a_larger_operator_is_replaced_where_a_quarter_of_its_bytes_is_saved():
    def of(m, dtype=None):
        return chosen(ipgd.matrix_sensing(d=18, rank=1, m=m, dtype=dtype, rng=0))

    # p = 171: R has about 171 * 172 / 2 float64 numbers
    assert [of(900, dtype) for dtype in ("float64", "float32", "bfloat16")] == [True] * 3
    assert [of(900, "int8"), of(1500, "int8")] == [False, True]


def test_it_is_not_chosen_where_the_factorisation_is_long(factorisations):
    """p = 820: 2 m p^2 is more than 1e9 flops from m = 744 on."""
    for m, expected in ((740, 1), (750, 0)):
        operator = DenseSymmetric.gaussian(m, 40, rng=0, dtype="float64")
        problem = ipgd.Problem(operator, operator.forward(np.eye(40)))
        assert chosen(problem, parameterization=ipgd.SymmetricFactor(1)) == bool(expected)
        assert len(factorisations) == 1


def test_it_can_be_asked_for_and_refused(problem, factorisations):
    assert not chosen(problem, gram=False)
    assert factorisations == []
    assert chosen(problem, gram=True, max_iter=1)
    assert factorisations == [(1, 400)]


def test_wrong_types_and_operators(problem):
    for bad in (1, "yes", np.True_, 0.0):
        with pytest.raises(TypeError, match=r"^gram: expected True, False or None, got "):
            ipgd.solve(problem, gram=bad)
        with pytest.raises(TypeError, match=r"^gram: expected True, False or None, got "):
            ipgd.solve_batch(problem, seeds=[0], gram=bad)
    R = problem.operator.gram()
    other = ipgd.Problem(R, np.ones(R.shape[0]))
    words = r"^gram: expected a Dense or DenseSymmetric operator, got Gram\("
    with pytest.raises(ValueError, match=words):
        ipgd.solve(other, gram=True)
    assert not chosen(other, gram=False)
    assert not chosen(other)


def with_noise(problem, noise):
    y = problem.y + noise * np.random.default_rng(5).standard_normal(problem.m)
    return ipgd.Problem(problem.operator, y, problem.truth)


@pytest.mark.parametrize("noise", [0, 1e-6, 1e-3, 0.3])
@pytest.mark.parametrize("kind", ["problem", "rectangular"])
@pytest.mark.parametrize("rank", [2, None])
def test_the_recorded_errors_are_those_of_the_operator_itself(kind, noise, rank, request):
    """To 1e-10, what rounding along the way grows to while a run leaves the saddle at zero.

    Below 1e-5 ||y|| the residual itself, with A as with R, is known to rounding errors of y only.
    """
    problem = with_noise(request.getfixturevalue(kind), noise)
    make = ipgd.SymmetricFactor if kind == "problem" else ipgd.AsymmetricFactor
    with_R, with_A = (
        ipgd.solve(
            problem,
            parameterization=make(rank),
            stop=ipgd.Stop(relative_loss=1e-12),
            max_iter=3000 if noise == 0 else 600,
            record=("loss", "train_error", "gradient_norm", "test_error"),
            gram=gram,
            rng=0,
        )
        for gram in (True, False)
    )
    assert (with_R.nit, with_R.status) == (with_A.nit, with_A.status)
    assert with_R.settings["operator"]["gram"]
    assert not with_A.settings["operator"]["gram"]
    for name in ("loss", "train_error"):
        one, other = with_R.history[name], with_A.history[name]
        bound = np.maximum(1e-10, 2 * np.finfo(float).eps / with_A.history["train_error"])
        assert np.max(np.abs(one / other - 1) / bound) <= 1
    if noise == 0:
        assert with_R.history["loss"][-1] <= 1e-12 * with_R.history["loss"][0]
    else:
        assert with_R.history["loss"][-1] > 1e-15 * with_R.history["loss"][0]
    np.testing.assert_allclose(with_R.theta(), with_A.theta(), rtol=0, atol=1e-9)


@pytest.mark.parametrize("noise", [0, 1e-6, 0.3])
@pytest.mark.parametrize("m", [100, 210, 211, 700])
def test_the_loss_agrees_with_extended_precision(m, noise):
    """Also where there are fewer measurements than entries, and several stretches of rows."""
    problem = with_noise(ipgd.matrix_sensing(d=20, rank=2, m=m, rng=0), noise)
    solution = ipgd.solve(problem, max_iter=400, gram=True, rng=0)
    A = problem.operator.to_dense().reshape(m, -1).astype(np.longdouble)
    U = solution.parameters["U"].astype(np.longdouble)
    residual = A @ (U @ U.T).reshape(-1) - problem.y
    loss = residual @ residual / (4 * m)
    relative = float(np.sqrt(residual @ residual) / np.linalg.norm(problem.y))
    assert abs(float(solution.fun / loss - 1)) <= 1e-15 / relative + 1e-13


def test_the_factor_is_computed_once_for_a_problem(problem, factorisations, same_bits):
    first = ipgd.solve(problem, rng=0)
    same_bits(ipgd.solve(problem, rng=0), first)
    ipgd.solve_batch(problem, seeds=[1, 2], gram=True)
    assert len(factorisations) == 1


def test_problems_of_one_operator_share_one_factorisation(problem, factorisations):
    problems = [with_noise(problem, noise) for noise in (0, 0.1, 0.2)]
    solutions = ipgd.solve_batch(problems, max_iter=20, gram=True)
    assert factorisations == [(3, 400)]
    assert all(solution.settings["operator"]["gram"] for solution in solutions)


def test_operators_are_factored_each_by_itself(problem, factorisations):
    other = ipgd.matrix_sensing(d=20, rank=2, m=400, rng=1)
    problems = [problem, other, with_noise(problem, 0.1)]
    ipgd.solve_batch(problems, max_iter=20, gram=True)
    assert sorted(factorisations) == [(1, 400), (2, 400)]


@pytest.mark.parametrize("noise", [0, 0.3])
def test_the_same_bits_for_any_threads_alone_or_in_company(noise, same_bits):
    def fresh():  # nothing is kept from one run to the next
        problem = ipgd.matrix_sensing(d=20, rank=2, m=400, rng=0)
        return [with_noise(problem, noise + k / 10) for k in range(4)]

    options = {"max_iter": 60, "gram": True, "record": ("loss", "test_error")}
    alone = [
        ipgd.solve(problem, rng=k, n_threads=1, **options) for k, problem in enumerate(fresh())
    ]
    for n_threads in (1, 2, 3, 7):
        batch = ipgd.solve_batch(fresh(), n_threads=n_threads, **options)
        for one, other in zip(batch, alone, strict=True):
            same_bits(one, other)
        same_bits(ipgd.solve(fresh()[2], rng=2, n_threads=n_threads, **options), alone[2])


@pytest.mark.parametrize("gram", [True, False])
def test_the_settings_name_what_was_measured_with(gram):
    problem = ipgd.matrix_sensing(d=10, rank=1, m=200, rng=0, dtype="int8")
    settings = ipgd.solve(problem, max_iter=3, gram=gram, rng=0).settings
    assert settings["operator"] == {
        "name": "DenseSymmetric",
        "matrix_shape": [10, 10],
        "storage": "int8",
        "gram": gram,
    }
    assert settings["isa"] == ipgd.build_info().isa
