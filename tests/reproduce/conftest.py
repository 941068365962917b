"""A figure that takes no time."""

from dataclasses import dataclass

import ipgd
import numpy as np
import pytest
from ipgd import reproduce
from ipgd.reproduce import catalogue, engine


@dataclass(frozen=True)
class Setting:
    size: int = 4
    seeds: tuple[int, ...] = (0, 1, 2)


def run(setting, track):
    values = [[seed + k for k in range(setting.size)] for seed in track(setting.seeds)]
    return {
        "seed": np.array(setting.seeds),
        "value": np.array(values, dtype=float),
        "unit": np.array(2.5),
    }


def draw(data):
    figure, axes = ipgd.plots.new_figure(1, 1)
    axes[0, 0].plot(data["value"].T)
    return figure


CLAIMS = (
    reproduce.Claim("It is small.", "first", lambda d: d["value"][:, 0], reproduce.at_most(2)),
    reproduce.Claim("It is large.", "first", lambda d: d["value"][:, 0], reproduce.at_least(5)),
    reproduce.Claim(
        "It is known.",
        "nothing",
        lambda d: d["value"][:, 0] * np.nan,
        reproduce.between(0, 1),
        ours=True,
        explanation="Nobody knows.",
    ),
)


@pytest.fixture
def tiny(monkeypatch):
    """Make a figure of this name the only one: ``tiny(**changes)`` with other parts."""

    def figure(**changes):
        parts = {
            "title": "A figure.",
            "paper": reproduce.Paper("Nobody", 2000, "0000.0000", "Figure 1"),
            "full": Setting(),
            "quick": Setting(2),
            "run": run,
            "axes": {"value": ("seed", "step"), "unit": ()},
            "draw": draw,
            "claims": CLAIMS,
            "notes": "Everything.",
        }
        made = reproduce.Figure(**parts | changes)
        for module in (catalogue, engine):
            monkeypatch.setattr(module, "load", lambda _: made)
        monkeypatch.setattr(catalogue, "names", lambda: ["tiny"])
        return "tiny"

    figure.run = run
    return figure
