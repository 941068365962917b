"""The same bits for 1, 2, 3 and 7 threads, alone and in a batch, for every pairing that works."""

import itertools

import ipgd
import numpy as np
import pytest
from ipgd.experiments import pairings

SMALL = pairings.cases(pairings.Size())
LARGE = pairings.cases(pairings.Size(d1=40, d2=30, side=4, m=1500, wide=8))
THREADS = (1, 2, 3, 7)
SEEDS = (5, 6, 7)
WORKING = [
    key
    for key in itertools.product(SMALL, pairings.PARAMETERIZATIONS, pairings.ALGORITHMS)
    if not isinstance(pairings.attempt(SMALL[key[0]], *key[1:]), ValueError)
]
# on the large problems, one model for each operator: the pass over A is what threads share
MODEL = {operator: parameterization for operator, parameterization, _ in reversed(WORKING)}
SHARED = [key for key in WORKING if MODEL[key[0]] == key[1]]


def check(case, parameterization, algorithm, same_bits):
    method = pairings.ALGORITHMS[algorithm]
    settings = pairings.options(case, parameterization) | {
        "record": ("loss", "gradient_norm", "test_error"),
        "record_every": 2,
    }
    alone = [ipgd.solve(case.problem, method, rng=s, n_threads=1, **settings) for s in SEEDS]
    first = next(iter(alone[0].parameters))
    assert not np.array_equal(alone[0].parameters[first], alone[1].parameters[first])
    for n_threads in THREADS:
        threads = {"n_threads": n_threads, **settings}
        same_bits(ipgd.solve(case.problem, method, rng=SEEDS[0], **threads), alone[0])
        batch = ipgd.solve_batch(case.problem, method, seeds=SEEDS, **threads)
        for one, other in zip(batch, alone, strict=True):
            same_bits(one, other)


def test_every_operator_has_pairings_that_work():
    assert {key[0] for key in WORKING} == set(SMALL)
    assert {key[0] for key in SHARED} == set(LARGE)


@pytest.mark.parametrize("operator", LARGE)
def test_threads_share_the_large_problems(operator):
    assert SMALL[operator].problem.operator._native.is_small
    assert not LARGE[operator].problem.operator._native.is_small


@pytest.mark.parametrize("key", WORKING, ids="/".join)
def test_one_chunk(key, same_bits):
    check(SMALL[key[0]], *key[1:], same_bits)


@pytest.mark.parametrize("key", SHARED, ids="/".join)
def test_several_chunks(key, same_bits):
    check(LARGE[key[0]], *key[1:], same_bits)
