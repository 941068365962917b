"""The same bits for any number of threads, from run to run, alone or in company."""

import threading

import ipgd
import numpy as np
import pytest
from ipgd.operators import Dense, DenseSymmetric

METHODS = [
    ipgd.GD(step_size=0.2),
    ipgd.PGD(step_size=0.2, radius=1e-3, gradient_threshold=0.05, window=25),
    ipgd.IPGD(step_size=0.2, radius=1e-6),
    ipgd.IPGDPlus(step_size=0.2, radius=1e-3),
    ipgd.ScaledGD(damping=0.1),
    ipgd.NormalizedGD(step_size=1e-2),
    ipgd.AcceleratedGD(step_size=0.1),
    ipgd.SGD(100, step_size=0.05),
]


def run(problem, method, n_threads):
    return ipgd.solve(
        problem,
        method,
        init=ipgd.init.gaussian(1e-2),
        max_iter=80,
        record=("loss", "test_error", "gradient_norm", "signal_norm", "singular_values"),
        record_every=8,
        n_threads=n_threads,
        rng=7,
    )


@pytest.fixture(scope="module")
def single(chunked_problem):
    return {method: run(chunked_problem, method, 1) for method in METHODS}


@pytest.mark.parametrize("n_threads", [1, 2, 3, 4, 7, None])
@pytest.mark.parametrize("method", METHODS, ids=lambda m: type(m).__name__)
def test_threads_do_not_change_a_bit(chunked_problem, single, same_bits, method, n_threads):
    same_bits(run(chunked_problem, method, n_threads), single[method])


@pytest.mark.parametrize("method", METHODS, ids=lambda m: type(m).__name__)
def test_rng_changes_the_run(chunked_problem, single, method):
    other = ipgd.solve(chunked_problem, method, init=ipgd.init.gaussian(1e-2), max_iter=8, rng=8)
    assert not np.array_equal(other.parameters["U"], single[method].parameters["U"])


def test_threads_do_not_change_a_bit_of_the_truncated_method(same_bits):
    x = np.random.default_rng(0).standard_normal((1500, 24))
    operator = DenseSymmetric(x[:, :, None] * x[:, None, :])
    problem = ipgd.Problem(operator, (x**2)[:, :3].sum(axis=1), np.diag(np.arange(24) < 3))
    method = ipgd.TruncatedGD(step_size=0.01, truncation=3.0)
    single = run(problem, method, 1)
    assert single.nit == 80
    for n_threads in (2, 3, 4, 7):
        same_bits(run(problem, method, n_threads), single)


def test_threads_do_not_change_an_operator(any_problem):
    operator, rng = any_problem.operator, np.random.default_rng(0)
    X, r = rng.standard_normal(operator.matrix_shape), rng.standard_normal(any_problem.m)
    L, R = (rng.standard_normal((n, 4)) for n in operator.matrix_shape)

    def products(n_threads):
        threads = {"n_threads": n_threads}
        return (
            operator.forward(X, **threads),
            operator.adjoint(r, **threads),
            *operator.residual_adjoint(X, r, **threads),
            operator.forward((L, R), **threads),
            operator.adjoint_times(r, R, **threads),
            operator.adjoint_times(r, L, transposed=True, **threads),
        )

    alone = products(1)
    for n_threads in (2, 3, 4, 7):
        for one, other in zip(products(n_threads), alone, strict=True):
            assert one.tobytes() == other.tobytes()


def test_threads_do_not_change_a_rectangular_dense_operator():
    rng = np.random.default_rng(0)
    operator = Dense(rng.standard_normal((1500, 24, 20)))
    X, r = rng.standard_normal((24, 20)), rng.standard_normal(1500)
    alone = operator.residual_adjoint(X, r, n_threads=1)
    for n_threads in (2, 3, 4, 7):
        shared = operator.residual_adjoint(X, r, n_threads=n_threads)
        assert all(np.array_equal(a, b) for a, b in zip(shared, alone, strict=True))
        assert np.array_equal(operator.forward(X, n_threads=n_threads) - r, alone[0])
        assert np.array_equal(operator.adjoint(alone[0], n_threads=n_threads), alone[1])


def test_the_address_of_the_data_does_not_change_a_bit(chunked_problem, single, same_bits):
    A, y, truth = chunked_problem.operator.to_dense(), chunked_problem.y, chunked_problem.truth
    copies = []
    for padding in (8, 40, 4096):
        copies.append(ipgd.Problem(DenseSymmetric(A), y, truth))
        copies.append(np.empty(padding))  # shifts what is allocated next
    first = run(copies[0], METHODS[0], 2)
    for copy in copies[2::2]:
        same_bits(run(copy, METHODS[0], 2), first)
    U = single[METHODS[0]].parameters["U"]
    # stored without the factor sqrt(2), so equal to rounding only
    assert first.parameters["U"] == pytest.approx(U, rel=1e-9, abs=1e-12)


def test_solves_in_several_threads_at_once(chunked_problem, single, same_bits):
    results, start = {}, threading.Barrier(len(METHODS))

    def work(method):
        start.wait()
        results[method] = run(chunked_problem, method, 2)

    threads = [threading.Thread(target=work, args=(method,)) for method in METHODS]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for method in METHODS:
        same_bits(results[method], single[method])


def test_solves_of_any_operator_in_several_threads_at_once(any_problem, same_bits):
    methods = [ipgd.GD(), ipgd.IPGDPlus(radius=1e-6), ipgd.SGD(50), ipgd.NormalizedGD()]

    def solved(method, n_threads):
        return ipgd.solve(
            any_problem, method, init=ipgd.init.gaussian(0.1), max_iter=20, n_threads=n_threads,
            rng=7,
        )  # fmt: skip

    alone = [solved(method, 1) for method in methods]
    results, begin = {}, threading.Barrier(len(methods))

    def work(k):
        begin.wait()
        results[k] = solved(methods[k], 2)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(len(methods))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for k, one in enumerate(alone):
        same_bits(results[k], one)


def test_one_operator_serves_many_threads(any_problem):
    operator = any_problem.operator
    rng = np.random.default_rng(0)
    inputs = [rng.standard_normal(operator.matrix_shape) for _ in range(8)]
    expected = [operator.forward(X) for X in inputs]
    results = [None] * len(inputs)

    def work(k):
        for _ in range(20):
            results[k] = operator.forward(inputs[k], n_threads=1 + k % 3)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(len(inputs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(np.array_equal(a, b) for a, b in zip(results, expected, strict=True))
