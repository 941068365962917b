"""Random arguments to every public constructor and generator, and a look at what comes out."""

import copy
import pickle

import ipgd
import numpy as np

from . import values

_OPERATORS = (
    ipgd.operators.Dense,
    ipgd.operators.DenseSymmetric,
    ipgd.operators.Entries,
    ipgd.operators.RankOne,
    ipgd.operators.Dense.gaussian,
    ipgd.operators.DenseSymmetric.gaussian,
    ipgd.operators.Entries.uniform,
    ipgd.operators.RankOne.gaussian,
)
ALGORITHMS = (
    ipgd.GD, ipgd.IPGD, ipgd.PGD, ipgd.SGD, ipgd.AcceleratedGD, ipgd.AltScaledGD, ipgd.IPGDPlus,
    ipgd.NormalizedGD, ipgd.ScaledGD, ipgd.TruncatedGD,
)  # fmt: skip
MODELS = (
    ipgd.AsymmetricFactor, ipgd.CompressedDeep, ipgd.DeepFactor, ipgd.HadamardPower,
    ipgd.HadamardProduct, ipgd.SymmetricFactor, ipgd.SymmetricTensor, ipgd.WeightNormalized,
)  # fmt: skip
INITS = (  # they need no argument
    ipgd.init.balanced, ipgd.init.compressed, ipgd.init.constant, ipgd.init.gaussian,
    ipgd.init.nystrom, ipgd.init.scaled_identity, ipgd.init.scaled_orthogonal,
    ipgd.init.spectral, ipgd.init.zeros,
)  # fmt: skip
PROBLEMS = (
    ipgd.matrix_sensing, ipgd.matrix_completion, ipgd.quadratic_regression,
    ipgd.sparse_regression, ipgd.sparse_regression_data, ipgd.MatrixCompletion,
    ipgd.QuadraticRegression,
)  # fmt: skip
EVERY = (*_OPERATORS, *ALGORITHMS, *MODELS, *INITS, ipgd.init.padded, *PROBLEMS, ipgd.Stop)


def case(rng, folder):
    """One constructor, and its result used."""
    make = values.choice(rng, EVERY)
    arguments = values.arguments(rng, make, oddness=0.2)
    yield f"{make.__qualname__}(**{arguments!r})"
    made = make(**arguments)
    repr(made)
    if isinstance(made, ipgd.operators.Operator):
        _measure(rng, made)
    elif isinstance(made, ipgd.Problem):
        _measure(rng, made.operator)
        made.scale()
        made.back_projection()
    elif make in (*ALGORITHMS, *MODELS, ipgd.Stop):
        assert pickle.loads(pickle.dumps(made)) == copy.deepcopy(made) == made


def _measure(rng, operator):
    """Call what an operator offers with arguments of the right shape, or of any."""
    d1, d2 = operator.matrix_shape
    if max(d1, d2, len(operator) if hasattr(operator, "__len__") else 0) > 1000:
        return
    theta, y = values.numbers(rng, d1, d2), values.numbers(rng, operator.shape[0])
    if rng.random() < 0.3:
        theta = values.odd(rng)
    if rng.random() < 0.3:
        y = values.odd(rng)
    for use in (
        lambda: operator.forward(theta),
        lambda: operator.forward((theta, theta)),
        lambda: operator.adjoint(y),
        lambda: operator.adjoint_times(y, theta),
        lambda: operator.residual_adjoint(theta, y),
        lambda: operator.matvec(np.ravel(theta)),
        lambda: operator.rmatvec(y),
        lambda: operator.matmat(theta),
    ):
        if rng.random() < 0.3:
            use()
