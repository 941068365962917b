"""When a claim holds."""

from dataclasses import replace

import pytest
from ipgd.bench import CASES, Claim, find
from ipgd.bench.claims import judge
from ipgd.bench.peers import PEERS
from ipgd.bench.suite import KINDS

NOISY = [0.9, 1.1, 10.0, 12.0]  # a median above the target, a band that contains 1


def test_the_best_peer_stands_for_all(claim):
    times = {"numpy": [9.0, 9.0], "torch": [8.0, 8.0], "ipgd": [2.0, 2.0]}
    outcome = judge(claim, times)
    assert (outcome.against, outcome.value, outcome.low, outcome.high) == ("torch", 4, 4, 4)
    assert (outcome.target, outcome.bound) == (3, 4)


def test_without_a_peer_there_is_no_outcome(claim):
    assert judge(claim, {"ipgd": [1.0]}) is None


@pytest.mark.parametrize(
    ("target", "at_least", "ratios", "verdict"),
    [
        (3.0, True, [4.0, 4.0], "met"),
        (3.0, True, [2.0, 2.0], "missed"),
        (3.0, True, NOISY, "no claim"),
        (0.9, True, [0.95, 1.0], "met"),
        (0.9, True, [0.8, 0.8], "missed"),
        (1.03, False, [0.99, 1.02], "met"),
        (1.03, False, [1.04, 1.05], "missed"),
        (None, True, [5.0, 5.0], "reported"),
    ],
)
def test_verdict(target, at_least, ratios, verdict):
    claim = Claim("words", ("numpy",), "ipgd", target, at_least=at_least)
    times = {"numpy": ratios, "ipgd": [1.0] * len(ratios)}
    assert judge(claim, times).verdict == verdict


def test_names_of_cases_are_different():
    names = [case.name for case in CASES]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_case_names_kinds_peers_and_contenders_that_exist(case):
    assert case.kind in KINDS
    assert set(case.peers) <= set(PEERS)
    assert case.memory >= case.storage_bytes
    contenders = {
        "step": {"ipgd", *case.peers},
        "roof": {"ipgd", "ipgd pass", "read"},
        "flops": {"ipgd", "ipgd pass", "dgemm"},
        "determinism": {"fixed chunks", "per-thread sums"},
        "recording": {"ipgd", "recording"},
        "completion": {"ipgd", "scipy.sparse + numpy"},
        "rank one": {"ipgd", "ipgd, float32 storage", "numpy"},
        "compression": {"compressed", "full"},
        "interrupt": {"dense", "entries", "rank one", "100 ms"},
    }.get(case.kind, {"ipgd"})
    for claim in case.claims:
        assert {claim.under, *claim.over} <= contenders


def test_sizes_of_a_case():
    case = find(["float64-200"])[0]
    assert (case.measurements, case.columns, case.entries) == (5000, 200, 20100)
    assert case.storage_bytes == 5000 * 20100 * 8
    # Ours, the peers' array and jax's copy of it, and the packed one.
    assert case.memory == 5000 * 8 * (20100 + 2 * 40000 + 20100)
    assert replace(case, peers=()).memory == case.storage_bytes
    dimensions = find(["dimensions"])[0]
    assert replace(dimensions, peers=()).memory == 5000 * 20100 * (8 + 4 + 2 + 1)


def test_find():
    assert find() == list(CASES)
    assert find([]) == list(CASES)
    assert [case.name for case in find(["small", "float64-100"])] == ["float64-100", "small"]
    with pytest.raises(
        ValueError, match=r"case: expected one of float64-100, .*, got 'float128-100'"
    ):
        find(["small", "float128-100"])
