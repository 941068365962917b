"""The names of the package, and what is not made by them."""

import numpy as np
import pytest
from ipgd.operators import Dense
from ipgd.operators.base import Operator


def test_every_public_name_is_listed_before_it_is_imported(output_of):
    script = """
        import sys
        import ipgd
        assert "ipgd.baselines" not in sys.modules
        print(sorted(set(ipgd.__all__) - set(dir(ipgd))), "baselines" in dir(ipgd))
        print(ipgd.baselines.__name__, hasattr(ipgd, "nothing"))
    """
    assert output_of(script).splitlines() == ["[] True", "ipgd.baselines False"]


@pytest.mark.parametrize("core", [np.eye(3), 3, None, Dense])
def test_an_operator_is_made_by_one_of_its_kinds(core):
    with pytest.raises(TypeError, match=r"core: expected what ipgd\.operators\.Dense .* abstract"):
        Operator(core)
