"""Why descent works: what its iterates, runs and measurements have in common.

- :func:`split`, :func:`principal_angles`: implicit regions, signal and residual
- :func:`deviation_rate`, :func:`cumulative_deviation`, :func:`residual_bound`: how fast the
  residual grows
- :func:`second_order`, :func:`spectral_density`: what the Hessian says of a point
- :func:`lipschitz_constants`, :func:`landscape`, :func:`grid`: constants of f along a trajectory
  and on a grid
- :func:`rip`, :func:`sign_rip`, :func:`operator_norm`, :func:`measurements_for`: what an operator
  keeps
- :func:`singular_value_law`, :func:`balance_step`, :func:`coupling`, :func:`phases`,
  :func:`saddles_visited`, :func:`escape_time`, :func:`low_rank_propensity`: what a run goes through
- :func:`escape_line`: how long the smallest perturbations take
- :func:`small_starts`: what the size of a small random start decides
- :func:`phase_transition`: where recovery succeeds

Everything here uses the public API of ipgd, as any user could.
"""

from .balance import BalanceStep, balance_step, coupling
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
from .escape_line import EscapeLine, escape_line
from .growth_law import SingularValueLaw, growth_exponent, singular_value_law
from .operator_norm import OperatorNorm, adjoint_test, operator_norm
from .recorded import Iterates, effective_rank
from .restricted_isometry import RestrictedIsometry, rip
from .saddles import (
    LowRankPropensity,
    Saddle,
    escape_time,
    low_rank_propensity,
    saddles_visited,
)
from .sample_size import measurements_for
from .second_order import SecondOrder, second_order
from .sign_isometry import SignIsometry, sign_rip
from .spectrum import SpectralDensity, spectral_density
from .splits import Split, principal_angles, split
from .start_sizes import SmallStarts, small_starts
from .three_phases import Phases, phases
from .transition_map import TransitionMap, crossing, load_transition
from .transitions import phase_transition

__all__ = [
    "BalanceStep",
    "CumulativeDeviation",
    "EscapeLine",
    "Iterates",
    "Landscape",
    "LipschitzConstants",
    "LowRankPropensity",
    "OperatorNorm",
    "Phases",
    "ResidualBound",
    "RestrictedIsometry",
    "Saddle",
    "SecondOrder",
    "SignIsometry",
    "SingularValueLaw",
    "SmallStarts",
    "SpectralDensity",
    "Split",
    "TransitionMap",
    "adjoint_test",
    "balance_step",
    "coupling",
    "crossing",
    "cumulative_deviation",
    "deviation_rate",
    "effective_rank",
    "escape_line",
    "escape_time",
    "grid",
    "growth_exponent",
    "landscape",
    "lipschitz_constants",
    "load_transition",
    "low_rank_propensity",
    "measurements_for",
    "operator_norm",
    "phase_transition",
    "phases",
    "principal_angles",
    "residual_bound",
    "rip",
    "saddles_visited",
    "second_order",
    "sign_rip",
    "singular_value_law",
    "small_starts",
    "spectral_density",
    "split",
]
