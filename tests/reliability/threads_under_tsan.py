"""Threads of Python and of the core at once; `make tsan` runs this under the thread sanitizer.

What races is reported by the sanitizer, which then ends with status 66. The bits are compared, too.
"""

from concurrent.futures import ThreadPoolExecutor

import ipgd

PROBLEMS = (
    ipgd.matrix_sensing(d=24, rank=2, m=900, rng=0),
    ipgd.matrix_sensing(d=24, rank=2, m=900, rng=0, dtype="float32"),
    ipgd.matrix_completion(160, 150, rank=2, n_observed=18000, rng=0),
    ipgd.quadratic_regression(d=24, rank=2, m=2000, rng=0),
)
ALGORITHMS = (ipgd.GD(), ipgd.IPGDPlus(radius=1e-6), ipgd.AcceleratedGD(), ipgd.ScaledGD())


def run(problem, algorithm):
    """The bits of one run that two threads share."""
    solution = ipgd.solve(problem, algorithm, n_threads=2, max_iter=6, rng=1, record=("loss",))
    return b"".join(array.tobytes() for array in solution.parameters.values())


def batch(problem):
    """The bits of several runs side by side."""
    solutions = ipgd.solve_batch(problem, seeds=range(5), n_threads=3, max_iter=4)
    return b"".join(one.parameters[name].tobytes() for one in solutions for name in one.parameters)


def main():
    """Run everything one after the other, then from four threads on shared problems."""
    tasks = [(run, problem, algorithm) for problem in PROBLEMS for algorithm in ALGORITHMS]
    tasks += [(batch, problem) for problem in PROBLEMS]
    alone = [task(*arguments) for task, *arguments in tasks]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda task: task[0](*task[1:]), tasks))
    assert alone == together, "the bits depend on the company"
    print(f"{len(tasks)} tasks, alone and from four threads: the same bits")


if __name__ == "__main__":
    main()
