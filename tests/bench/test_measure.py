"""Rounds, ratios and bands on a made-up clock."""

import numpy as np
import pytest
from ipgd.bench.measure import (
    Contender,
    Effort,
    band,
    best,
    r_squared,
    race,
    ratios,
    steps_for,
    timed,
)


class Clock:
    """Time passes only when work is done."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now

    def work(self, seconds):
        self.now += seconds


def recorded(name, calls, seconds=lambda: 1.0):
    def run():
        calls.append(name)
        return seconds()

    return Contender(name, run)


def test_rounds_go_forwards_then_backwards():
    calls, turns = [], []
    contenders = [recorded(name, calls) for name in "ABC"]
    times = race(contenders, Effort(inner=2, rounds=3, seconds=1), turns.append)
    assert "".join(calls) == "AABBCC" + "CCBBAA" + "AABBCC"
    assert "".join(turns) == "ABC" + "CBA" + "ABC"
    assert list(times) == ["A", "B", "C"]


def test_the_fastest_inner_run_counts_for_its_round():
    seconds = iter([3.0, 2.0, 5.0, 7.0, 6.0, 9.0])
    contender = recorded("A", [], lambda: next(seconds))
    assert race([contender], Effort(inner=3, rounds=2, seconds=1)) == {"A": [2.0, 6.0]}


def test_a_drift_of_the_machine_leaves_the_ratio_alone():
    """The machine slows down twofold from round to round: medians move, ratios do not."""
    speed = {"now": 1.0}

    def contender(name, cost):
        return Contender(name, lambda: cost * speed["now"])

    over, under = [], []
    for _ in range(5):
        times = race(
            [contender("A", 4.0), contender("B", 1.0)], Effort(inner=1, rounds=1, seconds=1)
        )
        over += times["A"]
        under += times["B"]
        speed["now"] *= 2
    assert ratios(over, under) == [4.0] * 5
    assert over[-1] == 16 * over[0]


def test_the_band_holds_the_middle_of_the_rounds():
    found = band(list(range(11)))
    assert (found.median, found.low, found.high) == (5.0, 1.0, 9.0)


@pytest.mark.parametrize(
    ("values", "excludes"),
    [([2, 3, 4], True), ([0.5, 0.6, 0.7], True), ([0.9, 1.1, 1.2], False), ([1, 1, 1], False)],
)
def test_a_band_excludes_one_or_not(values, excludes):
    assert band(values).excludes_one is excludes


def test_time_is_divided_by_the_work():
    clock = Clock()
    assert timed(lambda: clock.work(12.0), 4, clock) == 3.0


@pytest.mark.parametrize(("cost", "steps"), [(0.01, 100), (0.5, 4), (1e-9, 100_000)])
def test_an_inner_run_is_filled_with_steps(cost, steps):
    """About a second of work, within 4 and 100 000 steps; compiling in the first call is free."""
    clock, calls = Clock(), []

    def advance(n):
        clock.work(n * cost if calls else 1000.0)
        calls.append(n)

    assert steps_for(advance, 1.0, clock) == pytest.approx(steps, abs=1)
    assert calls[0] == 1


def test_the_best_has_the_smallest_median_among_those_that_ran():
    times = {"A": [1.0, 9.0, 9.0], "B": [2.0, 2.0, 2.0], "C": [0.1, 0.1, 0.1]}
    assert best(times, ("A", "B", "absent")) == "B"
    assert best(times, ("absent",)) is None


def test_r_squared_of_a_line_and_of_none():
    x = np.arange(10.0)
    assert r_squared(x, 3 * x + 2) == pytest.approx(1)
    assert r_squared(x, x**6) < 0.8
