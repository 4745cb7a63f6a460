"""Which networks ways of ranking are judged on: spread over all sizes, and of nearly one size."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import asdict, astuple, dataclass
from pathlib import Path

import numpy as np

from nas.calibration import Sizes
from nas.files import write_text
from nas.problem import Problem
from search_spaces.genotype import Genotype

KEPT = Path(__file__).with_name("networks.json")
SPREAD = 44
EQUAL = 24
DRAWN = 60_000
EQUAL_WITHIN = 0.05
"""Parameters and MACs of any two of nearly one size differ by no more than this part of the smaller."""
LEAST_MACS = 1_500_000
LEAST_PARAMETERS = 40_000
"""Those of one size are large, since that is where a search decides."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """A network that is trained to the end for the reference; `group` is "spread" or "equal"."""

    group: str
    digest: str
    genes: tuple[int, ...]
    parameters: int
    macs: int
    adds: int

    @property
    def sizes(self) -> Sizes:
        """What a rule knows of it."""
        return Sizes(self.parameters, self.macs, self.adds)


def read_networks(path: Path = KEPT) -> list[Ranked]:
    """Those that were drawn once and kept."""
    rows = json.loads(path.read_text(encoding="utf-8"))
    return [Ranked(**{**row, "genes": tuple(row["genes"])}) for row in rows]


def write_networks(networks: Sequence[Ranked], path: Path = KEPT) -> None:
    """One row a network."""
    rows = ",\n ".join(json.dumps(asdict(network)) for network in networks)
    write_text(path, f"[{rows}]\n")


def draw_networks(problem: Problem, seed: int) -> list[Ranked]:
    """Both groups, drawn at random from what fits the budget."""
    rng = random.Random(f"{seed}/ranking")
    drawn = list({problem.sampler.draw(rng): None for _ in range(DRAWN)})
    sizes = [Sizes.of(problem.costing.graph(genotype)) for genotype in drawn]
    parameters = np.array([size.parameters for size in sizes], dtype=float)
    macs = np.array([size.macs for size in sizes], dtype=float)
    equal = _of_one_size(parameters, macs, rng)
    spread = _evenly_spaced(np.log(parameters * macs), set(equal))
    return [
        Ranked(group, problem.space.digest(drawn[place]), drawn[place].genes, *astuple(sizes[place]))
        for group, places in (("spread", spread), ("equal", equal))
        for place in places
    ]


def genotype_of(network: Ranked) -> Genotype:
    """As the space knows it."""
    return Genotype(network.genes)


def _evenly_spaced(sizes: np.ndarray, taken: set[int]) -> list[int]:
    """The networks nearest to evenly spaced values between the 0.5th and the 100th percentile."""
    places: list[int] = []
    for wanted in np.linspace(np.percentile(sizes, 0.5), sizes.max(), SPREAD):
        nearest = np.argsort(np.abs(sizes - wanted))
        places.append(next(int(place) for place in nearest if place not in taken))
        taken = taken | {places[-1]}
    return places


def _of_one_size(parameters: np.ndarray, macs: np.ndarray, rng: random.Random) -> list[int]:
    """Some of the box that holds most networks, among large ones."""
    large = np.flatnonzero((parameters >= LEAST_PARAMETERS) & (macs >= LEAST_MACS))
    boxes = []
    for corner in large:
        inside = large[_within(parameters[large], parameters[corner]) & _within(macs[large], macs[corner])]
        boxes.append(inside.tolist())
    fullest = max(boxes, key=len)
    if len(fullest) < EQUAL:
        raise ValueError(
            f"only {len(fullest)} networks of one size were drawn, {EQUAL} are wanted: draw more"
        )
    return sorted(rng.sample(fullest, EQUAL))


def _within(values: np.ndarray, least: float) -> np.ndarray:
    return (values >= least) & (values <= (1.0 + EQUAL_WITHIN) * least)
