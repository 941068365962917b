"""Why descent works: what its measurements, trajectories and results have in common.

Everything here uses the public API of ipgd, as any user could.
"""

from .balance import BalanceStep, balance_step, coupling
from .escape_line import EscapeLine, escape_line
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
from .sign_isometry import SignIsometry, sign_rip
from .singular_value_law import SingularValueLaw, growth_exponent, singular_value_law
from .three_phases import Phases, phases
from .transition_map import TransitionMap, load_transition
from .transitions import phase_transition

__all__ = [
    "BalanceStep",
    "EscapeLine",
    "Iterates",
    "LowRankPropensity",
    "OperatorNorm",
    "Phases",
    "RestrictedIsometry",
    "Saddle",
    "SignIsometry",
    "SingularValueLaw",
    "TransitionMap",
    "adjoint_test",
    "balance_step",
    "coupling",
    "effective_rank",
    "escape_line",
    "escape_time",
    "growth_exponent",
    "load_transition",
    "low_rank_propensity",
    "measurements_for",
    "operator_norm",
    "phase_transition",
    "phases",
    "rip",
    "saddles_visited",
    "sign_rip",
    "singular_value_law",
]
