"""Quadratic regression on real data: how a diabetes score depends on pairs of measurements.

    python examples/quadratic_regression.py [picture.png]

442 patients of scikit-learn's bundled table, ten measurements each. The model is a network with
quadratic activations, y = Σ_j (u_jᵀx)² + const, of which nothing but its positivity is assumed: as
many hidden units as inputs. Gradient descent from a small start is stopped by a validation set.
"""

import sys

import ipgd
import matplotlib as mpl
import numpy as np
from sklearn.datasets import load_diabetes

mpl.use("Agg")
import matplotlib.pyplot as plt


def r_squared(y, predicted):
    """Share of the variance that is explained."""
    return 1 - np.sum((y - predicted) ** 2) / np.sum((y - y.mean()) ** 2)


def main(picture="quadratic_regression.png", max_iter=20_000):
    """Fit on half of the patients, choose the iterate on a quarter, test on the rest."""
    table = load_diabetes()
    X = table.data / table.data.std(axis=0)
    X = np.column_stack([X, np.full(len(X), 3.0)])  # linear terms come from products with this one
    y = table.target / 100
    order = np.random.default_rng(0).permutation(len(y))
    train, check, test = np.split(order, [len(y) // 2, 3 * len(y) // 4])
    problem = ipgd.QuadraticRegression(X[train], y[train])

    kept = []

    def keep(now):
        U = now.parameters["U"]
        kept.append((now.iteration, U.copy()))

    ipgd.solve(
        problem,
        init=ipgd.init.gaussian(1e-3),
        stop=ipgd.Stop(relative_loss=0.0, gradient_norm=1e-9),
        max_iter=max_iter,
        record_every=20,
        callback=keep,
        rng=0,
    )

    def curve(rows):
        return [r_squared(y[rows], ((X[rows] @ U) ** 2).sum(axis=1)) for _, U in kept]

    iterations = [iteration for iteration, _ in kept]
    curves = {"training": curve(train), "validation": curve(check), "test": curve(test)}
    best = int(np.argmax(curves["validation"]))
    U = kept[best][1]
    linear, *_ = np.linalg.lstsq(X[train], y[train], rcond=None)
    pairs = np.array([np.outer(x, x)[np.triu_indices(X.shape[1])] for x in X])
    least_squares, *_ = np.linalg.lstsq(pairs[train], y[train], rcond=None)
    print(
        f"U Uᵀ after {iterations[best]} iterations: R² {curves['test'][best]:.3f} on the test set"
    )
    print(f"linear least squares:          R² {r_squared(y[test], X[test] @ linear):.3f}")
    print(
        f"least squares on all products: R² {r_squared(y[test], pairs[test] @ least_squares):.3f}"
    )

    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    for name, values in curves.items():
        left.plot(iterations[1:], np.maximum(values[1:], -1), label=name)
    left.axvline(iterations[best], color="grey", linewidth=0.8)
    left.set(xscale="log", xlabel="iteration", ylabel="R²", title="Fit along the trajectory")
    left.legend()
    sigma = np.linalg.svd(U, compute_uv=False) ** 2
    right.bar(np.arange(1, len(sigma) + 1), sigma / sigma[0])
    right.set(xlabel="index", ylabel="eigenvalue / largest", title="Spectrum of Theta there")
    figure.savefig(picture, dpi=110)
    print(f"wrote {picture}")


if __name__ == "__main__":
    main(*sys.argv[1:])
