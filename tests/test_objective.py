"""f, its gradient and its Hessian as a user has them."""

import signal
import sys
import threading
import time

import ipgd
import numpy as np
import pytest
import scipy.optimize
import scipy.sparse.linalg

SENSING = ipgd.matrix_sensing(d=8, rank=2, m=80, rng=0)
COMPLETION = ipgd.matrix_completion(9, 7, rank=2, n_observed=50, rng=0)
QUADRATIC = ipgd.quadratic_regression(d=6, rank=1, m=60, rng=0)
SPARSE = ipgd.sparse_regression(d=12, sparsity=3, m=30, rng=0)
PAIRINGS = {
    "sensing": (SENSING, ipgd.SymmetricFactor(3)),
    "completion": (COMPLETION, ipgd.AsymmetricFactor(3)),
    "deep completion": (COMPLETION, ipgd.DeepFactor(3)),
    "compressed": (COMPLETION, ipgd.CompressedDeep(2)),
    "quadratic": (QUADRATIC, ipgd.SymmetricFactor(2)),
    "power": (SPARSE, ipgd.HadamardPower(3)),
    "product": (SPARSE, ipgd.HadamardProduct()),
    "weight normalised": (SPARSE, ipgd.WeightNormalized()),
}


def parameters(objective, seed=0):
    return 0.5 + 0.3 * np.random.default_rng(seed).standard_normal(objective.size)


@pytest.mark.parametrize("name", PAIRINGS)
@pytest.mark.parametrize("loss", [None, ipgd.Huber(0.7)])
def test_gradient_and_hessian_are_derivatives(name, loss):
    objective = ipgd.Objective(*PAIRINGS[name], loss)
    x = parameters(objective)
    v = np.random.default_rng(1).standard_normal(objective.size)
    h = 1e-6
    slope = (objective.value(x + h * v) - objective.value(x - h * v)) / (2 * h)
    assert slope == pytest.approx(objective.gradient(x) @ v, rel=1e-5)
    change = (objective.gradient(x + h * v) - objective.gradient(x - h * v)) / (2 * h)
    product = objective.hessian_product(x, v)
    assert np.linalg.norm(change - product) < 1e-5 * np.linalg.norm(product)


def test_value_is_the_loss_of_a_run():
    solution = ipgd.solve(
        SENSING, parameterization=ipgd.SymmetricFactor(3), max_iter=20, gram=False
    )
    objective = ipgd.Objective(SENSING, ipgd.SymmetricFactor(3))
    assert objective.value(solution.parameters) == solution.fun
    gradient = objective.gradient(solution.parameters)
    assert gradient.keys() == {"U"}
    assert np.linalg.norm(gradient["U"]) == pytest.approx(solution.gradient_norm, rel=1e-12)


def test_order_of_given_entries_does_not_matter():
    L, R = np.random.default_rng(0).standard_normal((2, 6, 2))
    rows, cols = np.random.default_rng(1).integers(0, 6, (2, 20))
    y = (L @ R.T)[rows, cols]
    problem = ipgd.Problem(ipgd.operators.Entries(rows, cols, (6, 6)), 6 * y)
    objective = ipgd.Objective(problem, ipgd.AsymmetricFactor(2))
    assert objective.value({"V": L, "W": R}) < 1e-25


@pytest.mark.parametrize("name", ["sensing", "completion"])
def test_blocks_and_flat_vectors_are_the_same_parameters(name):
    objective = ipgd.Objective(*PAIRINGS[name])
    x, v = parameters(objective), np.random.default_rng(1).standard_normal((3, objective.size))
    cut = np.cumsum([a * b for a, b in objective.shapes.values()])[:-1]
    names = list(objective.shapes)

    def blocks(flat):
        parts = np.split(flat, cut, axis=-1)
        return {
            name: part.reshape(*flat.shape[:-1], *objective.shapes[name])
            for name, part in zip(names, parts, strict=True)
        }

    def flat(blocks):
        lead = 1 if next(iter(blocks.values())).ndim == 3 else 0
        return np.concatenate(
            [part.reshape(*part.shape[:lead], -1) for part in blocks.values()], axis=-1
        )

    assert objective.value(blocks(x)) == objective.value(x)
    np.testing.assert_array_equal(flat(objective.gradient(blocks(x))), objective.gradient(x))
    products = objective.hessian_product(x, v)
    assert products.shape == v.shape
    for each, alone in zip(products, v, strict=True):
        np.testing.assert_array_equal(each, objective.hessian_product(x, alone))
    np.testing.assert_array_equal(flat(objective.hessian_product(blocks(x), blocks(v))), products)
    np.testing.assert_array_equal(
        flat(objective.hessian_product(blocks(x), blocks(v[0]))), products[0]
    )


def test_threads_do_not_change_the_bits():
    problem = ipgd.matrix_sensing(d=40, rank=2, m=400, rng=0)
    one, two = (
        ipgd.Objective(problem, ipgd.SymmetricFactor(5), n_threads=n_threads)
        for n_threads in (1, 2)
    )
    x = parameters(one)
    v = np.random.default_rng(1).standard_normal((4, one.size))
    assert one.value(x) == two.value(x)
    np.testing.assert_array_equal(one.gradient(x), two.gradient(x))
    np.testing.assert_array_equal(one.hessian_product(x, v), two.hessian_product(x, v))


def test_what_is_kept_is_that_of_the_parameters_given():
    objective = ipgd.Objective(*PAIRINGS["sensing"])
    x = parameters(objective)
    first, changed = objective.value(x), x.copy()
    x += 1  # the array that was passed, afterwards
    assert objective.value(x) != first
    assert objective.value(changed) == first
    assert objective.hessian_product(x, changed) @ x != objective.hessian_product(changed, x) @ x


def test_newton_by_scipy_recovers_the_truth():
    objective = ipgd.Objective(SENSING, ipgd.SymmetricFactor(2))
    result = scipy.optimize.minimize(
        objective.value,
        parameters(objective),
        jac=objective.gradient,
        hessp=objective.hessian_product,
        method="trust-ncg",
        options={"gtol": 1e-10},
    )
    U = result.x.reshape(8, 2)
    assert np.linalg.norm(U @ U.T - SENSING.truth) < 1e-6 * np.linalg.norm(SENSING.truth)


def test_zero_is_a_saddle_whose_curvature_is_that_of_the_back_projection():
    objective = ipgd.Objective(SENSING, ipgd.SymmetricFactor(1))
    zero = np.zeros(objective.size)
    hessian = np.array([objective.hessian_product(zero, e) for e in np.eye(objective.size)])
    expected = -SENSING.back_projection()  # M = A*(-y)/m, and Hess[V] = M V at U = 0
    np.testing.assert_allclose(hessian, expected, atol=1e-12 * np.abs(expected).max())


def test_scipys_lanczos_takes_the_products():
    objective = ipgd.Objective(SENSING, ipgd.SymmetricFactor(2))
    x = parameters(objective)
    hessian = scipy.sparse.linalg.LinearOperator(
        (objective.size, objective.size), matvec=lambda v: objective.hessian_product(x, v.ravel())
    )
    lowest = scipy.sparse.linalg.eigsh(hessian, k=1, which="SA", return_eigenvectors=False)
    dense = np.array([objective.hessian_product(x, e) for e in np.eye(objective.size)])
    np.testing.assert_allclose(dense, dense.T, atol=1e-12 * np.abs(dense).max())
    assert lowest[0] == pytest.approx(np.linalg.eigvalsh(dense)[0], rel=1e-8)


def test_logistic_loss_is_the_negative_log_likelihood():
    operator = SENSING.operator
    y = (SENSING.y > 0).astype(float)
    objective = ipgd.Objective(ipgd.Problem(operator, y), ipgd.SymmetricFactor(2), ipgd.Logistic())
    U = parameters(objective).reshape(8, 2)
    z = operator.forward(U @ U.T)
    expected = 0.5 * np.mean(np.logaddexp(0, z) - y * z)
    assert objective.value(U.ravel()) == pytest.approx(expected, rel=1e-12)
    signed = ipgd.Objective(
        ipgd.Problem(operator, 2 * y - 1), ipgd.SymmetricFactor(2), ipgd.Logistic()
    )
    assert signed.value(U.ravel()) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda f: f.value(np.zeros(5)), r"parameters: expected shape \(24,\), got \(5,\)"),
        (lambda f: f.gradient({"V": np.zeros((8, 3))}), "parameters: expected the blocks U, got V"),
        (lambda f: f.gradient({"U": np.zeros((3, 8))}), r"parameters\['U'\]: expected shape"),
        (lambda f: f.value(np.full(24, np.nan)), "parameters: expected finite numbers"),
        (lambda f: f.hessian_product(np.zeros(24), np.zeros((2, 23))), "direction: expected shape"),
        (lambda f: ipgd.Objective(SENSING, ipgd.AsymmetricFactor(2)), "parameterization: "),
        (lambda f: ipgd.Objective(SENSING, None, ipgd.Logistic()), "y: expected 0 and 1"),
    ],
)
def test_bad_input_is_refused_by_name(call, message):
    objective = ipgd.Objective(SENSING, ipgd.SymmetricFactor(3))
    with pytest.raises(ValueError, match=message):
        call(objective)


def test_wrong_kinds_are_refused_by_name():
    with pytest.raises(TypeError, match=r"problem: expected an ipgd.Problem"):
        ipgd.Objective(SENSING.operator)
    with pytest.raises(TypeError, match="parameterization: expected"):
        ipgd.Objective(SENSING, 3)
    with pytest.raises(TypeError, match="loss: expected"):
        ipgd.Objective(SENSING, None, "huber")


def test_other_threads_run_while_one_computes():
    """The lock is released: while one computes, another wakes again and again.

    It has to wake three times within one product, a twentieth of the product's processor time
    apart. Without the lock's release it would wake before and after.
    """
    problem = ipgd.matrix_sensing(d=60, rank=2, m=2000, rng=0)
    objective = ipgd.Objective(problem, n_threads=1)
    x = parameters(objective)
    directions = np.random.default_rng(1).standard_normal((200, objective.size))
    objective.hessian_product(x, directions[0])
    begin = time.process_time()
    objective.hessian_product(x, directions)
    part = (time.process_time() - begin) / 20
    calls, over = [], threading.Event()

    def compute():
        while not over.is_set() and len(calls) < 100:
            calls.append(True)
            objective.hessian_product(x, directions)

    worker = threading.Thread(target=compute)
    worker.start()
    wakes = call = 0
    while worker.is_alive() and wakes < 3:
        time.sleep(0.001)  # to come back from it takes the lock
        frame, now = sys._current_frames().get(worker.ident), time.process_time()
        inside = frame is not None and frame.f_code.co_name == "hessian_product"
        if not inside or len(calls) != call:
            wakes, call, last = 0, len(calls), now
        elif now - last > part:
            wakes, last = wakes + 1, now
    over.set()
    worker.join()
    assert wakes == 3


def test_ctrl_c_interrupts_a_product(untraced):
    """In a part of the processor time of the whole: how busy the machine is does not matter."""
    problem = ipgd.matrix_sensing(d=60, rank=2, m=2000, rng=0)
    objective = ipgd.Objective(problem, n_threads=1)
    x = parameters(objective)
    directions = np.random.default_rng(1).standard_normal((1000, objective.size))
    expected = objective.hessian_product(x, directions[0])
    begin = time.process_time()
    objective.hessian_product(x, directions)
    whole = time.process_time() - begin
    old = signal.signal(signal.SIGPROF, signal.default_int_handler)
    try:
        begin = time.process_time()
        signal.setitimer(signal.ITIMER_PROF, whole / 20)  # counts processor time
        with pytest.raises(KeyboardInterrupt):
            objective.hessian_product(x, directions)
        assert time.process_time() - begin < whole / 2
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, old)
    np.testing.assert_array_equal(objective.hessian_product(x, directions[0]), expected)
