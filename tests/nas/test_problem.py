import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from constraints.budget import Budget
from constraints.estimate import estimate
from constraints.target import load_target
from nas.controllers.feasible import InfeasibleBudget
from nas.data.digits import Digits
from nas.data.published_idx import FASHION_MNIST
from nas.known_spaces import space_maker, suited_space
from nas.problem import augmentation_of, pose
from nas.study import Study
from search_spaces.enumeration import every_genotype
from search_spaces.lowering import lower
from tests.nas.small_study import small_study

TINY = """
from tests.own_space import NearAndFar
from search_spaces.blocks import plain_conv
from search_spaces.space import Reduction, SearchSpace, Stage, Stem

def space(input_shape, classes):
    stage = Stage(depths=(0, 1, 2), widths=(8, 12), reductions=(Reduction.STRIDE, Reduction.MAX_POOL))
    return SearchSpace("tiny", input_shape[2], classes, (input_shape[:2],), Stem((4, 8)), (stage,),
                       plain_conv.singles([(3, 3)]), (NearAndFar(5), NearAndFar(7)))
"""


@pytest.fixture
def tiny(tmp_path: Path) -> str:
    (tmp_path / "tiny.py").write_text(TINY, encoding="utf-8")
    return str(tmp_path / "tiny.py")


def test_what_an_unmet_budget_says_is_the_true_minimum(tiny: str) -> None:
    space, host = space_maker(tiny)((8, 8, 1), 10), load_target("host")
    costs = [estimate(lower(space, genotype), host) for genotype in every_genotype(space)]
    limits = Budget(activations_bytes=10, flash_bytes=20, macs=30)
    with pytest.raises(InfeasibleBudget) as refused:
        pose(Study(name="x", data="digits", space=tiny, budget=limits))
    said = {
        name: float(value.replace(",", ""))
        for name, value in re.findall(r"(\w+) ([\d,.]+) \w+ \(budget", str(refused.value))
    }
    assert said == {
        "activations": min(cost.activations_bytes for cost in costs),
        "flash": min(cost.flash_bytes for cost in costs),
        "macs": min(cost.macs for cost in costs),
    }


def test_every_choice_of_the_trimmed_space_is_used_by_a_network_that_fits(tiny: str) -> None:
    problem = pose(Study(name="x", data="digits", space=tiny, budget=Budget(flash_bytes=4_500)))
    fitting = [
        genotype
        for genotype in every_genotype(space_maker(tiny)((8, 8, 1), 10))
        if problem.costing.fits(genotype)
    ]
    assert 0 < len(fitting) < problem.whole_count
    used = [
        {genotype.genes[place] for genotype in fitting if problem.space.active(genotype)[place]}
        for place in range(len(problem.space.genes))
    ]
    assert all(
        set(allowed) <= values or not values
        for allowed, values in zip(problem.space.allowed, used, strict=True)
    )


def test_the_largest_and_the_smallest_network_fit() -> None:
    problem = pose(small_study())
    assert problem.costing.fits(problem.largest)
    assert problem.costing.fits(problem.smallest)
    assert problem.costing.cost(problem.smallest).macs < problem.costing.cost(problem.largest).macs


def test_the_same_study_poses_the_same_problem() -> None:
    first, second = pose(small_study()), pose(small_study())
    assert (first.space.allowed, first.largest, first.smallest) == (
        second.space.allowed,
        second.largest,
        second.smallest,
    )
    assert np.array_equal(first.dataset.validation.labels, second.dataset.validation.labels)


@pytest.mark.parametrize(
    ("shape", "name"),
    [
        ((8, 8, 1), "tiny_images"),
        ((48, 48, 3), "tiny_images"),
        ((64, 64, 3), "images"),
        ((96, 49, 3), "images"),
        ((128, 1, 1), "signals"),
        ((49, 10, 1), "signals"),
        ((1, 128, 2), "signals"),
    ],
)
def test_the_space_suits_the_shape_of_the_data(shape: tuple[int, int, int], name: str) -> None:
    assert suited_space(shape) == name
    assert space_maker(name)(shape, 4).count() > 1_000


def test_only_data_that_may_be_mirrored_are() -> None:
    study = Study(name="x", data="digits")
    assert augmentation_of(study, Digits(), (28, 28, 1)).flip is False
    assert augmentation_of(study, FASHION_MNIST, (28, 28, 1)).flip is True
    assert augmentation_of(replace(study, augment=("flip",)), Digits(), (28, 28, 1)).shift == (0, 0)
    assert augmentation_of(replace(study, augment=()), FASHION_MNIST, (28, 28, 1)).flip is False


def test_signals_are_shifted_in_time_alone() -> None:
    assert augmentation_of(Study(name="x", data="digits"), Digits(), (140, 1, 1)).shift == (10, 0)
