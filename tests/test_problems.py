"""Problems and the generator of random ones."""

import dataclasses

import ipgd
import numpy as np
import pytest
from ipgd.operators import Dense, DenseSymmetric


def test_the_truth_of_li_ma_and_zhang():
    problem = ipgd.matrix_sensing(d=12, rank=3, m=30, rng=0)
    values = np.linalg.eigvalsh(problem.truth)
    assert np.array_equal(problem.truth, problem.truth.T)
    assert values[-3:].min() > 0.05
    assert np.abs(values[:-3]).max() < 1e-14
    assert np.trace(problem.truth) == pytest.approx(3, rel=1e-14)  # columns of unit length


@pytest.mark.parametrize("condition_number", [1, 4.0, 1e3])
@pytest.mark.parametrize("rank", [1, 2, 6])
def test_the_condition_number_is_the_one_asked_for(condition_number, rank):
    problem = ipgd.matrix_sensing(6, rank, 9, rng=0, condition_number=condition_number)
    values = np.linalg.eigvalsh(problem.truth)[::-1][:rank]
    expected = np.linspace(1, 1 / condition_number, rank)
    assert values == pytest.approx(expected, rel=1e-9)


def test_measurements_are_those_of_the_truth():
    problem = ipgd.matrix_sensing(d=7, rank=2, m=50, rng=0)
    assert isinstance(problem.operator, DenseSymmetric)
    assert problem.operator.shape == (50, 49)
    assert problem.m == 50
    assert np.array_equal(problem.y, problem.operator.forward(problem.truth))


def test_noise_is_relative_to_the_measurements():
    clean = ipgd.matrix_sensing(6, 2, 4000, rng=0)
    noisy = ipgd.matrix_sensing(6, 2, 4000, rng=0, noise=0.3)
    assert np.array_equal(noisy.truth, clean.truth)
    ratio = np.std(noisy.y - clean.y) / np.sqrt(np.mean(clean.y**2))
    assert ratio == pytest.approx(0.3, rel=0.05)


def test_a_problem_is_a_function_of_rng():
    def draw(rng, **settings):
        problem = ipgd.matrix_sensing(5, 2, 20, rng=rng, **settings)
        return problem.operator.to_dense().tobytes(), problem.truth.tobytes(), problem.y.tobytes()

    assert draw(3) == draw(3) == draw(np.random.default_rng(3)) == draw(3, dtype="float64")
    assert all(a != b for a, b in zip(draw(3), draw(4), strict=True))
    shared = np.random.default_rng(3)
    assert draw(shared) != draw(shared)
    assert draw(None) != draw(None)


def test_storage_is_as_asked():
    for dtype, stored in ((None, "float32"), ("float32", "float32"), ("float64", "float64")):
        assert ipgd.matrix_sensing(4, 1, 5, rng=0, dtype=dtype).operator.storage == stored


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"d": 0}, "d: expected an integer >= 1, got 0"),
        ({"rank": 0}, "rank: expected an integer >= 1, got 0"),
        ({"rank": 6}, "rank: expected at most d = 5, got 6"),
        ({"m": -1}, "m: expected an integer >= 1, got -1"),
        ({"noise": -0.1}, r"noise: expected a finite number >= 0, got -0\.1"),
        ({"noise": np.nan}, "noise: expected a finite number >= 0, got nan"),
        ({"condition_number": 0.5}, r"condition_number: expected a number >= 1, got 0\.5"),
        ({"condition_number": np.inf}, "condition_number: expected a finite positive number"),
        ({"dtype": "float16"}, "dtype: expected one of 'float64', .*, 'int8', got 'float16'"),
        ({"ensemble": "goe"}, "ensemble: expected one of 'gaussian', got 'goe'"),
        ({"ensemble": None}, "ensemble: expected one of 'gaussian', got None"),
        ({"rng": -3}, "rng: expected None, an integer >= 0 or a numpy Generator, got -3"),
    ],
)
def test_values_that_make_no_sense(settings, words):
    with pytest.raises(ValueError, match=words):
        ipgd.matrix_sensing(**({"d": 5, "rank": 2, "m": 20} | settings))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"d": 5.0}, r"d: expected an integer, got 5\.0"),
        ({"m": "20"}, "m: expected an integer, got '20'"),
        ({"rank": None}, "rank: expected an integer, got None"),
        ({"noise": "loud"}, "noise: expected a number, a value such as .*, got 'loud'"),
        ({"condition_number": 1j}, "condition_number: expected a number, got 1j"),
        ({"rng": "seed"}, "rng: expected None, an integer >= 0 or a numpy Generator, got 'seed'"),
    ],
)
def test_arguments_of_the_wrong_type(settings, words):
    with pytest.raises(TypeError, match=words):
        ipgd.matrix_sensing(**({"d": 5, "rank": 2, "m": 20} | settings))


def test_a_problem_keeps_its_own_read_only_copies():
    operator = Dense(np.ones((3, 2, 2)))
    y, truth = np.arange(3.0), np.eye(2)
    problem = ipgd.Problem(operator, y, truth)
    y[0], truth[0, 0] = 99, 99
    assert problem.y[0] == 0
    assert problem.truth[0, 0] == 1
    for array in (problem.y, problem.truth):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 5
    with pytest.raises(dataclasses.FrozenInstanceError):
        problem.y = y


def test_bases_of_the_truth():
    problem = ipgd.matrix_sensing(8, 3, 10, rng=0)
    left, right = problem.truth_bases
    assert left.shape == right.shape == (8, 3)
    assert left.T @ left == pytest.approx(np.eye(3), abs=1e-14)
    assert left @ left.T @ problem.truth @ right @ right.T == pytest.approx(
        problem.truth, abs=1e-14
    )
    blind = ipgd.Problem(problem.operator, problem.y)
    with pytest.raises(ValueError, match="truth: expected a problem with a truth, got one without"):
        _ = blind.truth_bases
    with pytest.raises(ValueError, match="truth: expected a problem with a truth, got one without"):
        blind.truth_matrix()


def test_sizes_estimated_from_the_back_projection():
    problem = ipgd.matrix_sensing(8, 2, 4000, rng=0)
    A = problem.operator.to_dense()
    back = np.einsum("i,iab->ab", problem.y, A) / 4000
    assert problem.back_projection() == pytest.approx(back, rel=1e-9, abs=1e-12)
    largest = np.linalg.norm(problem.truth, 2)
    assert problem.scale().curvature == pytest.approx(np.linalg.norm(back, 2), rel=1e-10)
    assert problem.scale().magnitude == pytest.approx(largest, rel=0.2)
    scaled = ipgd.Problem(DenseSymmetric(8 * A), 8 * problem.y)
    assert scaled.scale().curvature == pytest.approx(64 * problem.scale().curvature, rel=1e-10)
    assert scaled.scale().magnitude == pytest.approx(problem.scale().magnitude, rel=1e-10)


def test_measurements_of_nothing_have_a_scale():
    problem = ipgd.Problem(DenseSymmetric(np.ones((4, 2, 2))), np.zeros(4))
    assert (problem.scale().curvature, problem.scale().magnitude) == (1, 1)


def test_repr():
    problem = ipgd.matrix_sensing(4, 1, 5, rng=0)
    assert repr(problem) == "Problem(DenseSymmetric(m=5, 4 x 4, float32, 0.00032 MB), with truth)"
    assert repr(ipgd.Problem(problem.operator, problem.y)).endswith("without truth)")


@pytest.mark.parametrize("k", [-660, -400, 400, 660])
def test_sizes_of_very_small_and_very_large_measurements(k):
    problem = ipgd.matrix_sensing(8, 2, 100, rng=0)
    scaled = ipgd.Problem(problem.operator, 2.0**k * problem.y)
    assert scaled.scale().curvature == pytest.approx(2.0**k * problem.scale().curvature, rel=1e-12)
    assert scaled.scale().magnitude == pytest.approx(2.0**k * problem.scale().magnitude, rel=1e-12)


def test_problems_are_compared_by_identity():
    problem = ipgd.matrix_sensing(4, 1, 5, rng=0)
    same = ipgd.Problem(problem.operator, problem.y, problem.truth)
    assert problem == problem  # noqa: PLR0124
    assert problem != same
    assert len({problem, same}) == 2


def test_a_truth_on_symmetric_measurements_is_symmetric():
    problem = ipgd.matrix_sensing(6, 1, 40, rng=0)
    truth = np.triu(np.ones((6, 6)))
    with pytest.raises(
        ValueError, match=r"truth: expected a symmetric matrix.* differ by up to 1 "
    ):
        ipgd.Problem(problem.operator, problem.y, truth)


@pytest.mark.skipif(
    np.finfo(np.longdouble).max == np.finfo(np.float64).max, reason="no wider numbers here"
)
def test_numbers_beyond_float64_are_infinite():
    """And named, without a warning."""
    y = np.full(200, np.finfo(np.longdouble).max)
    with pytest.raises(ValueError, match=r"y: expected finite numbers, got inf at index \(0,\)"):
        ipgd.Problem(ipgd.operators.DenseSymmetric(np.ones((200, 3, 3))), y)
