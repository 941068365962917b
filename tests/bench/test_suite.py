"""Every kind of case, measured on a tiny problem; nothing here asserts a time."""

import json
import re

import ipgd
import numpy as np
import pytest
from ipgd.bench import find, races, roofs, suite, variants
from ipgd.bench.claims import Claim
from ipgd.bench.peers import PEERS, Peer
from ipgd.bench.workload import Workload

N_THREADS = 2


def run(case, effort, **settings):
    result = suite.run(case, effort, N_THREADS, **settings)
    assert result.case == case.name
    assert result.valid
    assert result.quick
    for timing in result.timings:
        assert len(timing.rounds) == effort.rounds
        assert min(timing.rounds) > 0
    return result


def names(result):
    return [timing.name for timing in result.timings]


def places(result):
    return [timing.at for timing in result.timings]


@pytest.mark.parametrize(
    "name", ["float64-100", "float32-100", "float32-throughout-100", "bfloat16-200", "int8-200"]
)
def test_steps_against_peers(tiny, brief, name):
    turns = []
    case = tiny(name)
    result = run(case, brief, tick=turns.append)
    assert names(result) == ["ipgd", "numpy", "numpy packed"]
    assert set(turns) == set(names(result))
    assert [check.name for check in result.checks] == ["numpy", "numpy packed"]
    assert [outcome.against for outcome in result.outcomes] == ["numpy", "numpy packed"]
    assert result.settings["dtype"] == case.dtype
    assert result.settings["m"] == 60
    assert result.settings["bytes"] >= case.storage_bytes
    assert all(timing.steps >= 4 for timing in result.timings)


def test_a_batch_against_loops_and_gemm(tiny, brief):
    result = run(tiny("batch-16", batch=3), brief)
    assert names(result) == ["ipgd", "numpy", "numpy gemm"]
    assert result.settings["batch"] == 3
    assert [outcome.against for outcome in result.outcomes] == ["numpy", "numpy gemm"]


@pytest.mark.parametrize("name", ["small", "small-batch"])
def test_small_problems_by_gram(tiny, brief, name, monkeypatch):
    monkeypatch.setattr(races, "_QUICK_STEPS", 30)
    result = run(tiny(name, search_rank=2), brief)
    assert result.settings["gram"]
    assert {timing.steps for timing in result.timings} == {30}


def test_a_full_run_takes_the_steps_of_its_case(tiny, brief):
    case = tiny("small", search_rank=2, steps=37)
    full = ipgd.bench.Effort(inner=1, rounds=1, seconds=1e-4)
    assert {timing.steps for timing in races.step(case, full, 1).timings} == {37}


@pytest.mark.parametrize(
    ("name", "rivals"),
    [("completion", ["scipy.sparse + numpy"]), ("rank-one", ["numpy", "numpy"])],
)
def test_operators_that_form_no_matrix(tiny, brief, name, rivals):
    case = tiny(name, d=30, m=300, search_rank=3)
    result = run(case, brief)
    assert names(result)[0] == "ipgd"
    assert [check.name for check in result.checks] == rivals[:1]
    assert [outcome.against for outcome in result.outcomes] == rivals
    assert (result.settings["m"], result.settings["search_rank"]) == (300, 3)
    assert 0 < case.memory < find([name])[0].memory < 5e9


def test_memory_of_completion_is_stated(tiny, brief):
    note = run(tiny("completion", d=30, m=300, search_rank=3), brief).notes[0]
    after, before = map(int, re.search(r"needs (\d+) MB at its peak, (\d+) of", note).groups())
    assert 10 < before <= after < 200


def test_a_deep_model_beside_its_compression(tiny, brief):
    case = tiny("compression", d=30, m=300)
    result = run(case, brief)
    assert names(result) == ["compressed", "full"]
    assert [outcome.target for outcome in result.outcomes] == [5]
    assert 0 < case.memory < find(["compression"])[0].memory < 5e9


def test_answers_to_ctrl_c(tiny, brief):
    case = tiny("interrupt")
    result = run(case, brief)
    assert names(result) == ["dense", "entries", "rank one", "100 ms"]
    assert [outcome.target for outcome in result.outcomes] == [1, 1, 1]
    assert result.timings[-1].rounds == [0.1] * brief.rounds
    assert [outcome.value for outcome in result.outcomes] == [
        np.median(timing.rounds) / 0.1 for timing in result.timings[:3]
    ]


def test_roofs(tiny, brief, monkeypatch):
    result = run(tiny("roof-100"), brief)
    assert names(result) == ["ipgd", "ipgd pass", "read"]
    assert [outcome.target for outcome in result.outcomes] == [0.9, None]
    dgemm = roofs.Dgemm
    monkeypatch.setattr(roofs, "Dgemm", lambda: dgemm(20))
    result = run(tiny("batch-64", batch=2), brief)
    assert names(result) == ["ipgd", "ipgd pass", "dgemm"]


def test_dgemm_counts_its_flops():
    times = iter([0.0, 4.0])
    assert roofs.Dgemm(10).seconds_per_flop(lambda: next(times)) == 4.0 / 2000


def test_cost_of_determinism(tiny, brief):
    result = run(tiny("determinism-100"), brief)
    assert names(result) == ["fixed chunks", "per-thread sums"]
    assert not result.outcomes[0].at_least


def test_cost_of_recording(tiny, brief):
    result = run(tiny("recording", steps=30), brief)
    assert names(result) == ["ipgd", "recording"]
    assert {timing.steps for timing in result.timings} == {30}
    (outcome,) = result.outcomes
    assert (outcome.target, outcome.at_least) == (1.05, False)


def test_growth(tiny, brief):
    result = run(tiny("growth", values=(4, 6, 8)), brief)
    assert places(result) == [4, 6, 8]
    assert result.outcomes[0].against == "straight line"
    assert result.outcomes[0].value <= 1


def test_growth_of_made_up_times(tiny, brief, monkeypatch):
    """Time in proportion to m p is R² = 1; the shares are those of the rounds."""

    def made_up(contenders, effort, tick):
        name = contenders[0].name
        d = int(name.removeprefix("d = "))
        return {name: [2e-9 * 25 * d * d * (d + 1) / 2] * effort.rounds}

    monkeypatch.setattr("ipgd.bench.sweeps.race", made_up)
    outcome = run(tiny("growth", values=(4, 6, 8)), brief).outcomes[0]
    assert outcome.value == pytest.approx(1)
    assert outcome.verdict == "met"


def test_dimensions(tiny, brief):
    result = run(tiny("dimensions", values=(5, 6)), brief)
    storages = ["ipgd float64", "ipgd float32", "ipgd bfloat16", "ipgd int8"]
    assert names(result) == [*storages, "numpy", "numpy packed"] * 2
    assert places(result) == [5] * 6 + [6] * 6
    assert [check.name for check in result.checks][-1] == "numpy packed, d = 6"


def test_threads(tiny, brief, monkeypatch):
    monkeypatch.setattr("ipgd.bench.sweeps.cores", lambda: 2)
    assert places(run(tiny("threads"), brief)) == [1, 2]
    monkeypatch.setattr("ipgd.bench.sweeps.cores", lambda: 12)
    assert places(run(tiny("threads"), brief)) == [1, 2, 4, 8, 12]


def test_batch_sizes(tiny, brief):
    result = run(tiny("batch-sizes", values=(1, 2, 3, 4, 9)), brief)
    assert places(result) == [1, 2, 3, 4]  # quick: the first four
    assert result.settings["batch"] == 4


def test_instruction_sets(tiny, brief):
    result = run(tiny("instruction-sets-batch", batch=2), brief)
    assert names(result) == list(ipgd.build_info().isa_usable)


def test_a_variant_answers_on_standard_output(tiny, capsys):
    case = {"name": "x", "kind": "instruction sets", "sentence": "", "d": 4, "batch": 2}
    variants.main([json.dumps({"case": case, "n_threads": 1, "seconds": 1e-4})])
    assert float(capsys.readouterr().out) > 0


def test_a_variant_that_fails_is_said(tiny):
    with pytest.raises(RuntimeError, match="instruction set v9 failed: ImportError: IPGD_ISA"):
        variants.pass_seconds("v9", tiny("instruction-sets"), 1, 1e-4)


def test_a_peer_that_computes_something_else_is_found(tiny, brief, monkeypatch):
    def slower(work):
        return PEERS["numpy packed"].make(Workload(work.problem, work.starts, work.dtype, 1, 0.2))

    monkeypatch.setitem(PEERS, "numpy", Peer("numpy", "numpy", slower))
    result = suite.run(tiny("float64-100"), brief, N_THREADS)
    assert not result.valid
    assert [check.passed for check in result.checks] == [False, True]


def test_nan_is_not_the_same_result(tiny, brief, monkeypatch):
    def broken(work):
        return lambda steps: np.full_like(work.starts, np.nan)

    monkeypatch.setitem(PEERS, "numpy", Peer("numpy", "numpy", broken))
    assert not suite.run(tiny("float64-100"), brief, N_THREADS).valid


def test_what_does_not_fit_is_left_out_and_said(tiny, brief, monkeypatch):
    monkeypatch.setattr(suite, "available_memory", lambda: 10**9)
    case = tiny("roof-400", d=400, m=10_000)
    result = run(case, brief)
    assert result.timings == []
    assert result.notes == ["left out: it needs 6.4 GB, and 1.0 GB are available"]
    monkeypatch.setattr(suite, "available_memory", lambda: None)
    assert run(tiny("roof-100"), brief).timings


def test_a_claim_without_its_peers_is_left_out(tiny, brief):
    case = tiny("float64-100", claims=(Claim("words", ("absent",), "ipgd", 2),))
    assert run(case, brief).outcomes == []


def test_jax_with_fewer_threads_than_cores_is_said(tiny, brief, monkeypatch):
    monkeypatch.setattr(suite, "cores", lambda: 64)
    monkeypatch.setattr(suite, "blas_threads", fake_threads("numpy's BLAS may use another number"))
    monkeypatch.setattr(races, "available", lambda _: ([PEERS["numpy"]], []))
    result = run(tiny("float64-100", peers=("numpy", "jax")), brief)
    assert result.notes == [
        "numpy's BLAS may use another number",
        "jax uses all 64 cores, the others 2 threads",
    ]


def fake_threads(note):
    import contextlib

    @contextlib.contextmanager
    def given(n_threads):
        assert n_threads == N_THREADS
        yield note

    return given
