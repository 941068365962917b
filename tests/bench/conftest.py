"""Cases small enough to be measured in a test, and a made-up result."""

from dataclasses import replace

import pytest
from ipgd.bench import Claim, Effort, Outcome, Result, find
from ipgd.bench.results import Check, Document, Timing

BRIEF = Effort(inner=1, rounds=2, seconds=1e-4, quick=True)


@pytest.fixture(scope="session")
def brief():
    return BRIEF


@pytest.fixture(scope="session")
def tiny():
    """A case of the suite, at d = 6 and with numpy's peers only."""

    def make(name, **changes):
        case = find([name])[0]
        peers = tuple(peer for peer in case.peers if peer.startswith("numpy"))
        return replace(case, **({"d": 6, "m": 60, "rank": 2, "peers": peers} | changes))

    return make


FACTS = {
    "date": "2026-01-02",
    "cpu": "Some CPU",
    "cores": 2,
    "threads": 2,
    "memory_bytes": 16_000_000_000,
    "isa": "v3",
    "isa_usable": ["v2", "v3"],
    "compiler": "GNU 1",
    "eigen": "3.4.0",
    "openmp": True,
    "blas": "openblas",
    "os": "Linux",
    "python": "3.11",
    "versions": {"numpy": "2.0", "torch": None},
}

SIZES = {"d": 100, "m": 2500, "p": 5050, "search_rank": 100, "batch": 1, "gram": False}


def made_up(case, kind, timings, **changes):
    """A result without a measurement."""
    settings = SIZES | {"bytes": 8 * 2500 * 5050}
    result = Result(case, kind, f"What {case} shows.", False, settings, timings)
    return replace(result, **changes)


@pytest.fixture
def document():
    """Every kind of result that the page and the figures look at."""
    met = Outcome("best peer / ipgd", 4.0, 3.9, 4.1, "torch", 3.5, 4.0)
    sweep = [Timing("ipgd", [1e-3 / K, 1.2e-3 / K], at=K, steps=7) for K in (1, 2)]
    both = [Timing("ipgd", [1e-3, 1e-3]), Timing("numpy", [4e-3, 4e-3])]
    results = [
        made_up("float64-100", "step", both, outcomes=[met], checks=[Check("numpy", 2e-16, 1e-9)]),
        made_up("roof-100", "roof", [Timing("read", [1e-3]), Timing("ipgd", [1.1e-3])]),
        made_up("roof-400", "roof", [], notes=["left out: it needs 6.4 GB"]),
        made_up("batch-16", "step", both, settings=SIZES | {"batch": 16, "bytes": 1}),
        made_up("batch-64", "flops", [Timing("dgemm", [4e-4])]),
        made_up("threads", "threads", sweep),
        made_up("batch-sizes", "batch sizes", sweep),
        made_up("dimensions", "dimensions", [replace(t, at=50) for t in both]),
    ]
    return Document(dict(FACTS), results)


@pytest.fixture(scope="session")
def claim():
    return Claim("best peer / ipgd", ("numpy", "torch"), "ipgd", 3.0, 4.0)
