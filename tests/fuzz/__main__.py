"""Random cases until the time is over: ``python -m tests.fuzz --minutes 10 --seed 0``.

Every case must end in a result or in a documented error; see ``judge.py``. Batches of cases run in
processes of their own, so that a crash or a hang costs a batch and is reported with its seed. One
case is repeated with ``--target NAME --seed SEED --cases 1``.
"""

import argparse
import collections
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time

TARGETS = ("constructors", "solving", "saved", "containers", "limits")
_BATCH = 100
_BATCHES = {"limits": 10}  # whose cases write to disk and start processes
_PATIENCE = 180  # s without a sign from a batch: long runs and loaded machines are no hangs


class Batch:
    """A worker process and what it has told."""

    def __init__(self, target, first, count, until=None):
        command = [sys.executable, "-m", f"{__package__}.worker", target, str(first), str(count)]
        self.counts, self.failures, self.last = collections.Counter(), [], first
        self.heard, self.hung = time.monotonic(), False
        environment = os.environ | {"OMP_WAIT_POLICY": "passive"}  # many wait on a loaded machine
        with tempfile.TemporaryFile("w+", errors="backslashreplace") as errors:
            with subprocess.Popen(
                command,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=environment,
                text=True,
                errors="replace",
            ) as process:
                watch = threading.Thread(target=self._watch, args=(process, until), daemon=True)
                watch.start()
                self._listen(process.stdout)
            self.ended = process.returncode
            errors.seek(0)
            self.errors = errors.read()[-3000:]
        self.stopped = until is not None and time.monotonic() > until

    def _watch(self, process, until):
        while process.poll() is None:
            now = time.monotonic()
            if now > self.heard + _PATIENCE or (until is not None and now > until + 5):
                self.hung = now > self.heard + _PATIENCE
                process.send_signal(signal.SIGABRT)
                process.wait()
            time.sleep(0.2)

    def _listen(self, lines):
        for line in lines:
            self.heard = time.monotonic()
            word, _, rest = line.rstrip("\n").partition(" ")
            if word == "case":
                self.last = int(rest)
            elif word == "ok":
                self.counts[rest] += 1
            elif word == "bad":
                self.counts["FAILED"] += 1
                self.failures.append(f"seed {self.last}: {rest}")
            else:
                self.failures[-1] += "\n" + line.rstrip("\n")

    def verdict(self):
        """The failures, a death among them."""
        if self.ended and not self.stopped:
            how = "hung" if self.hung else f"ended with {self.ended}"
            self.counts["DIED"] += 1
            return [*self.failures, f"seed {self.last}: the process {how}\n{self.errors}"]
        return self.failures


def main():
    """Run and report; the exit code is 1 where a case failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--seed", type=int, default=0, help="of the first case of each target")
    parser.add_argument("--cases", type=int, help="of each target, in place of a time")
    parser.add_argument("--target", choices=TARGETS, action="append")
    given = parser.parse_args()
    targets = given.target or TARGETS
    print(f"targets {', '.join(targets)}; first seed {given.seed}", flush=True)
    until = None if given.cases else time.monotonic() + 60 * given.minutes
    counts = {target: collections.Counter() for target in targets}
    first, failed = given.seed, False
    while until is None or time.monotonic() < until:
        for target in targets:
            count = given.cases or _BATCHES.get(target, _BATCH)
            batch = Batch(target, first, count, until)
            for failure in batch.verdict():
                failed = True
                print(f"FAILED {target}: {failure}", flush=True)
            counts[target] += batch.counts
            if until is not None and time.monotonic() > until:
                break
        first += given.cases or _BATCH
        if until is None:
            break
    for target, count in counts.items():
        ends = ", ".join(f"{kind} {n}" for kind, n in sorted(count.items()))
        print(f"{target:13} {sum(count.values()):7} cases: {ends}")
    print(f"seeds {given.seed} to {first - 1}: {'FAILED' if failed else 'no failure'}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
