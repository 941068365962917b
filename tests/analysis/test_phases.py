"""Phases, saddles and waiting times in the histories of runs from small starts."""

import dataclasses
import itertools

import ipgd
import numpy as np
import pytest
from ipgd import analysis

ALPHAS = (1e-4, 1e-6, 1e-8)
STEP = 0.1
RECORD = ("loss", "test_error", "singular_values")


def descended(seed, alpha, *, search_rank=12, max_iter=800, **settings):
    """Descent on a truth of rank two with singular values 1 and 1/2."""
    problem = ipgd.matrix_sensing(d=12, rank=2, m=300, condition_number=2, rng=seed)
    return ipgd.solve(
        problem,
        ipgd.GD(STEP),
        parameterization=ipgd.SymmetricFactor(search_rank),
        stop=ipgd.Stop(relative_loss=1e-30),
        max_iter=max_iter,
        rng=seed,
        **{"init": ipgd.init.gaussian(alpha), "record": RECORD, "record_every": 2} | settings,
    )


@pytest.fixture(scope="module")
def runs():
    """One run for each of two seeds and three alphas."""
    return [[descended(seed, alpha, max_iter=1200) for alpha in ALPHAS] for seed in range(2)]


def test_the_length_of_phase_two_is_a_line_in_log_alpha_and_phase_one_is_none(runs):
    for row in runs:
        found = [analysis.phases(solution, 2) for solution in row]
        ends = np.array([(one.alignment_end, one.saddle_end) for one in found])
        assert np.ptp(ends[:, 0]) <= 4
        longer = np.diff(ends[:, 1])
        assert longer[0] == pytest.approx(longer[1], rel=0.1)
        # A factor of 100 in alpha takes log(100) / log(growth) iterations.
        assert longer[1] == pytest.approx(np.log(100) / np.log(found[-1].growth), rel=0.1)


def test_the_signal_grows_and_the_noise_does_not_keep_up(runs):
    for row in runs:
        for solution in row:
            one = analysis.phases(solution, 2)
            assert 0 < one.alignment_end < one.saddle_end < one.last == solution.nit
            assert one.growth == pytest.approx(1 + STEP / 2, rel=0.03)  # 1 + eta sigma_2
            assert one.noise_growth < 1 + 0.6 * (one.growth - 1)
            assert 0.8 < one.contraction < 0.98


def test_the_error_falls_with_alpha(runs):
    for row in runs:
        errors = [solution.history["test_error"].min() for solution in row]
        assert errors[0] > 20 * errors[1] > 400 * errors[2]


def test_signal_and_residual_norms_will_do():
    for seed in range(2):
        names = ("loss", "signal_norm", "residual_norm")
        of_norms = analysis.phases(descended(seed, 1e-6, record=names), 2)
        both = ("signal_norm", "residual_norm", "singular_values")
        exact_rank = analysis.phases(descended(seed, 1e-6, record=both, search_rank=2), 2)
        of_values = analysis.phases(descended(seed, 1e-6), 2)
        assert of_norms.alignment_end < of_norms.saddle_end <= of_values.saddle_end
        # A start of rank two may by chance be short in the direction that it needs.
        assert 0.7 < exact_rank.saddle_end / of_values.saddle_end < 2
        assert exact_rank.alignment_end < exact_rank.saddle_end
        assert np.isnan(exact_rank.contraction)  # the loss was not recorded


def test_a_run_that_is_too_short_has_no_ends():
    one = analysis.phases(descended(0, 1e-6, max_iter=10), 2, target=0.5)
    assert (one.alignment_end, one.saddle_end, one.last) == (None, None, 10)
    assert np.isnan(one.growth)


@pytest.fixture(scope="module")
def staircases():
    """Descent from a tiny start to singular values 10, 3 and 1, for two seeds."""
    runs = []
    for seed in range(2):
        operator = ipgd.operators.DenseSymmetric.gaussian(400, 12, rng=seed)
        truth = np.diag([10.0, 3.0, 1.0] + [0.0] * 9)
        runs.append(
            ipgd.solve(
                ipgd.Problem(operator, operator.forward(truth), truth),
                ipgd.GD(0.01),
                init=ipgd.init.gaussian(1e-8),
                record=("loss", "singular_values"),
                record_every=2,
                max_iter=6000,
                rng=seed,
            )
        )
    return runs


def test_descent_visits_saddles_of_rank_zero_one_and_two(staircases):
    for solution in staircases:
        saddles = analysis.saddles_visited(solution)
        assert [one.rank for one in saddles] == [0, 1, 2]
        for one, following in itertools.pairwise(saddles):
            assert one.entered <= one.iteration < one.left <= following.entered
            assert one.loss > 2 * following.loss
        assert saddles[0].entered == 0
        # A saddle of rank one has one singular value, one of rank two at most two.
        assert saddles[1].effective_rank == pytest.approx(1, abs=0.01)
        assert 1.2 < saddles[2].effective_rank < 2.01
        # To leave the last one takes longest: its escape direction is the weakest.
        assert saddles[2].duration > saddles[0].duration


def test_descent_keeps_its_rank_low(staircases):
    for solution in staircases:
        kept = analysis.low_rank_propensity(solution, 3)
        assert kept.tail[0] > 0.05
        assert kept.tail[-1] < 1e-6
        assert kept.effective_rank[-1] < 3.01 < kept.effective_rank[0]


def test_the_time_to_escape_grows_like_the_logarithm_of_alpha(runs):
    for row in runs:
        times = [analysis.escape_time(solution) for solution in row]
        assert np.diff(times) == pytest.approx(np.full(2, np.log(100) / np.log(1 + STEP)), rel=0.2)


def test_what_has_not_escaped_has_no_time():
    solution = descended(0, 1e-8, max_iter=20)
    assert analysis.escape_time(solution) is None
    assert analysis.saddles_visited(solution) == []


def test_a_run_that_stands_still_visits_nothing():
    still = descended(0, 1e-8, init=1e-30 * np.eye(12), max_iter=20)
    assert analysis.saddles_visited(still) == []
    assert analysis.escape_time(still) is None


def test_the_effective_rank_counts_equal_values():
    sigma = np.array([[1.0, 1.0, 1.0, 0.0], [5.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]])
    np.testing.assert_allclose(analysis.effective_rank(sigma), [3, 1, 1])


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda s: analysis.phases(s, 0), ValueError, "rank: expected an integer >= 1, got 0"),
        (
            lambda s: analysis.phases(s, 2, separation=1),
            ValueError,
            "separation: expected a number above 1, got 1",
        ),
        (
            lambda s: analysis.phases(s, 11),
            ValueError,
            r"recorded 'singular_values' \(at least 12 of them\), or 'signal_norm'",
        ),
        (lambda _: analysis.phases(3, 1), TypeError, r"solution: expected an ipgd\.Solution"),
        (
            lambda s: analysis.low_rank_propensity(s, 10),
            ValueError,
            "solution: expected at least 11 recorded singular values",
        ),
        (
            lambda s: analysis.escape_time(s, fraction=1),
            ValueError,
            "fraction: expected a number between 0 and 1",
        ),
        (
            lambda s: analysis.escape_time(s, start=10**6),
            ValueError,
            "start: expected an iteration up to 1200",
        ),
        (
            lambda s: analysis.saddles_visited(s, slowdown=0.5),
            ValueError,
            "slowdown: expected a number above 1, got 0.5",
        ),
        (
            lambda s: analysis.growth_exponent(s, 10),
            ValueError,
            "expected at least 11 recorded singular values",
        ),
    ],
)
def test_arguments_that_make_no_sense(call, error, words, runs):
    with pytest.raises(error, match=words):
        call(runs[0][0])


def test_small_waves_of_the_loss_are_no_saddles(runs):
    solution = runs[0][0]
    waves = np.exp(0.15 * np.sin(np.arange(len(solution.history["loss"]))))
    history = solution.history | {"loss": 0.8 ** np.arange(len(waves)) * waves}
    wavy = dataclasses.replace(solution, history=history)  # five times as slow at times
    assert analysis.saddles_visited(wavy) == []
    assert len(analysis.saddles_visited(wavy, slowdown=3)) > 5


def test_too_few_records_are_refused():
    solution = descended(0, 1e-4, max_iter=4, record_every=4)
    with pytest.raises(ValueError, match=r"solution: expected at least 3 records .*, got 2"):
        analysis.saddles_visited(solution)


@pytest.mark.parametrize(
    "call", [analysis.escape_time, analysis.saddles_visited, analysis.growth_exponent]
)
def test_a_quantity_that_was_not_recorded_is_named(call):
    solution = descended(0, 1e-4, max_iter=4, record=("gradient_norm",))
    with pytest.raises(ValueError, match=r"solution: expected one that recorded '\w+' \(record="):
        call(solution)
