"""Why descent stays low-dimensional: measured at an iterate, or along a run.

- :func:`split`, :func:`principal_angles`, :func:`effective_rank`: implicit regions, signal and
  residual
- :func:`deviation_rate`, :func:`cumulative_deviation`, :func:`residual_bound`: how fast the
  residual grows
- :func:`second_order`, :func:`spectral_density`: what the Hessian says of a point
- :func:`lipschitz_constants`, :func:`landscape`, :func:`grid`: constants of f along a trajectory
  and on a grid

Everything takes a problem and a solution, or the parameters that a callback sees.
"""

from .constants import (
    Landscape,
    LipschitzConstants,
    grid,
    landscape,
    lipschitz_constants,
)
from .deviation import (
    CumulativeDeviation,
    ResidualBound,
    cumulative_deviation,
    deviation_rate,
    residual_bound,
)
from .second_order import SecondOrder, second_order
from .spectrum import SpectralDensity, spectral_density
from .splits import Split, effective_rank, principal_angles, split

__all__ = [
    "CumulativeDeviation",
    "Landscape",
    "LipschitzConstants",
    "ResidualBound",
    "SecondOrder",
    "SpectralDensity",
    "Split",
    "cumulative_deviation",
    "deviation_rate",
    "effective_rank",
    "grid",
    "landscape",
    "lipschitz_constants",
    "principal_angles",
    "residual_bound",
    "second_order",
    "spectral_density",
    "split",
]
