"""One hash of the final iterate for all threads, batch sizes and repetitions."""

import hashlib

import ipgd
import pytest

STORAGE = [
    ("float64", "float64"),
    ("float32", "float64"),
    ("float32", "float32"),
    ("bfloat16", "float64"),
    ("bfloat16", "float32"),
    ("int8", "float64"),
    ("int8", "float32"),
]
SIZES = {"one chunk": (10, 2, 200, 30), "several chunks": (40, 3, 1500, 6)}  # d, r, m, steps
THREADS = (1, 2, 3, 4, 7)
BATCHES = (1, 2, 5, 16, 64)
SEED = 11  # of the run that is looked at, which is the last of its batch


def digest(solution):
    return hashlib.sha256(solution.parameters["U"].tobytes()).hexdigest()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("dtype", "sums"), STORAGE)
def test_one_hash(dtype, sums, size):
    d, rank, m, steps = SIZES[size]
    problem = ipgd.matrix_sensing(d, rank, m, rng=0, dtype=dtype, sums=sums)
    options = {
        "parameterization": ipgd.SymmetricFactor(2 * rank),
        "init": ipgd.init.gaussian(1e-1),
        "max_iter": steps,
        "stop": ipgd.Stop(relative_loss=0),
        "record": (),
        "record_every": steps,
        "gram": False,
    }
    hashes = {
        digest(ipgd.solve(problem, rng=SEED, n_threads=n_threads, **options))
        for n_threads in THREADS
    }
    others = set()
    for n_threads in THREADS:
        for count in BATCHES:
            seeds = [*range(100, 99 + count), SEED]
            for _ in range(2):
                batch = ipgd.solve_batch(problem, seeds=seeds, n_threads=n_threads, **options)
                hashes.add(digest(batch[-1]))
                others |= {digest(solution) for solution in batch[:-1]}
    assert len(hashes) == 1
    assert len(others) == max(BATCHES) - 1  # each of the others has one hash, too, and its own
    assert not hashes & others
