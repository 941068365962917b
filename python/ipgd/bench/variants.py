"""The bare pass in a given instruction set, in a process: the set is chosen at import."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict
from typing import Any

from . import roofs
from .case import Case
from .workload import Workload

_SCRIPT = "from ipgd.bench.variants import main; main()"


def pass_seconds(isa: str, case: Case, n_threads: int, seconds: float) -> float:
    """Seconds per run of a bare pass in the instruction set `isa`.

    Parameters
    ----------
    isa : str
        One that this CPU runs.
    case : Case
    n_threads : int
    seconds : float
        How long to measure; the fastest pass counts.

    Raises
    ------
    RuntimeError
        If the process fails.
    """
    sizes = {name: value for name, value in asdict(case).items() if name != "claims"}
    question = json.dumps({"case": sizes, "n_threads": n_threads, "seconds": seconds})
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT, question],
        env={**os.environ, "IPGD_ISA": isa},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        reason = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise RuntimeError(f"the pass in instruction set {isa} failed: {reason}")
    return float(done.stdout)


def main(arguments: list[str] | None = None) -> None:
    """Print what :func:`pass_seconds` asks for, in its process."""
    question: dict[str, Any] = json.loads((sys.argv[1:] if arguments is None else arguments)[0])
    case = Case(**question["case"])
    work = Workload.of(case, question["n_threads"])
    repeats = roofs.pass_repeats(work, question["seconds"], batch=case.batch)
    print(roofs.pass_seconds(work, repeats, batch=case.batch) / case.batch)
