"""Claims about phase transitions of Bhojanapalli, Neyshabur and Srebro (2016), with room."""

import ipgd
import numpy as np
import pytest
from ipgd import analysis

D, RANK = 10, 1
SETTINGS = {"rank": RANK, "search_rank": RANK, "m": [9, 12, 15, 18, 22, 27, 34, 50]}
METHODS = {
    "descent, spectral": (ipgd.GD(), ipgd.init.spectral()),
    "noisy descent, spectral": (ipgd.IPGDPlus(radius=1e-4), ipgd.init.spectral()),
    "descent, random": (ipgd.GD(), ipgd.init.gaussian(0.1)),
    "noisy descent, random": (ipgd.IPGDPlus(radius=1e-4), ipgd.init.gaussian(0.1)),
}


@pytest.fixture(scope="module")
def crossings():
    """The m at which half of the trials succeed, as a multiple of 2 d r; by method."""
    found = {}
    for name, (algorithm, init) in METHODS.items():
        maps = [
            analysis.phase_transition(
                D, SETTINGS, trials=8, algorithm=algorithm, init=init, max_iter=3000, seed=seed
            )
            for seed in range(2)
        ]
        assert all(one.probability[-1] == 1 for one in maps)
        found[name] = np.array([float(one.crossing("m")) for one in maps]) / (2 * D * RANK)
    return found


def test_recovery_sets_in_between_d_r_and_two_d_r(crossings):
    for values in crossings.values():
        assert 0.4 < np.median(values) < 1


@pytest.mark.parametrize("start", ["spectral", "random"])
def test_noise_does_not_move_the_transition(crossings, start):
    ratio = crossings[f"noisy descent, {start}"] / crossings[f"descent, {start}"]
    assert 0.8 < np.median(ratio) < 1.25


def test_a_spectral_start_hardly_moves_it(crossings):
    ratio = crossings["descent, random"] / crossings["descent, spectral"]
    assert 0.75 < np.median(ratio) < 1.6
