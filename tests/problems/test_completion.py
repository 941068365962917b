"""Matrix completion, as a problem and from start to end."""

import ipgd
import numpy as np
import pytest
from scipy import sparse


def relative(error, truth):
    return np.linalg.norm(error) / np.linalg.norm(truth)


def test_a_fifth_of_the_entries_gives_the_matrix_back():
    problem = ipgd.matrix_completion(300, 300, 5, fraction=0.2, rng=0)
    assert problem.m == 18000
    solution = ipgd.solve(
        problem,
        parameterization=ipgd.AsymmetricFactor(5),
        record=("test_error",),
        record_every=100,
        rng=0,
    )
    assert solution.success
    truth = problem.truth_matrix()
    error = relative(solution.theta() - truth, truth)
    assert error < 1e-4
    assert solution.history["test_error"][-1] == pytest.approx(error, rel=1e-6)
    assert solution.numerical_rank() == 5
    rows, cols = np.array([3, 250, 7]), np.array([299, 0, 7])
    np.testing.assert_allclose(
        problem.predict(solution, rows, cols), solution.theta()[rows, cols], rtol=1e-12
    )


def test_overparameterised_completion_from_a_small_start():
    problem = ipgd.matrix_completion(60, 50, 2, fraction=0.5, rng=1)
    solution = ipgd.solve(
        problem, parameterization=ipgd.AsymmetricFactor(10), record=("test_error",), rng=0
    )
    assert solution.history["test_error"][-1] < 1e-4
    assert solution.numerical_rank() == 2


def test_a_positive_semidefinite_matrix_is_completed_as_u_ut():
    rng = np.random.default_rng(0)
    U = rng.standard_normal((40, 2)) / np.sqrt(40)
    rows, cols = np.divmod(rng.choice(1600, 800, replace=False), 40)
    problem = ipgd.MatrixCompletion((rows, cols, (U @ U.T)[rows, cols]), (40, 40), (U, U))
    solution = ipgd.solve(
        problem, parameterization=ipgd.SymmetricFactor(4), record=("test_error",), rng=0
    )
    assert solution.history["test_error"][-1] < 1e-4


def test_the_three_kinds_of_data_are_the_same_problem(same_bits):
    rng = np.random.default_rng(4)
    matrix = np.outer(rng.standard_normal(12), rng.standard_normal(9))
    mask = rng.random((12, 9)) < 0.7
    mask[-1, -1] = True
    rows, cols = np.nonzero(mask)
    order = rng.permutation(len(rows))
    as_array = ipgd.MatrixCompletion(np.where(mask, matrix, np.nan))
    as_triple = ipgd.MatrixCompletion((rows[order], cols[order], matrix[mask][order]))
    as_sparse = ipgd.MatrixCompletion(sparse.csc_array((matrix[mask], (rows, cols))))
    solutions = []
    for problem in (as_array, as_triple, as_sparse):
        assert problem.operator.matrix_shape == (12, 9)
        np.testing.assert_allclose(
            problem.values, matrix[problem.operator.rows, problem.operator.cols], rtol=1e-15
        )
        solutions.append(ipgd.solve(problem, max_iter=30, rng=0))
    for other in solutions[1:]:
        same_bits(solutions[0], other)


def test_an_entry_given_twice_counts_twice():
    once = ipgd.MatrixCompletion(([0, 1], [0, 1], [1.0, 2.0]))
    twice = ipgd.MatrixCompletion(([0, 1, 0], [0, 1, 0], [1.0, 2.0, 1.0]))
    theta = np.array([[0.0, 0.0], [0.0, 2.0]])
    for problem, errors in ((once, 1), (twice, 2)):
        residual = problem.operator.forward(theta) - problem.y
        assert residual @ residual == pytest.approx(4 * errors)  # s^2 = d1 d2 = 4


def test_an_explicit_zero_of_a_sparse_array_is_observed():
    data = sparse.coo_array((np.array([0.0, 3.0]), ([0, 1], [1, 0])), shape=(3, 2))
    problem = ipgd.MatrixCompletion(data)
    assert problem.m == 2
    assert sorted(problem.values) == [0.0, pytest.approx(3.0)]
    assert problem.operator.matrix_shape == (3, 2)


def test_generated_problems_are_as_described():
    problem = ipgd.matrix_completion(20, 30, 3, 200, rng=0, condition_number=4)
    sigma = np.linalg.svd(problem.truth_matrix(), compute_uv=False)
    np.testing.assert_allclose(sigma[:3], [1, 0.625, 0.25], rtol=1e-12)
    truth = problem.truth_matrix()
    np.testing.assert_allclose(
        problem.values, truth[problem.operator.rows, problem.operator.cols], rtol=1e-12, atol=1e-15
    )
    again = ipgd.matrix_completion(20, 30, 3, 200, rng=0, condition_number=4)
    np.testing.assert_array_equal(again.y, problem.y)
    noisy = ipgd.matrix_completion(200, 200, 3, 20000, rng=0, noise=0.1)
    clean = ipgd.matrix_completion(200, 200, 3, 20000, rng=0)
    assert relative(noisy.y - clean.y, clean.y) == pytest.approx(0.1, rel=0.03)


def test_the_truth_by_its_factors_gives_the_figures_of_the_matrix():
    problem = ipgd.matrix_completion(30, 20, 3, 400, rng=0)
    whole = ipgd.Problem(problem.operator, problem.y, problem.truth_matrix())
    record = ("test_error", "signal_norm", "residual_norm")
    settings = {"parameterization": ipgd.AsymmetricFactor(4), "record": record, "rng": 1}
    by_factors, by_matrix = (ipgd.solve(p, max_iter=400, **settings) for p in (problem, whole))
    assert by_matrix.history["test_error"][-1] < 1e-3
    for name in record:
        np.testing.assert_allclose(
            by_factors.history[name], by_matrix.history[name], rtol=1e-9, atol=1e-12
        )
    full = ipgd.solve(problem, max_iter=5, record=("test_error",), rng=0)  # wider than 30 x 20
    expected = relative(full.theta() - problem.truth_matrix(), problem.truth_matrix())
    assert full.history["test_error"][-1] == pytest.approx(expected, rel=1e-12)


def test_nothing_of_the_size_of_the_matrix_is_formed(tmp_path):
    """200000 x 100000: 160 GB."""
    d1, d2 = 200_000, 100_000
    problem = ipgd.matrix_completion(d1, d2, 2, 50_000, rng=0)
    solution = ipgd.solve(
        problem,
        parameterization=ipgd.AsymmetricFactor(2),
        init=ipgd.init.spectral(),
        max_iter=3,
        record=("loss", "test_error", "signal_norm", "residual_norm", "singular_values"),
        rng=0,
    )
    assert np.isfinite(solution.history["test_error"]).all()
    sigma = solution.history["singular_values"][-1]
    assert sigma.shape == (10,)
    assert (sigma[:2] > 0).all()
    assert (sigma[2:] == 0).all()
    assert solution.numerical_rank() <= 2
    path = tmp_path / "large.npz"
    solution.save(path)
    with np.load(path) as saved:
        assert "theta" not in saved
    loaded = ipgd.load_solution(path)
    assert loaded.matrix_shape == (d1, d2)
    with pytest.raises(MemoryError, match=r"^theta: expected what fits in memory"):
        loaded.theta()
    with pytest.raises(MemoryError, match=r"^truth: expected what fits in memory"):
        problem.truth_matrix()
    assert problem.predict(loaded, [5], [7]).shape == (1,)


@pytest.mark.parametrize("rank", [1, 3])
def test_spectral_init_by_lanczos_is_that_of_the_whole_matrix(rank):
    """1100 x 1000 is large enough for Lanczos iterations."""
    problem = ipgd.matrix_completion(1100, 1000, 3, 60_000, rng=0, condition_number=3)
    solution = ipgd.solve(
        problem,
        parameterization=ipgd.AsymmetricFactor(rank),
        init=ipgd.init.spectral(),
        max_iter=0,
    )
    left, sigma, right = np.linalg.svd(problem.back_projection(), full_matrices=False)
    best = (left[:, :rank] * sigma[:rank]) @ right[:rank]
    image = problem.operator.forward(best)
    best *= (problem.y @ image) / (image @ image)
    assert relative(solution.theta() - best, best) < 1e-8


def test_the_scale_by_vectors_is_that_of_the_back_projection():
    problem = ipgd.matrix_completion(60, 50, 2, 1500, rng=0, condition_number=2)
    norm = np.linalg.norm(problem.back_projection(), 2)
    scale = problem.scale()
    assert norm * 0.99 < scale.curvature <= norm * (1 + 1e-12)
    assert scale.magnitude == pytest.approx(1.0, rel=0.3)
    nothing = ipgd.MatrixCompletion(([0, 1], [0, 1], [0.0, 0.0]))
    assert nothing.scale() == ipgd.problems.Scale(1.0, 1.0)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: ipgd.MatrixCompletion([[np.nan]]), ValueError, r"^data: expected at least one en"),
        (lambda: ipgd.MatrixCompletion([[np.inf]]), ValueError, r"^data: expected finite numbers"),
        (
            lambda: ipgd.MatrixCompletion([[1.0, np.nan], [-np.inf, 2.0]]),
            ValueError,
            r"^data: .* got -inf at \(1, 0\)",
        ),
        (
            lambda: ipgd.MatrixCompletion([[0, 1], [1, 0], [2.0, 3.0]]),  # a list of three columns
            ValueError,
            r"^data: expected .* or a tuple \(rows, cols, values\), got one of shape \(3, 2\)",
        ),
        (
            lambda: ipgd.MatrixCompletion(np.ma.masked_array([[1.0, 2.0]], [[True, False]])),
            TypeError,
            r"^data: expected NaN .* \(\.filled\(np\.nan\)\), got a mask",
        ),
        (lambda: ipgd.MatrixCompletion([1.0]), ValueError, r"^data: expected a matrix with NaN"),
        (lambda: ipgd.MatrixCompletion([["a"]]), TypeError, r"^data: expected an array of"),
        (lambda: ipgd.MatrixCompletion(([0], [0])), ValueError, r"^data: expected \(rows, col"),
        (
            lambda: ipgd.MatrixCompletion(([0], [0], [1, 2])),
            ValueError,
            r"^values: expected one",
        ),
        (
            lambda: ipgd.MatrixCompletion(([0], [0], [np.nan])),
            ValueError,
            r"^values: expected fin",
        ),
        (
            lambda: ipgd.MatrixCompletion([[1.0]], (2, 2)),
            ValueError,
            r"^shape: expected that of",
        ),
        (
            lambda: ipgd.matrix_completion(5, 5, 6, 3),
            ValueError,
            r"^rank: expected at most min",
        ),
        (
            lambda: ipgd.matrix_completion(5, 5, 1),
            ValueError,
            r"^n_observed: expected either",
        ),
        (
            lambda: ipgd.matrix_completion(5, 5, 1, 26),
            ValueError,
            r"^n_observed: expected at most d1 d",
        ),
        (lambda: ipgd.matrix_completion(5, 5, 1, fraction=2), ValueError, r"^fraction: expected a"),
        (
            lambda: ipgd.matrix_completion(5, 5, 1, 3, condition_number=0.5),
            ValueError,
            r"^condition_number: expected a number >= 1",
        ),
    ],
)
def test_wrong_arguments_are_named(call, error, words):
    with pytest.raises(error, match=words):
        call()


@pytest.mark.parametrize(
    ("truth", "words"),
    [
        ((np.ones((2, 1)),), r"^truth: expected two factors"),
        ((np.ones((3, 1)), np.ones((2, 1))), r"^truth\[0\]: expected shape \(2, any\)"),
        ((np.ones((2, 1)), np.ones((2, 2))), r"^truth\[1\]: expected shape \(2, 1\)"),
    ],
)
def test_wrong_factors_of_the_truth_are_named(truth, words):
    with pytest.raises(ValueError, match=words):
        ipgd.MatrixCompletion([[1.0, np.nan], [2.0, 3.0]], truth=truth)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: ipgd.MatrixCompletion(([np.nan], [0], [1.0])), TypeError, "rows: expected intege"),
        (lambda: ipgd.MatrixCompletion((["a"], [0], [1.0])), TypeError, "rows: expected integers"),
        (lambda: ipgd.MatrixCompletion([[1.0]], 5), ValueError, r"shape: expected \(d1, d2\)"),
        (
            lambda: ipgd.MatrixCompletion(([0, 1], [0], [1.0, 2.0])),
            ValueError,
            "values: expected one number for each of the 2 rows and 1 cols, got 2",
        ),
        (lambda: ipgd.MatrixCompletion("a.csv"), TypeError, "data: .*, got 'a.csv'"),
        (
            lambda: ipgd.matrix_completion(5, 5, 1, 3, fraction=0.1),
            ValueError,
            "n_observed: expected either n_observed or fraction, got both",
        ),
    ],
)
def test_mistakes_are_said_in_the_words_of_the_caller(call, error, words):
    with pytest.raises(error, match=words):
        call()


@pytest.mark.parametrize(
    "predict",
    [
        lambda solution: ipgd.MatrixCompletion([[1.0, 2.0]]).predict(solution, [0], [0]),
        lambda solution: ipgd.QuadraticRegression([[1.0, 2.0]], [1.0]).predict(solution, [[1, 2]]),
    ],
)
def test_predictions_take_solutions_of_the_same_shape(predict):
    with pytest.raises(TypeError, match=r"solution: expected an ipgd\.Solution, got None"):
        predict(None)
    other = ipgd.solve(ipgd.matrix_sensing(3, 1, 5, rng=0), max_iter=1)
    with pytest.raises(
        ValueError, match=r"solution: expected .* whose matrices are . x 2, got .* 3 x"
    ):
        predict(other)
