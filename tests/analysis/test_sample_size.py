"""The number of measurements that an isometry constant needs, against measured constants."""

import numpy as np
import pytest
from ipgd import analysis
from ipgd.operators import Dense, DenseSymmetric


@pytest.mark.parametrize(
    ("delta", "rank", "d1", "d2"), [(0.5, 1, 12, None), (1.0, 3, 16, None), (0.8, 2, 14, 10)]
)
def test_the_search_finds_about_that_delta(delta, rank, d1, d2):
    m = analysis.measurements_for(delta, rank, d1, d2)
    found = []
    for seed in range(2):
        operator = (
            DenseSymmetric.gaussian(m, d1, rng=seed)
            if d2 is None
            else Dense.gaussian(m, d1, d2, rng=seed)
        )
        one = analysis.rip(operator, rank, restarts=8, samples=64, max_iter=60, rng=seed)
        found.append(one.delta)
    assert np.median(found) == pytest.approx(delta, rel=0.4)


def test_more_are_needed_for_less_delta_more_rank_and_larger_matrices():
    need = analysis.measurements_for
    assert need(0.1, 2, 20) > 3 * need(0.2, 2, 20)
    assert need(0.2, 4, 20) == pytest.approx(2 * need(0.2, 2, 20), rel=0.01)
    assert need(0.2, 2, 40) == pytest.approx(2 * need(0.2, 2, 20), rel=0.01)
    assert need(0.2, 2, 20, 20) == pytest.approx(2 * need(0.2, 2, 20), rel=0.01)
    assert need(0.2, 2, 20, 10) == need(0.2, 2, 10, 20)
    # Not more than all free entries count.
    assert need(0.2, 19, 20) == need(0.2, 20, 20)


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ((0, 1, 5), ValueError, "delta: expected a finite positive number, got 0"),
        ((0.1, 6, 5), ValueError, "rank: expected an integer from 1 to 5, got 6"),
        ((0.1, 4, 5, 3), ValueError, "rank: expected an integer from 1 to 3, got 4"),
        ((0.1, 1, 5.5), TypeError, "d1: expected an integer, got 5.5"),
        ((0.1, 1, 5, 0), ValueError, "d2: expected an integer >= 1, got 0"),
    ],
)
def test_arguments_that_make_no_sense(arguments, error, words):
    with pytest.raises(error, match=words):
        analysis.measurements_for(*arguments)
