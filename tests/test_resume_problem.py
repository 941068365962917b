"""resume recognises its problem: another A, y or shape is refused, files of before are read."""

from pathlib import Path

import ipgd
import numpy as np
import pytest


def bilinear(A):
    return ipgd.operators.Dense(A, dtype="float64")


def changed(A):
    """One A_i with two entries exchanged: its sum is the same."""
    out = A.copy()
    out[17, 2, 3], out[17, 4, 1] = A[17, 4, 1], A[17, 2, 3]
    return out


def shifted(operator, rows=0, cols=0):
    d1, d2 = operator.matrix_shape
    i, j = (operator.rows + rows) % d1, (operator.cols + cols) % d2
    return ipgd.operators.Entries(i, j, (d1, d2))


ANOTHER_A = {
    "transposed": lambda A: A.transpose(0, 2, 1),
    "columns permuted": lambda A: A[:, :, [1, 2, 0, 3, 4, 5, 6, 7]],
    "rows permuted": lambda A: A[:, ::-1],
    "two measurements exchanged": lambda A: A[[1, 0, *range(2, len(A))]],
    "one matrix changed, its sum kept": changed,
    "one entry changed a little": lambda A: A + 1e-3 * (np.arange(A.size) == 77).reshape(A.shape),
    "one sign changed": lambda A: A * (1 - 2.0 * (np.arange(len(A)) == 5))[:, None, None],
    "scaled": lambda A: (1 + 1e-5) * A,
}


@pytest.mark.parametrize("case", ANOTHER_A)
@pytest.mark.parametrize("m", [200, 3000])
def test_another_matrix_with_the_same_y_is_not_the_problem(case, m):
    A = np.random.default_rng(4).standard_normal((m, 8, 8))
    y = A[:, 0, 0]
    part = ipgd.solve(ipgd.Problem(bilinear(A), y), max_iter=3, rng=0)
    assert ipgd.resume(ipgd.Problem(bilinear(A.copy()), y), part, max_iter=4).nit == 4
    other = ipgd.Problem(bilinear(ANOTHER_A[case](A)), y)
    with pytest.raises(ValueError, match=r"problem: expected the solution's, got .* another A"):
        ipgd.resume(other, part, max_iter=10)


@pytest.mark.parametrize("move", [{"cols": 1}, {"rows": 1}, {"rows": 3, "cols": -2}], ids=str)
def test_other_entries_with_the_same_y_are_not_the_problem(move):
    problem = ipgd.matrix_completion(14, 9, rank=2, fraction=0.6, rng=0)
    part = ipgd.solve(problem, max_iter=3, rng=0)
    other = ipgd.Problem(shifted(problem.operator, **move), problem.y)
    with pytest.raises(ValueError, match=r"problem: expected the solution's, got .* another A"):
        ipgd.resume(other, part, max_iter=10)


def test_the_fingerprint_is_kept_with_the_operator(monkeypatch):
    operator = ipgd.operators.Dense.gaussian(100, 6, 5, rng=0)
    calls, original = [], type(operator).forward
    problems = [ipgd.Problem(operator, np.full(100, c)) for c in (1.0, 2.0)]
    ipgd.solve(problems[0], max_iter=2)
    monkeypatch.setattr(
        type(operator), "forward", lambda *a, **k: (calls.append(a), original(*a, **k))[1]
    )
    ipgd.resume(problems[0], ipgd.solve(problems[0], max_iter=2), max_iter=4)
    assert calls == []
    ipgd.solve(problems[1], ipgd.GD(0.1), init=ipgd.init.zeros(), max_iter=2)
    assert calls == []


@pytest.mark.parametrize("value", [1e200, 1e-200])
def test_the_fingerprint_of_huge_and_tiny_matrices(value):
    A = value * np.random.default_rng(4).standard_normal((50, 4, 4))
    one, same, other = (bilinear(B)._fingerprint() for B in (A, A.copy(), A.transpose(0, 2, 1)))
    assert np.isfinite(one).all()
    assert one == same
    assert not ipgd.operators.fingerprint.same_fingerprint(one, other)


DATA = Path(__file__).parent / "data"


def saved_before():
    """Files of the format before this one, and the problems they are of.

    Their y are stored, too: the last bits of a product depend on the instruction set.
    """
    made = {
        "sensing": ipgd.matrix_sensing(d=6, rank=2, m=100, rng=0),
        "completion": ipgd.matrix_completion(8, 6, rank=1, fraction=0.7, rng=0),
    }
    return {
        f"{name}-format-2.npz": ipgd.Problem(problem.operator, np.load(DATA / f"{name}-y.npy"))
        for name, problem in made.items()
    }


@pytest.mark.usefixtures("seeds_as_given")
@pytest.mark.parametrize("name", saved_before())
def test_files_of_the_format_before_go_on(name, tmp_path):
    problem = saved_before()[name]
    part = ipgd.load_solution(DATA / name)
    part.save(tmp_path / "run.npz")
    assert ipgd.load_solution(tmp_path / "run.npz").settings == part.settings
    assert part.settings["operator"]["storage"] == problem.operator.storage
    solution = ipgd.resume(problem, DATA / name, max_iter=part.nit + 20)
    assert solution.nit == part.nit + 20
    assert solution.fun < part.fun
    assert solution.history["iteration"][0] == 0
    other = ipgd.Problem(problem.operator, 2 * problem.y)
    with pytest.raises(ValueError, match=r"problem: .* another y"):
        ipgd.resume(other, part)


@pytest.mark.usefixtures("seeds_as_given")
def test_another_matrix_for_a_file_of_the_format_before():
    name = "sensing-format-2.npz"
    problem = saved_before()[name]
    A = problem.operator.to_dense()[::-1]
    operator = ipgd.operators.DenseSymmetric(A, dtype=problem.operator.storage)
    with pytest.raises(ValueError, match=r"problem: .* another A"):
        ipgd.resume(ipgd.Problem(operator, problem.y), DATA / name)
