"""Perturbations from 1e-2 to 1e-300 at saddles whose entries are of size one."""

import functools

import ipgd
import mpmath
import numpy as np
import pytest
from ipgd.analysis import escape_line

RADII = 10.0 ** -np.array([2, 4, 8, 12, 16, 20, 30, 50, 80, 120, 160, 200, 250, 300])
STEP = 0.4


@functools.cache
def saddle(model, seed, d=12, sigma=0.7, step=STEP):
    """A problem with a truth of rank 2, and its stationary point of rank 1."""
    random = np.random.default_rng([seed, 70])
    left, right = (np.linalg.qr(random.standard_normal((n, 2)))[0] for n in (d, d - 3))
    if model == "U":
        operator = ipgd.operators.DenseSymmetric.gaussian(20 * d, d, rng=random)
        truth, one = (left * [1, sigma]) @ left.T, ipgd.SymmetricFactor(1)
    else:
        operator = ipgd.operators.Dense.gaussian(40 * d, d, d - 3, rng=random)
        truth, one = (left * [1, sigma]) @ right.T, ipgd.AsymmetricFactor(1)
    problem = ipgd.Problem(operator, operator.forward(truth), truth)
    point = ipgd.solve(
        problem,
        ipgd.GD(step_size=step),
        parameterization=one,
        init=ipgd.init.gaussian(0.1),
        stop=ipgd.Stop(relative_loss=0, gradient_norm=1e-14),
        rng=random,
    )
    assert point.status == "gradient_norm"
    return problem, point.parameters


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("method", [ipgd.IPGD, ipgd.IPGDPlus])
@pytest.mark.parametrize("model", ["U", "VW"])
def test_escape_line_are_a_straight_line_from_1e_2_to_1e_300(model, method, seed):
    problem, point = saddle(model, seed)
    found = escape_line(
        problem, point, RADII, method(step_size=STEP), search_rank=4, seeds=(seed, seed + 10)
    )
    assert found.iterations.shape == (len(RADII), 2)
    assert found.radii.tolist() == RADII.tolist()
    assert found.step_size == STEP
    growth = np.log1p(STEP * found.curvature)
    assert found.expected_slope == pytest.approx(1 / growth, rel=1e-14)
    assert found.slope == pytest.approx(found.expected_slope, rel=2e-3)
    assert found.r_squared > 0.99999


@pytest.mark.parametrize("method", [ipgd.IPGD, ipgd.IPGDPlus])
def test_entries_that_are_zero_keep_perturbations_as_columns_do(method):
    """From a sparse vector that lacks an entry; the others grow by 1 + 2 step |slope|."""
    d, m, step = 30, 300, 0.1
    radii = RADII[::3]
    random = np.random.default_rng(6)
    A = random.standard_normal((m, d))
    problem = ipgd.sparse_regression_data(A, A[:, 0] - 0.7 * A[:, 1])
    entry = A[:, 0] @ problem.y / (A[:, 0] @ A[:, 0])
    slopes = A.T @ (A[:, 0] * entry - problem.y) / m
    runs = ipgd.solve_batch(
        problem,
        method(step_size=step),
        radii=radii.tolist(),
        parameterization=ipgd.HadamardPower(2),
        init={"u": np.sqrt(entry) * np.eye(d, 1), "v": np.zeros((d, 1))},
        max_iter=8000,
        stop=ipgd.Stop(relative_loss=1e-4),
    )
    losses = [run.history["loss"] for run in runs]
    half = [int(np.argmax(loss < loss[0] / 2)) for loss in losses]
    slope = np.polyfit(np.log(1 / radii), half, 1)[0]
    assert all(half)
    assert slope == pytest.approx(1 / np.log1p(2 * step * abs(slopes).max()), rel=5e-3)


def exact_columns(problem, U, noise, step, iterations):
    """Column norms of U <- U - step M(U) U + noise_t from U, with 350 digits."""
    A = problem.operator.to_dense()
    m, d, _ = A.shape
    pairs = [(i, j) for i in range(d) for j in range(i, d)]
    mpf = mpmath.mpf
    rows = [[mpf(a[i, j] * (1 if i == j else 2)) for i, j in pairs] for a in A]  # twice: exact
    entry = [[mpf(a[i, j]) for a in A] for i, j in pairs]
    gram = [[mpmath.fdot(e, column) / m for column in zip(*rows, strict=True)] for e in entry]
    target = [mpmath.fdot(e, map(mpf, problem.y)) / m for e in entry]
    place = {pair: n for n, (i, j) in enumerate(pairs) for pair in ((i, j), (j, i))}
    U = [[mpf(x) for x in row] for row in U]
    norms = []
    for t in range(iterations):
        norms.append([mpmath.norm(column) for column in zip(*U, strict=True)])
        theta = [mpmath.fdot(U[i], U[j]) for i, j in pairs]
        M = [mpmath.fdot(g, theta) - b for g, b in zip(gram, target, strict=True)]
        row = [[M[place[i, j]] for j in range(d)] for i in range(d)]
        columns = list(zip(*U, strict=True))
        xi = noise(t)
        U = [
            [U[i][k] - step * mpmath.fdot(row[i], columns[k]) + mpf(xi[i, k]) for k in range(3)]
            for i in range(d)
        ]
    return norms


@pytest.mark.parametrize(
    ("method", "radius"), [(ipgd.IPGD, 1e-2), (ipgd.IPGD, 1e-300), (ipgd.IPGDPlus, 1e-120)]
)
def test_the_run_is_that_of_350_digits(noise_of, method, radius):
    step, d = 0.6, 6
    problem, point = saddle("U", 3, d, 0.9, step)
    run = ipgd.solve(
        problem,
        method(radius=radius, step_size=step),
        parameterization=ipgd.SymmetricFactor(3),
        init=ipgd.init.padded(point),
        stop=ipgd.Stop(relative_loss=1e-3),  # beyond the saddle
        record=("column_norms",),
        gram=False,
        rng=5,
    )
    assert run.status == "relative_loss"
    U = ipgd.init.padded(point).factors["U"] * [[1, 0, 0]]
    xi = noise_of("uniform", (d, 3), radius, 5, run.nit if method is ipgd.IPGDPlus else 1)
    kicked = method is ipgd.IPGD
    with mpmath.workdps(350):
        start = [
            [mpmath.mpf(x) + mpmath.mpf(kicked * z) for x, z in zip(*both, strict=True)]
            for both in zip(U, xi[0], strict=True)
        ]
        exact = exact_columns(
            problem, start, lambda t: np.zeros((d, 3)) if kicked else xi[t], step, run.nit
        )
        off = [
            float(abs(ours / theirs - 1)) if theirs else float(ours)
            for our_row, their_row in zip(run.history["column_norms"], exact, strict=False)
            for ours, theirs in zip(our_row, their_row, strict=True)
        ]
    assert max(off) < 1e-11


def test_columns_of_size_one_absorb_what_zero_columns_keep():
    """In as many columns as there are, radii below 1e-16 are all the same, and none."""
    problem, point = saddle("U", 4)
    w = np.random.default_rng(5).standard_normal(4)
    full = point["U"] * (w / np.linalg.norm(w))

    def run(init, method, max_iter):
        return ipgd.solve(
            problem,
            method,
            parameterization=ipgd.SymmetricFactor(4),
            init=init,
            max_iter=max_iter,
            stop=ipgd.Stop(relative_loss=1e-6),
            rng=3,
        )

    plain = run(full, ipgd.GD(step_size=STEP), 5000)
    assert plain.status == "relative_loss"  # rounding errors leave the saddle by themselves
    for radius in (1e-30, 1e-100, 1e-300):
        noisy = run(full, ipgd.IPGD(radius=radius, step_size=STEP), 5000)
        assert noisy.parameters["U"].tobytes() == plain.parameters["U"].tobytes()
        kept = run(ipgd.init.padded({"U": full}), ipgd.IPGD(radius=radius, step_size=STEP), 5000)
        assert kept.status == "relative_loss"
        assert kept.nit > 1.3 * plain.nit
    stays = run(ipgd.init.padded({"U": full}), ipgd.GD(step_size=STEP), 500)
    assert not stays.parameters["U"][:, 1:].any()


def test_a_run_of_radius_1e_300_has_the_same_bits_resumed_and_in_a_batch(same_bits):
    problem, point = saddle("VW", 5)
    settings = {
        "parameterization": ipgd.AsymmetricFactor(3),
        "init": ipgd.init.padded(point),
        "record": ("loss", "column_norms"),
        "record_every": 7,
    }
    method = ipgd.IPGDPlus(radius=1e-300, step_size=STEP)
    whole = ipgd.solve(problem, method, **settings, max_iter=3500, rng=2)
    first = ipgd.solve(problem, method, **settings, max_iter=1000, rng=2)
    assert 0 < first.history["column_norms"][-1, 1] < 1e-150
    same_bits(whole, ipgd.resume(problem, first, max_iter=3500))
    other = ipgd.solve_batch(
        problem, [ipgd.IPGD(step_size=STEP), method], **settings, max_iter=3500, seeds=[1, 2]
    )
    same_bits(whole, other[1])


def test_a_run_that_stays_has_no_time():
    problem, point = saddle("U", 0)
    found = escape_line(
        problem,
        point,
        [1e-3, 1e-4],
        ipgd.IPGD(step_size=STEP, gradient_threshold=1e-300),
        search_rank=2,
    )
    assert np.isnan(found.iterations).all()
    assert np.isnan(found.slope)
    assert np.isnan(found.r_squared)
    one = escape_line(problem, point, [1e-3], ipgd.IPGD(step_size=STEP), search_rank=2)
    assert one.iterations[0, 0] > 0
    assert np.isnan(one.slope)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"search_rank": 1}, "search_rank: expected more columns than the saddle's rank 1, got 1"),
        ({"search_rank": 2.5}, "search_rank: expected an integer, got 2.5"),
        ({"radii": []}, "radii: expected a non-empty array"),
        ({"radii": [1e-3, 0.0]}, "radii: expected positive numbers, got 0.0"),
        ({"radii": 1e-3}, r"radii: expected shape \(any,\), got \(\)"),
        ({"problem": 3}, "problem: expected an ipgd.Problem, got 3"),
        ({"seeds": ()}, "seeds: expected at least one seed, got none"),
        ({"algorithm": ipgd.GD()}, r"algorithm: expected ipgd.IPGD\(\) or ipgd.IPGDPlus\(\), got"),
    ],
)
def test_bad_arguments_are_named(changed, words):
    problem, point = saddle("U", 0)
    arguments = {"problem": problem, "saddle": point, "radii": [1e-3], "search_rank": 2}
    with pytest.raises((ValueError, TypeError), match=words):
        escape_line(**arguments | changed)


def test_a_minimum_is_no_saddle():
    problem, _ = saddle("U", 0)
    values, vectors = np.linalg.eigh(problem.truth)
    U = vectors[:, -2:] * np.sqrt(values[-2:])
    with pytest.raises(ValueError, match="saddle: expected a point with a direction of negative"):
        escape_line(problem, U, [1e-3], search_rank=3)
