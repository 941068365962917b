"""Powers of two and signs commute with rounding, so whole trajectories scale bit for bit."""

import ipgd
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

quick = settings(deadline=None, max_examples=25, derandomize=True)

ETA, STEPS = 0.2, 120
START = np.random.default_rng(0).standard_normal((40, 5)) * 1e-2


def trajectory(problem, method, init, max_iter=STEPS):
    iterates = []
    solution = ipgd.solve(
        problem,
        method,
        parameterization=ipgd.SymmetricFactor(init.shape[1]),
        init=init,
        max_iter=max_iter,
        stop=ipgd.Stop(relative_loss=0),
        record=("loss", "gradient_norm", "test_error", "perturbation"),
        callback=lambda now: iterates.append(now.parameters["U"].copy()),
        rng=3,
        n_threads=2,
    )
    return np.array(iterates), solution


def scaled_problem(problem, k):
    return ipgd.Problem(problem.operator, 4.0**k * problem.y, 4.0**k * problem.truth)


def gradient_descent(k):
    return ipgd.GD(step_size=4.0**-k * ETA)


def ipgd_plus(k):
    return ipgd.IPGDPlus(step_size=4.0**-k * ETA, radius=2.0**k * 1e-3)


def ipgd_gaussian_plus(k):
    return ipgd.IPGDPlus(step_size=4.0**-k * ETA, radius=2.0**k * 1e-3, noise="gaussian")


def kicked(method, k):
    return method(
        step_size=4.0**-k * ETA,
        radius=2.0**k * 1e-3,
        gradient_threshold=8.0**k * 0.05,
        decrease_threshold=16.0**k * 1e-9,
        window=20,
    )


def perturbed(k):
    return kicked(ipgd.PGD, k)


def infinitesimal(k):
    return kicked(ipgd.IPGD, k)


METHODS = [gradient_descent, perturbed, infinitesimal, ipgd_plus, ipgd_gaussian_plus]


@pytest.fixture(scope="module")
def reference(chunked_problem):
    return {make: trajectory(chunked_problem, make(0), START) for make in METHODS}


@pytest.mark.parametrize("make", METHODS)
@pytest.mark.parametrize("k", [-40, -3, 1, 17])
def test_a_power_of_two_scales_the_whole_trajectory(chunked_problem, reference, make, k):
    iterates, solution = reference[make]
    scaled, other = trajectory(scaled_problem(chunked_problem, k), make(k), 2.0**k * START)
    assert len(iterates) == len(scaled) > 50
    assert np.array_equal(scaled, 2.0**k * iterates)
    history = solution.history
    assert np.array_equal(other.history["loss"], 16.0**k * history["loss"])
    assert np.array_equal(other.history["gradient_norm"], 8.0**k * history["gradient_norm"])
    assert np.array_equal(other.history["perturbation"], history["perturbation"])
    assert (other.status, other.nit) == (solution.status, solution.nit)
    if make is not gradient_descent:
        assert history["perturbation"].any()


def test_a_factor_of_three_does_not_scale_exactly(chunked_problem, reference):
    iterates, _ = reference[gradient_descent]
    problem = ipgd.Problem(chunked_problem.operator, 9 * chunked_problem.y)
    tripled = ipgd.solve(
        problem,
        ipgd.GD(ETA / 9),
        parameterization=ipgd.SymmetricFactor(5),
        init=3 * START,
        max_iter=STEPS,
    ).parameters["U"]
    assert tripled == pytest.approx(3 * iterates[-1], rel=1e-9, abs=1e-12)
    assert not np.array_equal(tripled, 3 * iterates[-1])


def test_the_opposite_start_gives_the_opposite_trajectory(chunked_problem, reference):
    iterates, solution = reference[gradient_descent]
    opposite, other = trajectory(chunked_problem, gradient_descent(0), -START)
    assert np.array_equal(opposite, -iterates)
    assert np.array_equal(other.history["loss"], solution.history["loss"])


def test_zero_stays_zero_without_perturbation(chunked_problem):
    iterates, solution = trajectory(chunked_problem, gradient_descent(0), np.zeros((40, 5)))
    assert solution.status == "stuck"
    assert not iterates.any()


@quick
@given(
    d=st.integers(1, 8),
    search_rank=st.integers(1, 10),
    m=st.integers(1, 40),
    k=st.integers(-50, 50),
    seed=st.integers(0, 1000),
    dtype=st.sampled_from(["float32", "float64"]),
    kind=st.sampled_from(["DenseSymmetric", "Entries", "RankOne a a", "RankOne a b"]),
)
def test_scaling_and_signs_on_any_problem(d, search_rank, m, k, seed, dtype, kind):
    rng = np.random.default_rng(seed)
    operators = {
        "DenseSymmetric": lambda: ipgd.operators.DenseSymmetric(normal(m, d, d), dtype=dtype),
        "Entries": lambda: ipgd.operators.Entries(*rng.integers(0, d, (2, m)), (d, d)),
        "RankOne a a": lambda: ipgd.operators.RankOne(normal(m, d), dtype=dtype),
        "RankOne a b": lambda: ipgd.operators.RankOne(normal(m, d), normal(m, d), dtype=dtype),
    }

    def normal(*shape):
        return rng.standard_normal(shape)

    problem = ipgd.Problem(operators[kind](), normal(m), np.eye(d))
    init = normal(d, search_rank) * 0.3
    eta = 0.05 if kind == "DenseSymmetric" else 0.05 / 64
    plain, _ = trajectory(problem, ipgd.GD(eta), init, 15)
    scaled, _ = trajectory(scaled_problem(problem, k), ipgd.GD(4.0**-k * eta), -(2.0**k) * init, 15)
    assert len(plain) == 16
    assert np.array_equal(scaled, -(2.0**k) * plain)
