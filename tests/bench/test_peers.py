"""The peers compute what we compute; what cannot be compared is left out or refused."""

from dataclasses import replace

import ipgd
import numpy as np
import pytest
from ipgd.bench import peers
from ipgd.bench.ours import Ours
from ipgd.bench.peers import PEERS, available
from ipgd.bench.workload import Workload, aligned_empty

TOLERANCES = {"float64": 1e-12, "float32": 1e-5}
STEPS = 12


def advanced(peer, work):
    if peer.library != "numpy":
        pytest.importorskip(peer.library)
    return peer.make(work)(STEPS)


@pytest.mark.parametrize("name", PEERS)
@pytest.mark.parametrize("dtype", TOLERANCES)
def test_a_peer_ends_where_we_end(tiny, name, dtype):
    peer = PEERS[name]
    work = Workload.of(tiny("float64-100", peer_dtype=dtype), 2, batch=3 if peer.batched else 1)
    theirs, mine = advanced(peer, work), Ours(work).advance(STEPS)
    assert theirs.dtype == dtype
    assert theirs.shape == mine.shape
    assert np.linalg.norm(theirs - mine) < TOLERANCES[dtype] * np.linalg.norm(mine)
    assert np.linalg.norm(mine - work.starts) > 0.01 * np.linalg.norm(mine)  # something happened


@pytest.mark.parametrize("name", PEERS)
def test_a_peer_can_be_run_again(tiny, name):
    """It starts afresh, and neither its start nor A has changed."""
    work = Workload.of(tiny("float64-100"), 1)
    before = work.starts.copy(), work.problem.operator.to_dense()
    peer = PEERS[name]
    first = advanced(peer, work)
    advance = peer.make(work)
    advance(3)
    np.testing.assert_allclose(advance(STEPS), first, rtol=1e-13)
    np.testing.assert_array_equal(work.starts, before[0])
    np.testing.assert_array_equal(work.unpacked.reshape(before[1].shape), before[1])


@pytest.mark.parametrize("dtype", ["float64", "float32", "bfloat16", "int8"])
def test_peers_get_the_entries_that_we_store(tiny, dtype):
    work = Workload.of(tiny("float64-100", dtype=dtype), 1)
    assert work.problem.operator.storage == dtype
    theirs, mine = peers.numpy_loop(work)(STEPS), Ours(work).advance(STEPS)
    assert np.linalg.norm(theirs - mine) < 1e-4 * np.linalg.norm(mine)


def test_arrays_are_filled_block_by_block_and_aligned(tiny, monkeypatch):
    whole = Workload.of(tiny("float64-100"), 1)
    monkeypatch.setattr("ipgd.bench.workload._BLOCK_BYTES", 7 * 8 * 36)
    blocks = Workload.of(tiny("float64-100"), 1)
    np.testing.assert_array_equal(blocks.unpacked, whole.unpacked)
    np.testing.assert_array_equal(blocks.packed, whole.packed)
    assert blocks.unpacked.shape == (60, 36)
    assert blocks.packed.shape == (60, 21)
    assert blocks.unpacked.ctypes.data % 64 == 0
    assert aligned_empty((3, 5), "float32").shape == (3, 5)


def test_gram_gives_the_same_factors(tiny):
    work = Workload.of(tiny("small", search_rank=2), 1)
    theirs, mine = peers.numpy_loop(work)(200), Ours(work, gram=True).advance(200)
    assert np.linalg.norm(theirs - mine) < 1e-9 * np.linalg.norm(mine)


def test_a_run_that_ends_early_is_refused(tiny):
    """Its time would be that of fewer steps."""
    work = Workload.of(tiny("float64-100"), 1)
    with pytest.raises(RuntimeError, match=r"a run of 500 steps ended after [0-9]+: "):
        Ours(replace(work, step_size=1e9)).advance(500)


def test_a_missing_library_is_said(monkeypatch):
    real = peers.importlib.import_module

    def without(name):
        if name == "torch":
            raise ModuleNotFoundError("No module named 'torch'", name="torch")
        if name == "jax":
            raise ImportError("libsomething is too old", name="jaxlib")
        return real(name)

    monkeypatch.setattr(peers.importlib, "import_module", without)
    found, notes = available(("numpy", "torch", "torch gemm", "jax", "numpy packed"))
    assert [peer.name for peer in found] == ["numpy", "numpy packed"]
    assert notes == [
        "torch is left out: it is not installed",
        "jax is left out: it cannot be imported (jaxlib)",
    ]


class AskedError(Exception):
    """Ends a solve before it begins."""


@pytest.mark.parametrize("gram", [True, False])
@pytest.mark.parametrize("batch", [1, 2])
def test_gram_is_never_left_to_the_automatic_choice(tiny, monkeypatch, gram, batch):
    def asked(*_, **settings):
        raise AskedError(settings["gram"])

    monkeypatch.setattr(ipgd, "solve", asked)
    monkeypatch.setattr(ipgd, "solve_batch", asked)
    with pytest.raises(AskedError, match=str(gram)):
        Ours(Workload.of(tiny("float64-100"), 1, batch=batch), gram=gram).advance(1)


@pytest.mark.parametrize("gram", [True, False])
def test_the_price_of_gram_is_paid_in_every_run(tiny, monkeypatch, gram):
    """A problem remembers what it computed once, so each timed run has a new one."""
    given, solve = [], ipgd.solve

    def watched(problem, *rest, **settings):
        given.append(problem)
        return solve(problem, *rest, **settings)

    monkeypatch.setattr(ipgd, "solve", watched)
    work = Workload.of(tiny("float64-100"), 1)
    ours = Ours(work, gram=gram)
    ours.advance(1)
    ours.advance(1)
    assert (given[0] is given[1]) is not gram
    assert all(problem.operator is work.problem.operator for problem in given)
