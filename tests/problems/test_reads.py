"""Data that could be read as something else: read rightly, or refused with the reason."""

from fractions import Fraction

import ipgd
import numpy as np
import pytest
from ipgd.operators import Dense, DenseSymmetric, Entries, RankOne
from scipy import sparse

MASKED = np.ma.array([[1.0, 2.0], [3.0, 999.0]], mask=[[0, 0], [0, 1]])
VECTOR = np.ma.array([1.0, 999.0], mask=[0, 1])


def pandas():
    return pytest.importorskip("pandas")


def observed(problem):
    """The entries as a dict."""
    op = problem.operator
    return {
        (int(i), int(j)): float(v) for i, j, v in zip(op.rows, op.cols, problem.values, strict=True)
    }


# Masks: numpy drops them where arrays are made of lists.

OPERATOR = Dense(np.arange(1.0, 9.0).reshape(2, 2, 2))
MASKS = {
    "A": lambda: Dense(np.ma.ones((1, 2, 2))),
    "list of A_i": lambda: Dense([MASKED, MASKED]),
    "symmetric A": lambda: DenseSymmetric([MASKED]),
    "X": lambda: RankOne(list(MASKED)),
    "Y": lambda: RankOne(np.ones((2, 2)), [VECTOR, VECTOR]),
    "rows": lambda: Entries(np.ma.array([0, 1], mask=[0, 1]), [0, 1], (2, 2)),
    "cols": lambda: Entries([0, 1], [0, np.ma.masked], (2, 2)),
    "y": lambda: ipgd.Problem(OPERATOR, VECTOR),
    "y in a list": lambda: ipgd.Problem(OPERATOR, [1.0, np.ma.masked]),
    "truth": lambda: ipgd.Problem(OPERATOR, [1.0, 2.0], MASKED),
    "truth in a list": lambda: ipgd.Problem(OPERATOR, [1.0, 2.0], list(MASKED)),
    "basis": lambda: ipgd.Problem(OPERATOR, [1.0, 2.0], np.eye(2), basis=[MASKED]),
    "values": lambda: ipgd.MatrixCompletion(([0, 1], [0, 1], VECTOR)),
    "data": lambda: ipgd.MatrixCompletion(MASKED),
    "rows of data": lambda: ipgd.MatrixCompletion(list(MASKED)),
    "sparse A": lambda: ipgd.sparse_regression_data(list(MASKED), [1.0, 2.0]),
    "sparse truth": lambda: ipgd.sparse_regression_data(np.eye(2), [1.0, 2.0], VECTOR),
    "quadratic X": lambda: ipgd.QuadraticRegression(MASKED, [1.0, 2.0]),
    "forward": lambda: OPERATOR.forward(list(MASKED)),
    "adjoint": lambda: OPERATOR.adjoint(VECTOR),
    "matvec": lambda: OPERATOR.matvec(np.ma.array(np.ones(4), mask=[0, 0, 0, 1])),
    "rmatvec": lambda: OPERATOR.rmatvec(VECTOR),
    "matmat": lambda: OPERATOR @ np.ma.array(np.ones((4, 2)), mask=np.eye(4, 2)),
    "rmatmat": lambda: OPERATOR.rmatmat([VECTOR, VECTOR]),
    "left product": lambda: OPERATOR.__rmatmul__(VECTOR),
    "init": lambda: ipgd.solve(
        ipgd.Problem(OPERATOR, [1.0, 2.0]),
        parameterization=ipgd.AsymmetricFactor(2),
        init={"V": MASKED, "W": MASKED},
    ),
}


@pytest.mark.parametrize("call", MASKS.values(), ids=MASKS.keys())
def test_masks_are_never_dropped(call):
    with pytest.raises(TypeError, match=r"mask"):
        call()


# Tables: lists of entries are not matrices.

RATINGS = {"user": [0, 0, 1, 2, 2], "item": [0, 1, 0, 1, 2], "rating": [5.0, 3.0, 4.0, 1.0, 2.0]}
EXPECTED = {(0, 0): 5.0, (0, 1): 3.0, (1, 0): 4.0, (2, 1): 1.0, (2, 2): 2.0}


@pytest.mark.parametrize(
    "columns",
    [("user", "item", "rating"), ("rating", "user", "item"), ("user", "t", "item", "rating")],
)
def test_a_table_is_read_by_the_names_of_its_columns(columns):
    pd = pandas()
    table = pd.DataFrame(RATINGS | {"t": [881250949] * 5})[list(columns)]
    assert observed(ipgd.MatrixCompletion(table)) == EXPECTED
    assert observed(ipgd.MatrixCompletion(table.convert_dtypes())) == EXPECTED
    records = table.to_records(index=False)
    assert observed(ipgd.MatrixCompletion(records.view(np.ndarray))) == EXPECTED
    assert ipgd.MatrixCompletion(table, shape=(7, 9)).operator.matrix_shape == (7, 9)


def test_a_table_with_some_of_the_names_is_refused():
    pd = pandas()
    table = pd.DataFrame(RATINGS).rename(columns={"rating": "stars"})
    with pytest.raises(ValueError, match=r"^data: .* a table with the columns user, item, stars;"):
        ipgd.MatrixCompletion(table)


def test_columns_given_in_another_order_are_refused():
    table = pandas().DataFrame(RATINGS).astype(int)
    words = r"^data: expected \(rows, cols, values\) in this order, got columns named rating, user,"
    with pytest.raises(ValueError, match=words):
        ipgd.MatrixCompletion((table["rating"], table["user"], table["item"]))
    good = (table["user"], table["item"], table["rating"])
    assert observed(ipgd.MatrixCompletion(good)) == EXPECTED


def test_an_array_that_may_be_a_list_of_entries_is_refused():
    listed = np.stack([*RATINGS.values(), [9.0] * 5], axis=1)
    for array in (listed, listed.T, listed[:, :3]):
        with pytest.raises(ValueError, match=r"^data: .* tuple \(rows, cols, values\)"):
            ipgd.MatrixCompletion(array)
    listed[2, 2] = np.nan  # a rating that is missing does not make it a matrix
    for array in (listed, listed[:, :3]):
        with pytest.raises(ValueError, match=r"^data: .* that may be a list of entries"):
            ipgd.MatrixCompletion(array)
    matrix = listed + 0.5
    assert ipgd.MatrixCompletion(matrix).operator.matrix_shape == (5, 4)


def test_missing_values_of_a_table_are_missing_entries():
    pd = pandas()
    table = pd.DataFrame({"a": [1, None, 3], "b": [4, 5, None]}, dtype="Int64")
    assert observed(ipgd.MatrixCompletion(table)) == {
        (0, 0): 1,
        (0, 1): 4,
        (1, 1): 5,
        (2, 0): 3,
    }
    mixed = pd.DataFrame({"a": [1.5, 2.0], "b": [True, False], "c": [1, 2], "d": [3, 4]})
    assert observed(ipgd.MatrixCompletion(mixed))[0, 1] == 1


# Sparse arrays: what is stored is what is observed, or it is refused.


@pytest.mark.parametrize("kind", ["coo", "csr", "csc", "lil", "dok"])
@pytest.mark.parametrize("make", [sparse.coo_array, sparse.coo_matrix])
def test_sparse_formats_of_single_elements(kind, make):
    data = make(([5.0, -1.0], ([0, 2], [1, 3])), shape=(3, 5)).asformat(kind)
    problem = ipgd.MatrixCompletion(data)
    assert observed(problem) == {(0, 1): 5.0, (2, 3): -1.0}
    assert problem.operator.matrix_shape == (3, 5)


@pytest.mark.parametrize("kind", ["dia", "bsr"])
def test_sparse_formats_that_do_not_tell_zeros_from_gaps(kind):
    data = sparse.coo_array(([5.0, 1.0], ([0, 1], [1, 2])), shape=(4, 4)).asformat(kind)
    with pytest.raises(ValueError, match=rf"^data: .* got a SciPy {kind}_array of shape \(4, 4\)"):
        ipgd.MatrixCompletion(data)


def test_a_sparse_array_whose_pointers_lie():
    data = sparse.csr_array(([1.0, 2.0], [0, 1], [0, 1, 2]), shape=(2, 2))
    data.indptr = np.array([0, 1, 99], np.int32)
    with pytest.raises(ValueError, match=r"indptr|indices|index pointer"):
        ipgd.MatrixCompletion(data)


# What is no array of real numbers says what it is.


@pytest.mark.parametrize(
    ("A", "words"),
    [
        ([[1.0, None], [2.0, 3.0]], r"dtype object with None at index \(0, 1\)"),
        (sparse.eye_array(2), r"a dense array .* got a SciPy dia_array of shape \(2, 2\)"),
        ([sparse.eye_array(2)], r"object with a SciPy dia_array of shape \(2, 2\) at index \(0,\)"),
        (np.zeros(3, [("a", float), ("b", int)]), r"records with the fields a, b; np\.stack\(\[A"),
        ([["1", "2"]], r"dtype <U1, which is text"),
        (np.zeros(2, "M8[s]"), r"dtype datetime64\[s\], which is dates"),
        (np.zeros(2, "m8[s]"), r"dtype timedelta64\[s\], which is lengths of time"),
        ([Fraction(1, 2)], r"dtype object; all of it are numbers, so \.astype\(float\) makes"),
        ([[1.0], [1.0, 2.0]], r"inhomogeneous"),
        ({1: 2.0}, r"got \{1: 2\.0\}"),
        ("text", r"got 'text'"),
        (None, r"got None"),
    ],
)
def test_what_is_no_array_of_real_numbers(A, words):
    with pytest.raises(TypeError, match=rf"^A: .*{words}"):
        ipgd.sparse_regression_data(A, [1.0])
    with pytest.raises(TypeError, match=rf"^A: .*{words}"):
        Dense(A)


def test_columns_of_a_table_that_are_no_numbers():
    pd = pandas()
    for column, dtype in (
        (["x", "y"], "str|object"),
        (pd.Categorical([1, 2]), "category"),
        (pd.date_range("2020", periods=2), "datetime64"),
    ):
        table = pd.DataFrame({"a": [1.0, 2.0], "b": column})
        with pytest.raises(TypeError, match=rf"^A: .* got the column 'b' of dtype ({dtype})"):
            ipgd.sparse_regression_data(table, [1.0, 2.0])
        with pytest.raises(TypeError, match=rf"^y: .* got a Series of dtype ({dtype})"):
            ipgd.Problem(OPERATOR, pd.Series(column))
    holes = pd.DataFrame({"a": pd.arrays.SparseArray([0.0, 1.0])})
    with pytest.raises(TypeError, match=r"^A: .* of dtype Sparse\[.*\.sparse\.to_dense\(\) fills"):
        ipgd.sparse_regression_data(holes, [1.0, 2.0])
    with pytest.raises(ValueError, match=r"^y: expected finite numbers, got nan at index \(1,\)"):
        ipgd.Problem(OPERATOR, pd.Series([1, None], dtype="Int64"))
    good = pd.Series([1, 2], dtype="Int64")
    assert np.array_equal(ipgd.Problem(OPERATOR, good).y, [1.0, 2.0])


@pytest.mark.parametrize(
    ("index", "words"),
    [
        ([0.0, 1.0], r"got dtype float64 \(\.astype\(int\) if all are whole numbers\)"),
        ([True, False], r"got dtype bool \(np\.nonzero\(mask\) gives the places that are True\)"),
        (["a", "b"], r"got dtype <U1, which is text; names, numbers = np\.unique\(ids"),
        ([None, 1], r"got dtype object with None at index \(0,\)"),
    ],
)
def test_indices_of_another_kind(index, words):
    with pytest.raises(TypeError, match=f"^rows: expected integers, {words}"):
        Entries(index, [0, 1], (2, 2))
    with pytest.raises(TypeError, match=f"^cols: expected integers, {words}"):
        Entries([0, 1], index, (2, 2))


def test_measurements_that_come_last_are_told_from_a_wrong_y():
    A = np.random.default_rng(0).standard_normal((3, 4, 50))
    y = np.ones(50)
    words = (
        r"^operator: expected one with m = 50 measurements, as y has, got Dense\(m=3, 4 x 50,.*\); "
        r"if its A, \(3, 4, 50\), has the measurements last, np\.moveaxis\(A, -1, 0\)"
    )
    with pytest.raises(ValueError, match=words):
        ipgd.Problem(Dense(A), y)
    assert ipgd.Problem(Dense(np.moveaxis(A, -1, 0)), y).m == 50
    with pytest.raises(ValueError, match=r"^A: .* got \(4, 4, 50\); np\.moveaxis\(A, -1, 0\)"):
        DenseSymmetric(np.ones((4, 4, 50)))


def test_a_column_for_y_is_refused_with_the_reason():
    A = np.random.default_rng(0).standard_normal((20, 6))
    problem = ipgd.sparse_regression_data(A, A @ np.eye(6)[2])
    theta = ipgd.solve(problem).theta()  # (6, 1)
    with pytest.raises(ValueError, match=r"^y: expected shape \(20,\), got \(20, 1\): a column,"):
        ipgd.sparse_regression_data(A, A @ theta)
    assert problem.operator.forward(theta).shape == problem.y.shape


def test_the_vector_of_a_solution_meets_y():
    A = np.random.default_rng(0).standard_normal((20, 6))
    problem = ipgd.sparse_regression_data(A, A @ np.eye(6)[2])
    solution = ipgd.solve(problem, max_iter=5)
    assert np.array_equal(solution.vector(), solution.theta()[:, 0])
    assert (A @ solution.vector() - problem.y).shape == (20,)
    matrix = ipgd.solve(ipgd.matrix_sensing((4, 3), 1, 40, rng=0), max_iter=5, rng=0)
    with pytest.raises(ValueError, match=r"^vector: expected .* got one of 4 x 3; theta\(\) is"):
        matrix.vector()
