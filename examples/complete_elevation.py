"""An elevation map completed from 15 % of its points, beside soft-impute and nuclear norm.

    python examples/complete_elevation.py [picture.png]

The map is the Jacksboro fault's, which comes with matplotlib: 344 x 403 points. It is not of low
rank; the best matrix of rank 10 misses it by the figure printed first, and that from all points.
"""

import sys

import ipgd
import matplotlib as mpl
import numpy as np
from ipgd import baselines
from matplotlib import cbook

mpl.use("Agg")
import matplotlib.pyplot as plt

RANK, SHARE = 10, 0.15


def best_error(matrix, rank):
    """Relative error of the best matrix of this rank."""
    sigma = np.linalg.svd(matrix, compute_uv=False)
    return np.linalg.norm(sigma[rank:]) / np.linalg.norm(sigma)


def main(picture="complete_elevation.png", baseline_iter=500):
    """Complete the map in three ways, print the errors and draw the maps."""
    with cbook.get_sample_data("jacksboro_fault_dem.npz") as dem:
        elevation = dem["elevation"].astype(float)
    rng = np.random.default_rng(0)
    seen = rng.random(elevation.shape) < SHARE
    mean = elevation[seen].mean()
    centred = elevation - mean
    problem = ipgd.MatrixCompletion(np.where(seen, centred, np.nan), truth=centred)

    solutions = {
        f"V Wᵀ, {RANK} columns": ipgd.solve(
            problem,
            parameterization=ipgd.AsymmetricFactor(RANK),
            stop=ipgd.Stop(relative_loss=best_error(centred, RANK) ** 2),
            max_iter=3000,
            rng=0,
        ),
        "soft-impute": baselines.soft_impute(problem, tolerance=1e-4, max_iter=baseline_iter),
        "nuclear norm": baselines.nuclear_norm(
            problem, tolerance=1e-3, max_iter=min(300, baseline_iter)
        ),
    }
    print(f"best of rank {RANK}, all points seen: {best_error(centred, RANK):.3f} of the variation")
    panels = {"elevation": elevation, f"seen: {SHARE:.0%}": np.where(seen, elevation, np.nan)}
    hidden = ~seen
    for name, solution in solutions.items():
        theta = solution.theta()
        error = np.linalg.norm((theta - centred)[hidden]) / np.linalg.norm(centred[hidden])
        rms = np.sqrt(np.mean((theta - centred)[hidden] ** 2))
        print(f"{name:>20}: {error:.3f} of the variation at the unseen points, {rms:.1f} m rms")
        panels[f"{name}: {rms:.0f} m rms"] = theta + mean

    figure, axes = plt.subplots(
        1, len(panels), figsize=(3.2 * len(panels), 3.2), layout="constrained"
    )
    for axis, (title, values) in zip(axes, panels.items(), strict=True):
        image = axis.imshow(
            values,
            cmap="terrain",
            vmin=elevation.min(),
            vmax=elevation.max(),
            interpolation="nearest",
        )
        axis.set_title(title, fontsize=10)
        axis.set_axis_off()
    figure.colorbar(image, ax=axes, label="elevation [m]", shrink=0.8)
    figure.savefig(picture, dpi=110)
    print(f"wrote {picture}")


if __name__ == "__main__":
    main(*sys.argv[1:])
