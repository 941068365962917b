"""An elevation map completed from 15 % of its points, beside soft-impute and nuclear norm.

    python examples/complete_elevation.py [picture.png]

The map is the Jacksboro fault's, which comes with matplotlib: 344 x 403 points. It is not of low
rank; the best matrix of rank 10 misses it by the figure printed first, and that from all points.

A tenth of the points seen is held out to choose how many columns V Wᵀ has and when it stops, and
the penalty of soft-impute; both then work with all points seen, nuclear norm has nothing to choose.
The points not seen only serve to measure the errors.
"""

import sys
import time

import ipgd
import matplotlib as mpl
import numpy as np
from ipgd import baselines
from matplotlib import cbook

mpl.use("Agg")
import matplotlib.pyplot as plt

RANK, SHARE = 10, 0.15
COLUMNS = (10, 20, 40, 80)  # to choose from
PENALTIES = (0.05, 0.02, 0.01)  # of the largest sensible one, to choose from


def relative_error(theta, truth, where):
    """Of the variation at these points."""
    return np.linalg.norm((theta - truth)[where]) / np.linalg.norm(truth[where])


def best_error(matrix, rank):
    """Relative error of the best matrix of this rank."""
    sigma = np.linalg.svd(matrix, compute_uv=False)
    return np.linalg.norm(sigma[rank:]) / np.linalg.norm(sigma)


def descend(problem, columns, max_iter, callback=None):
    """Gradient descent on V Wᵀ from a small start, for a given number of iterations."""
    return ipgd.solve(
        problem,
        parameterization=ipgd.AsymmetricFactor(columns),
        stop=ipgd.Stop(relative_loss=0.0),
        max_iter=max_iter,
        record_every=20,
        callback=callback,
        rng=0,
    )


def choose_columns(problem, truth, held_out, max_iter):
    """Number of columns and iterations with the least error at the points held out."""
    tried = []
    for columns in COLUMNS:

        def keep(now, columns=columns):
            theta = now.parameters["V"] @ now.parameters["W"].T
            error = relative_error(theta, truth, held_out)
            tried.append((error, columns, now.iteration))

        descend(problem, columns, max_iter, keep)
    return min(tried)[1:]


def choose_penalty(problem, truth, held_out, largest, max_iter):
    """The penalty with the least error at the points held out."""

    def error(penalty):
        solution = baselines.soft_impute(problem, penalty, tolerance=5e-3, max_iter=max_iter)
        return relative_error(solution.theta(), truth, held_out)

    return min((share * largest for share in PENALTIES), key=error)


def main(picture="complete_elevation.png", max_iter=1500, baseline_iter=400):
    """Complete the map in three ways, print the errors and draw the maps."""
    with cbook.get_sample_data("jacksboro_fault_dem.npz") as dem:
        elevation = dem["elevation"].astype(float)
    rng = np.random.default_rng(0)
    seen = rng.random(elevation.shape) < SHARE
    held_out = seen & (rng.random(elevation.shape) < 0.1)
    mean = elevation[seen].mean()
    centred = elevation - mean
    known = np.where(seen, centred, np.nan)  # all that the methods and the choices see
    problem = ipgd.MatrixCompletion(known)
    rest = ipgd.MatrixCompletion(np.where(held_out, np.nan, known))
    largest = np.linalg.norm(np.where(seen, centred, 0), 2)

    def ours():
        columns, iterations = choose_columns(rest, known, held_out, max_iter)
        return descend(problem, columns, iterations), f"V Wᵀ, {columns} columns"

    def soft_impute():
        penalty = choose_penalty(rest, known, held_out, largest, baseline_iter)
        solution = baselines.soft_impute(problem, penalty, tolerance=1e-3, max_iter=baseline_iter)
        return solution, f"soft-impute, {penalty / largest:.0%} penalty"

    def nuclear_norm():
        solution = baselines.nuclear_norm(problem, tolerance=1e-3, max_iter=baseline_iter)
        return solution, "nuclear norm"

    print(f"best of rank {RANK}, all points seen: {best_error(centred, RANK):.3f} of the variation")
    panels = {"elevation": elevation, f"seen: {SHARE:.0%}": np.where(seen, elevation, np.nan)}
    for run in (ours, soft_impute, nuclear_norm):
        begin = time.perf_counter()
        solution, name = run()
        seconds = time.perf_counter() - begin
        theta = solution.theta()
        error = relative_error(theta, centred, ~seen)
        rms = np.sqrt(np.mean((theta - centred)[~seen] ** 2))
        status = "chosen stop" if run is ours else solution.status
        gap = (solution.settings["algorithm"] or {}).get("gap")
        print(
            f"{name}: {error:.3f} of the variation at the unseen points, {rms:.1f} m rms; "
            f"{status} after {solution.nit} iterations, {seconds:.1f} s with all choices"
            + (f", duality gap {gap:.1e}" if gap is not None else "")
        )
        panels[f"{name}: {error:.3f}"] = theta + mean

    figure, axes = plt.subplots(
        1, len(panels), figsize=(3.2 * len(panels), 3.2), layout="constrained"
    )
    for axis, (title, values) in zip(axes, panels.items(), strict=True):
        image = axis.imshow(
            values,
            cmap=plt.get_cmap("terrain", 24),
            vmin=elevation.min(),
            vmax=elevation.max(),
            interpolation="nearest",
        )
        axis.set_title(title, fontsize=10)
        axis.set_axis_off()
    figure.suptitle(
        "An elevation map from 15 % of its points; error at the unseen ones", fontsize=11
    )
    figure.colorbar(image, ax=axes, label="elevation [m]", shrink=0.8)
    figure.savefig(picture, dpi=62)
    print(f"wrote {picture}")


if __name__ == "__main__":
    main(*sys.argv[1:])
