"""Claims of Stöger and Soltanolkotabi (2021) on small random starts, over several instances."""

import ipgd
import numpy as np
import pytest
from ipgd import analysis

ALPHAS = (1e-3, 1e-5, 1e-7)
SETTING = {"rank": 2, "step_size": 0.1, "max_iter": 1200}


@pytest.fixture(scope="module")
def problems():
    return [
        ipgd.matrix_sensing(d=14, rank=2, m=300, condition_number=2, rng=seed) for seed in range(3)
    ]


@pytest.fixture(scope="module")
def runs(problems):
    return analysis.small_starts(problems, ALPHAS, **SETTING)


def test_the_waiting_time_grows_like_the_logarithm_of_alpha(runs):
    assert runs.saddle_end.shape == (3, 3)
    np.testing.assert_allclose(runs.waiting_slope, runs.predicted_slope, rtol=0.15)


def test_phase_one_does_not_depend_on_alpha(runs):
    assert np.median(runs.alignment_share) < 0.1
    assert (runs.alignment_end < runs.saddle_end).all()


def test_the_noise_grows_more_slowly_than_the_signal(runs):
    assert np.median(runs.growth_ratio) < 0.6


def test_the_error_falls_with_alpha(runs):
    assert 0.8 < np.median(runs.error_exponent) < 2
    assert (np.diff(runs.error, axis=1) < 0).all()


def test_the_exact_search_rank_recovers_to_rounding(problems):
    exact = analysis.small_starts(problems, ALPHAS[:2], search_rank=2, **SETTING)
    assert np.median(exact.error) < 1e-12
    assert abs(np.median(exact.error_exponent)) < 0.2


def test_a_run_that_is_too_short_is_not_measured(problems):
    short = analysis.small_starts(problems[:1], ALPHAS, **SETTING | {"max_iter": 20})
    assert np.isnan(short.saddle_end).all()
    assert np.isnan(short.waiting_slope).all()


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (([], ALPHAS), ValueError, "problems: expected a sequence of problems, got"),
        (([3], ALPHAS), TypeError, r"problem: expected an ipgd\.Problem, got 3"),
        ((None, [1e-3]), ValueError, "alphas: expected at least two numbers"),
        ((None, [1e-3, 0]), ValueError, "alphas: expected a finite positive number, got 0"),
    ],
)
def test_arguments_that_make_no_sense(arguments, error, words, problems):
    given, alphas = arguments
    with pytest.raises(error, match=words):
        analysis.small_starts(problems if given is None else given, alphas, **SETTING)


def test_a_truth_is_needed(problems):
    blind = ipgd.Problem(problems[0].operator, problems[0].y)
    with pytest.raises(ValueError, match="problems: expected problems with a truth, got Problem"):
        analysis.small_starts([blind], ALPHAS, **SETTING)
