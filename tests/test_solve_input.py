"""What solve and Problem refuse, with the words they use."""

import ipgd
import numpy as np
import pytest
from ipgd.operators import Dense, DenseSymmetric


def refuses(error, words, problem, *arguments, **settings):
    with pytest.raises(error, match=words):
        ipgd.solve(problem, *arguments, **settings)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("algorithm", "gd", "algorithm: expected an ipgd algorithm such as ipgd.GD.., got 'gd'"),
        ("algorithm", ipgd.GD, "algorithm: expected an ipgd algorithm .* got the class GD"),
        ("parameterization", 5, "parameterization: expected an ipgd parameterization .* got 5"),
        ("stop", 1e-3, r"stop: expected an ipgd.Stop, got 0\.001"),
        ("callback", 3, "callback: expected a function or None, got 3"),
        ("record", "loss", "record: expected a sequence of names, got 'loss'"),
        ("max_iter", 10.0, r"max_iter: expected an integer, got 10\.0"),
        ("record_every", "3", "record_every: expected an integer, got '3'"),
        ("n_singular_values", None, "n_singular_values: expected an integer, got None"),
        ("n_threads", 1.5, r"n_threads: expected an integer, got 1\.5"),
        ("rng", "seed", "rng: expected None, an integer >= 0 or a numpy Generator, got 'seed'"),
        ("init", "zeros", "init: expected a value such as ipgd.init.zeros.., got the text 'zeros'"),
        (
            "init",
            ipgd.init.zeros,
            "init: expected a value such as ipgd.init.zeros.., got the class",
        ),
        ("init", np.ones((10, 10), complex), "init: .* got dtype complex128"),
    ],
)
def test_arguments_of_the_wrong_type(problem, name, value, words):
    refuses(TypeError, words, problem, **{name: value})


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("max_iter", -1, "max_iter: expected an integer >= 0, got -1"),
        ("record_every", 0, "record_every: expected an integer >= 1, got 0"),
        ("n_singular_values", 0, "n_singular_values: expected an integer >= 1, got 0"),
        ("n_threads", 0, "n_threads: expected an integer >= 1, got 0"),
        ("n_threads", -2, "n_threads: expected an integer >= 1, got -2"),
        ("rng", -1, "rng: expected None, an integer >= 0 or a numpy Generator, got -1"),
        ("record", ("loss", "lost"), "record: expected names out of loss, .*, got 'lost'"),
        ("init", np.ones((10, 3)), r"init: expected shape \(10, 10\), got \(10, 3\)"),
        ("init", {"V": np.ones((10, 10))}, r"init: expected blocks \['U'\], got \['V'\]"),
        ("init", {"U": np.ones(3)}, r"init\['U'\]: expected shape \(10, 10\), got \(3,\)"),
    ],
)
def test_values_that_make_no_sense(problem, name, value, words):
    refuses(ValueError, words, problem, **{name: value})


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_the_first_entry_of_init_that_is_not_finite_is_named(problem, bad):
    init = np.zeros((10, 10))
    init[3, 4] = init[5, 0] = bad
    refuses(
        ValueError,
        rf"init: expected finite numbers, got {bad} at index \(3, 4\)",
        problem,
        init=init,
    )
    words = rf"init\['U'\]: expected finite numbers, got {bad} at index \(3, 4\)"
    refuses(ValueError, words, problem, init={"U": init})


def test_wrong_problems():
    refuses(TypeError, "problem: expected an ipgd.Problem, got None", None)
    refuses(TypeError, "problem: expected an ipgd.Problem, got an array of shape", np.ones((3, 3)))
    long = "x" * 100
    refuses(TypeError, r"problem: expected an ipgd.Problem, got 'x{56}\.\.\.", long)


def test_two_blocks_need_names(rectangular_problem):
    words = (
        r"init: expected an ipgd.init object or a dict with the blocks \['V', 'W'\], got an array"
    )
    refuses(TypeError, words, rectangular_problem, init=np.ones((7, 5)))
    words = r"init: expected blocks \['V', 'W'\], got \['V'\]"
    refuses(ValueError, words, rectangular_problem, init={"V": np.ones((7, 5))})


@pytest.mark.parametrize("name", ["test_error", "signal_norm", "residual_norm"])
def test_quantities_that_need_a_truth(problem, name):
    blind = ipgd.Problem(problem.operator, problem.y)
    words = f"record: expected a problem with a truth to record '{name}', got a problem without one"
    refuses(ValueError, words, blind, record=(name,))


def test_pairings_that_make_no_sense(problem, rectangular_problem):
    refuses(
        ValueError,
        r"parameterization: expected AsymmetricFactor for an operator on rectangular matrices "
        r"\(7 x 5\), got SymmetricFactor, whose Theta = U Uᵀ is square",
        rectangular_problem,
        parameterization=ipgd.SymmetricFactor(),
    )
    refuses(
        ValueError,
        "parameterization: expected SymmetricFactor for an operator on symmetric matrices "
        r"\(Dense takes any\), got AsymmetricFactor, whose Theta = V Wᵀ is not symmetric",
        problem,
        parameterization=ipgd.AsymmetricFactor(),
    )


@pytest.mark.parametrize("model", [ipgd.SymmetricFactor, ipgd.AsymmetricFactor])
def test_search_ranks_that_make_no_sense(model):
    with pytest.raises(ValueError, match="search_rank: expected an integer >= 1, got 0"):
        model(search_rank=0)
    with pytest.raises(ValueError, match="search_rank: expected an integer >= 1, got -4"):
        model(-4)
    with pytest.raises(TypeError, match=r"search_rank: expected an integer, got 2\.0"):
        model(2.0)
    with pytest.raises(TypeError, match="search_rank: expected an integer, got 'full'"):
        model("full")
    assert model(np.int64(3)) == model(3)


@pytest.mark.parametrize("start", [ipgd.init.scaled_identity, ipgd.init.gaussian])
def test_scales_that_make_no_sense(start):
    for bad in (0, -1e-3, np.nan, np.inf):
        with pytest.raises(ValueError, match="scale: expected a finite positive number, got"):
            start(bad)
    with pytest.raises(
        ValueError, match="scale: expected a positive number or 'auto', got 'small'"
    ):
        start("small")
    with pytest.raises(TypeError, match="scale: expected a positive number or 'auto', got None"):
        start(None)


@pytest.fixture
def operator():
    return DenseSymmetric(np.random.default_rng(0).standard_normal((6, 3, 3)))


def test_measurements_and_operator_must_agree(operator):
    with pytest.raises(ValueError, match=r"y: expected shape \(6,\), got \(5,\)"):
        ipgd.Problem(operator, np.ones(5))
    with pytest.raises(ValueError, match=r"y: expected shape \(6,\), got \(6, 1\)"):
        ipgd.Problem(operator, np.ones((6, 1)))
    with pytest.raises(ValueError, match=r"truth: expected shape \(3, 3\), got \(3, 2\)"):
        ipgd.Problem(operator, np.ones(6), np.ones((3, 2)))


def test_measurements_must_be_finite_real_numbers(operator):
    y = np.ones(6)
    y[[2, 4]] = np.nan
    with pytest.raises(ValueError, match=r"y: expected finite numbers, got nan at index \(2,\)"):
        ipgd.Problem(operator, y)
    truth = np.eye(3)
    truth[1, 2] = -np.inf
    with pytest.raises(
        ValueError, match=r"truth: expected finite numbers, got -inf at index \(1, 2\)"
    ):
        ipgd.Problem(operator, np.ones(6), truth)
    with pytest.raises(
        TypeError, match="y: expected an array of real numbers, got dtype complex128"
    ):
        ipgd.Problem(operator, 1j * np.ones(6))
    with pytest.raises(TypeError, match="y: expected an array of real numbers, got dtype object"):
        ipgd.Problem(operator, [None] * 6)
    with pytest.raises(
        TypeError, match=r"y: expected an array without mask .*, got a masked array"
    ):
        ipgd.Problem(operator, np.ma.ones(6))
    with pytest.raises(TypeError, match="truth: expected an array of real numbers, got "):
        ipgd.Problem(operator, np.ones(6), np.full((3, 3), "a"))


@pytest.mark.parametrize("wrong", [np.ones((6, 3, 3)), "A", None])
def test_an_operator_is_needed(wrong):
    words = "operator: expected an ipgd.operators operator such as DenseSymmetric.A., got"
    with pytest.raises(TypeError, match=words):
        ipgd.Problem(wrong, np.ones(6))


def test_awkward_measurements_give_the_same_problem(operator):
    y = np.arange(6.0)
    swapped = y.astype(y.dtype.newbyteorder())
    for given in (np.arange(6), y.tolist(), swapped, np.repeat(y, 2)[::2], y.astype(np.float16)):
        assert np.array_equal(ipgd.Problem(operator, given).y, y)
    constant = ipgd.Problem(operator, np.broadcast_to(2.5, 6))
    assert np.array_equal(constant.y, np.full(6, 2.5))


def test_awkward_starts_give_the_same_run(problem):
    start = np.random.default_rng(0).integers(-4, 4, (10, 3)) / 16
    model = ipgd.SymmetricFactor(3)
    plain = ipgd.solve(problem, parameterization=model, init=start, max_iter=9)
    frozen = start.copy()
    frozen.flags.writeable = False
    for given in (
        np.asfortranarray(start),
        np.repeat(start, 2, axis=1)[:, ::2],
        start.astype(">f8"),
        start.astype(np.float16),
        start.astype(np.longdouble),
        start.tolist(),
        {"U": start},
        frozen,
    ):
        solution = ipgd.solve(problem, parameterization=model, init=given, max_iter=9)
        assert solution.parameters["U"].tobytes() == plain.parameters["U"].tobytes()
    assert np.array_equal(frozen, start)


def test_a_refused_solve_leaves_everything_usable(problem):
    before = ipgd.solve(problem, rng=0).parameters["U"].tobytes()
    for settings in ({"record": ("lost",)}, {"init": np.ones(3)}, {"max_iter": -1}):
        with pytest.raises(ValueError, match=next(iter(settings))):
            ipgd.solve(problem, **settings)
    assert ipgd.solve(problem, rng=0).parameters["U"].tobytes() == before


def test_square_matrices_without_symmetry_take_either_model():
    rng = np.random.default_rng(0)
    operator = Dense(rng.standard_normal((40, 4, 4)))
    truth = np.ones((4, 4))
    problem = ipgd.Problem(operator, operator.forward(truth), truth)
    for model in (ipgd.SymmetricFactor(2), ipgd.AsymmetricFactor(2)):
        solution = ipgd.solve(problem, parameterization=model, record=("test_error",), rng=0)
        assert solution.history["test_error"][-1] < 1e-3


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("max_iter", 2**63),
        ("record_every", 2**63),
        ("n_singular_values", 2**63),
        ("n_threads", 2**31),
        ("record", None),
        ("record", (1,)),
        ("progress", "yes"),
        ("progress", 1),
        ("init", {"V": 1, 3: 2}),
    ],
)
def test_errors_begin_with_the_argument(problem, name, value):
    with pytest.raises((ValueError, TypeError), match=f"^{name}: expected"):
        ipgd.solve(problem, **{name: value})


def test_a_search_rank_beyond_all_memory():
    with pytest.raises(ValueError, match=r"^search_rank: expected an integer <= "):
        ipgd.SymmetricFactor(2**70)


def test_an_init_that_overflows_is_named(problem):
    with pytest.raises(ValueError, match=r"^init: expected parameters whose Theta is finite, got"):
        ipgd.solve(problem, init=np.full((10, 10), 1e200))


def test_the_core_takes_no_none_for_a_run():
    with pytest.raises(TypeError, match="runs: expected RunSpecs, got None"):
        ipgd._core.descend(runs=[None], progress=None, n_threads=1)
