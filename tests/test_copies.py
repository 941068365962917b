"""Copies and pickles of everything that a run is made of: the same bits after a round trip."""

import copy
import dataclasses
import inspect
import multiprocessing
import pickle
from concurrent.futures import ProcessPoolExecutor

import ipgd
import numpy as np
import pytest
from ipgd.operators import Dense, DenseSymmetric, Entries, RankOne
from ipgd.problems import noise, spectra

RNG = np.random.default_rng(0)
A = RNG.standard_normal((30, 4, 4))  # float64: not on the float32 grid

OPERATORS = {
    **{
        f"{make.__name__} {dtype}": lambda make=make, dtype=dtype: make(A, dtype=dtype)
        for make in (Dense, DenseSymmetric)
        for dtype in (None, "float64", "float32", "bfloat16", "int8")
    },
    "float32 data": lambda: DenseSymmetric(A.astype(np.float32)),
    "sums": lambda: Dense(A, dtype="float32", sums="float32"),
    **{
        f"drawn {dtype}": lambda dtype=dtype: DenseSymmetric.gaussian(40, 6, rng=1, dtype=dtype)
        for dtype in (None, "float64", "bfloat16", "int8")
    },
    "drawn rectangular": lambda: Dense.gaussian(40, 6, 3, rng=1),
    "gram": lambda: DenseSymmetric(A).gram(),
    "gram of a drawn one": lambda: Dense.gaussian(40, 5, 3, rng=1).gram(),
    "gram of an isometric one": lambda: DenseSymmetric.gaussian(40, 6, rng=1).gram(),
    "entries": lambda: Entries(RNG.integers(0, 9, 50), RNG.integers(0, 7, 50), (11, 8)),
    "entries in order": lambda: ipgd.matrix_completion(60, 50, 2, 900, rng=0).operator,
    "RankOne": lambda: RankOne(RNG.standard_normal((30, 5))),
    "RankOne float32": lambda: RankOne(RNG.standard_normal((30, 5)), dtype="float32"),
    "RankOne a b": lambda: RankOne(RNG.standard_normal((30, 5)), RNG.standard_normal((30, 4))),
    "RankOne drawn": lambda: RankOne.gaussian(30, 5, rng=2),
    "RankOne a b drawn": lambda: RankOne.gaussian(30, 5, 4, rng=2, dtype="float64"),
}


def pickled(value, protocol=pickle.HIGHEST_PROTOCOL):
    return pickle.loads(pickle.dumps(value, protocol))


def measurements(operator):
    """What it does to fixed factors, and its adjoint to a fixed residual."""
    rng = np.random.default_rng(5)
    d1, d2 = operator.matrix_shape
    factors = rng.standard_normal((d1, 2)), rng.standard_normal((d2, 2))
    r = rng.standard_normal(operator.shape[0])
    return operator.forward(factors).tobytes(), operator.adjoint(r).tobytes()


def facts(operator):
    names = ("shape", "matrix_shape", "symmetric", "storage", "nbytes", "factored")
    return [getattr(operator, name) for name in (*names, "quadratic_forms")] + [
        getattr(operator, "sums", None),
        repr(operator),
    ]


@pytest.mark.parametrize("protocol", [2, pickle.HIGHEST_PROTOCOL])
@pytest.mark.parametrize("make", OPERATORS.values(), ids=OPERATORS.keys())
def test_operators(make, protocol):
    operator = make()
    before = measurements(operator)
    operator._fingerprint()
    again = pickled(operator, protocol)
    assert type(again) is type(operator)
    assert facts(again) == facts(operator)
    assert measurements(again) == before
    assert again._fingerprint() == operator._fingerprint()
    # Nothing that was computed went along.
    assert len(pickle.dumps(operator)) == len(pickle.dumps(make_again(again)))
    assert copy.copy(operator) is copy.deepcopy(operator) is operator


def make_again(operator):
    return pickled(operator)


def test_ensembles_are_pickled_as_what_they_are_drawn_from():
    for operator in (
        DenseSymmetric.gaussian(2000, 20, rng=0),
        Dense.gaussian(2000, 20, 10, rng=0),
        RankOne.gaussian(20_000, 30, rng=0),
    ):
        assert operator.nbytes > 1e6
        assert len(pickle.dumps(operator)) < 1000


def test_given_numbers_are_pickled_as_they_are_stored():
    entries = RNG.standard_normal((200, 30, 30))
    for dtype in ("float64", "float32", "bfloat16", "int8"):
        operator = DenseSymmetric(entries, dtype=dtype)
        assert len(pickle.dumps(operator)) < operator.nbytes + 1000


PROBLEMS = {
    "sensing": lambda: ipgd.matrix_sensing(8, 2, 100, rng=0),
    "data": lambda: ipgd.Problem(Dense(A), np.arange(30.0), RNG.standard_normal((4, 4))),
    "basis": lambda: ipgd.Problem(Dense(A), np.ones(30), np.eye(4), np.eye(16).reshape(16, 4, 4)),
    "completion": lambda: ipgd.matrix_completion(20, 15, 2, fraction=0.4, rng=0),
    "completion of data": lambda: ipgd.MatrixCompletion(([0, 1, 3], [0, 2, 1], [1.0, 2.0, 3.0])),
    "quadratic": lambda: ipgd.quadratic_regression(6, 1, 80, rng=0),
    "sparse": lambda: ipgd.sparse_regression(30, 2, 20, rng=0),
}


def arrays_of(problem):
    fields = (problem.y, problem.truth, problem.basis)
    parts = [part for field in fields for part in (field if isinstance(field, tuple) else [field])]
    return [part for part in parts if part is not None]


@pytest.mark.parametrize("again", [pickled, copy.copy, copy.deepcopy])
@pytest.mark.parametrize("make", PROBLEMS.values(), ids=PROBLEMS.keys())
def test_problems(make, again):
    problem = make()
    solution = ipgd.solve(problem, max_iter=30, rng=0)
    assert problem._cache
    other = again(problem)
    assert type(other) is type(problem)
    assert other._cache == {}
    assert repr(other) == repr(problem)
    for one, two in zip(arrays_of(problem), arrays_of(other), strict=True):
        assert np.array_equal(one, two)
        assert not two.flags.writeable
    repeated = ipgd.solve(other, max_iter=30, rng=0)
    assert repeated.parameters.keys() == solution.parameters.keys()
    for name, block in solution.parameters.items():
        assert np.array_equal(block, repeated.parameters[name])
    further = ipgd.resume(other, solution, max_iter=40)
    assert np.array_equal(further.theta(), ipgd.solve(problem, max_iter=40, rng=0).theta())


def test_a_deep_copy_shares_the_operator_and_its_passes():
    problem = ipgd.matrix_sensing(8, 2, 100, rng=0)
    other = copy.deepcopy(problem)
    assert other.operator is problem.operator
    assert other.y is not problem.y
    pair = copy.deepcopy([problem, problem])
    assert pair[0] is pair[1]


def public_values():
    """One value of every public class of settings that can be made without arguments, and some."""
    modules = (ipgd, ipgd.init, ipgd.parameterizations, spectra, noise)
    values = [spectra.Linear(3.0), spectra.PowerLaw(1.0), spectra.Given([2.0, 1.0])]
    values += [noise.Gaussian(0.1), noise.StudentT(0.1, 3), noise.Outliers(0.1), ipgd.SGD(8)]
    values += [ipgd.Huber(1.0), ipgd.Logistic()]
    values += [ipgd.IPGD(radius=1e-8), ipgd.DeepFactor(3, (4, 5)), ipgd.Stop(relative_loss=1e-3)]
    for module in modules:
        for name, kind in vars(module).items():
            if name[0] == "_" or not inspect.isclass(kind) or inspect.isabstract(kind):
                continue
            if kind.__module__.startswith("ipgd") and not issubclass(kind, BaseException | tuple):
                try:
                    values.append(kind())
                except TypeError:
                    continue  # it has to be told something
    return values


@pytest.mark.parametrize("value", public_values(), ids=repr)
def test_settings(value):
    for again in (pickled, copy.copy, copy.deepcopy):
        other = again(value)
        assert type(other) is type(value)
        assert other == value
        assert hash(other) == hash(value)
        assert repr(other) == repr(value)
    for field in dataclasses.fields(value):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(value, field.name, getattr(value, field.name))


def test_settings_are_many():
    names = {type(value).__name__ for value in public_values()}
    assert len(names) > 30
    assert {"GD", "PGD", "SGD", "Stop", "SymmetricFactor", "CompressedDeep", "gaussian"} <= names


def test_solutions():
    problem = ipgd.matrix_sensing(8, 2, 100, rng=0)
    solution = ipgd.solve(problem, max_iter=20, rng=0)
    for again in (pickled, copy.copy, copy.deepcopy):
        other = again(solution)
        assert np.array_equal(other.theta(), solution.theta())
        assert np.array_equal(
            ipgd.resume(problem, other, max_iter=25).theta(),
            ipgd.solve(problem, max_iter=25, rng=0).theta(),
        )


def solve_one(problem, seed):
    return ipgd.solve(problem, max_iter=20, rng=seed, n_threads=1)


@pytest.mark.usefixtures("seeds_as_given")  # other processes draw without an offset
def test_spawned_processes_take_problems_and_give_solutions():
    problem = ipgd.MatrixCompletion(([0, 1, 3, 2], [0, 2, 1, 1], [1.0, 2.0, 3.0, 4.0]))
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        there = pool.submit(solve_one, problem, 3).result(timeout=300)
    assert np.array_equal(there.theta(), solve_one(problem, 3).theta())


@pytest.mark.usefixtures("seeds_as_given")
def test_joblib():
    joblib = pytest.importorskip("joblib")
    problem = ipgd.matrix_sensing(6, 1, 60, rng=0)
    jobs = (joblib.delayed(solve_one)(problem, seed) for seed in range(2))
    for seed, there in enumerate(joblib.Parallel(2)(jobs)):
        assert np.array_equal(there.theta(), solve_one(problem, seed).theta())
