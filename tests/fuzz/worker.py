"""A process that runs a batch of cases of one target and tells of each before and after it.

Lines of the output: ``case SEED``, then ``ok KIND``, or ``bad DESCRIPTION`` and a traceback. A
process that dies or hangs is thereby known by the seed of its last case.
"""

import faulthandler
import importlib
import os
import resource
import sys
import tempfile
import traceback
from pathlib import Path

import numpy as np

from . import judge

_LARGEST = 6 * 2**30  # bytes of address space: a case that wants more gets MemoryError


def _run(target, seed):
    """The line that tells how the case of this seed ended, and a traceback where there is one."""
    rng = np.random.default_rng([seed, sum(target.__name__.encode())])
    told = [""]

    with tempfile.TemporaryDirectory(prefix="ipgd-fuzz-") as name:
        folder = Path(name)
        steps = target.case(rng, folder)
        try:
            told[0] = next(steps)  # what comes before it is preparation and has to work

            def case():
                for description in steps:
                    told[0] = description

            return f"ok {judge.outcome(case)}", ""
        except Exception:
            return f"bad {told[0]!r}", traceback.format_exc()


def main(name, first, count):
    """Run the cases of `count` seeds from `first` on."""
    told = os.fdopen(os.dup(1), "w", buffering=1, encoding="utf-8", errors="backslashreplace")
    os.dup2(2, 1)  # whatever else is printed is no part of the report
    resource.setrlimit(resource.RLIMIT_AS, (_LARGEST, resource.RLIM_INFINITY))
    faulthandler.enable()  # tells where a crash was, or where a hang is when it is ended
    target = importlib.import_module(f".{name}", __package__)
    for seed in range(first, first + count):
        print("case", seed, file=told)
        line, trace = _run(target, seed)
        print(line, file=told)
        if trace:
            print("\n".join(f"    {each}" for each in trace.splitlines()), file=told)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
