"""A study made concrete: its data, its space, its target, and what is minimised."""

from __future__ import annotations

import random
from dataclasses import dataclass

from constraints.budget import Budget, violations
from constraints.target import Target, load_target
from constraints.target_budget import budget_on
from nas.controllers.descent import Found, neighbour, smallest
from nas.controllers.excess import Excess
from nas.controllers.feasible import FeasibleSampler, InfeasibleBudget
from nas.controllers.trim import trim
from nas.costing.costing import Costing
from nas.data.dataset import Dataset, Normalization, normalization
from nas.data.load import load_dataset
from nas.data.source import DataSource, parse_source
from nas.known_spaces import space_maker, suited_space
from nas.objectives import Objectives
from nas.study import Study
from nas.training.batches import Augmentation, TensorImages, TrainingStream
from nas.training.precision import training_type
from search_spaces.genotype import Genotype
from search_spaces.graph import Shape
from search_spaces.space import SearchSpace

CLIMB_STEPS = 1000
COST_FIELDS = {
    "activations": "activations_bytes",
    "ram": "ram_bytes",
    "flash": "flash_bytes",
    "latency": "latency_ms",
    "energy": "energy_uj",
    "macs": "macs",
}


@dataclass(frozen=True, eq=False)
class Problem:
    """What all phases share. `space` is trimmed to the budget; `whole_count` is its size before."""

    study: Study
    source: DataSource
    dataset: Dataset
    normalization: Normalization
    space: SearchSpace
    whole_count: int
    target: Target
    budget: Budget
    costing: Costing
    sampler: FeasibleSampler
    objectives: Objectives
    largest: Genotype
    smallest: Genotype

    def training_images(self) -> TensorImages:
        """The training split as tensors."""
        return TensorImages.of(self.dataset.train, self.normalization)

    def validation_images(self) -> TensorImages:
        """The validation split as tensors."""
        return TensorImages.of(self.dataset.validation, self.normalization)

    def stream(self) -> TrainingStream:
        """Augmented training batches."""
        images = self.training_images()
        size = min(self.study.batch_size, max(2, len(images) // 8))
        augmentation = augmentation_of(self.study, self.source, self.dataset.shape)
        precision = training_type(self.study.precision)
        return TrainingStream(images, augmentation, size, self.study.seed, precision)


def pose(study: Study) -> Problem:
    """Loads the data, builds the space and trims it to the budget.

    Raises:
        BadStudy, BadData, BadTarget, UnanswerableBudget: a part of the study cannot be met.
        InfeasibleBudget: no network of the space fits; says the smallest cost that it reaches.
    """
    target = load_target(study.target)
    budget = budget_on(target, study.budget)
    source = parse_source(study.data)
    make_space = None if study.space == "auto" else space_maker(study.space)
    dataset = load_dataset(source, study.seed)
    shape = dataset.shape
    whole = (make_space or space_maker(suited_space(shape)))(shape, len(dataset.classes))
    costing = Costing(whole, target, budget)
    rng = random.Random(f"{study.seed}/trim")
    space = _trimmed(whole, costing, rng)
    sampler = FeasibleSampler(space, Excess(costing.excess, costing.excess_many))
    smallest_fit, largest_fit = _extremes(space, sampler, costing, rng)
    return Problem(
        study=study,
        source=source,
        dataset=dataset,
        normalization=normalization(dataset.train),
        space=space,
        whole_count=whole.count(),
        target=target,
        budget=budget,
        costing=costing,
        sampler=sampler,
        objectives=Objectives.of(study.budget, costing.cost(largest_fit)),
        largest=largest_fit,
        smallest=smallest_fit,
    )


def augmentation_of(study: Study, source: DataSource, shape: Shape) -> Augmentation:
    """What the study asks for; else shifts, and mirror images where the data are clothes or photographs."""
    chosen = study.augment
    if chosen is None:
        chosen = ("shift", "flip") if source.is_mirrorable else ("shift",)
    shift = (max(1, round(shape[0] / 14)), max(1, round(shape[1] / 14)) if shape[1] > 1 else 0)
    return Augmentation(shift if "shift" in chosen else (0, 0), flip="flip" in chosen)


def _trimmed(space: SearchSpace, costing: Costing, rng: random.Random) -> SearchSpace:
    try:
        return trim(space, Excess(costing.excess, costing.excess_many), rng)
    except InfeasibleBudget as error:
        least = _least(space, costing, error.nearest, rng)
        raise InfeasibleBudget(space, Found(error.nearest, error.excess), least) from error


def _least(space: SearchSpace, costing: Costing, nearest: Genotype, rng: random.Random) -> str:
    """The smallest cost that the space reaches in each quantity that the nearest network exceeds."""
    texts = []
    for violation in violations(costing.cost(nearest), costing.budget):
        field = COST_FIELDS[violation.quantity]
        quantity = Excess(
            lambda genotype, field=field: getattr(costing.cost(genotype), field),
            lambda genotypes, field=field: getattr(costing.costs(genotypes), field).astype(float),
        )
        least = smallest(space, quantity, rng)
        texts.append(
            f"{violation.quantity} {least.excess:,.6g} {violation.unit} "
            f"(budget {violation.allowed:,.6g} {violation.unit})"
        )
    return ", ".join(texts)


def _extremes(
    space: SearchSpace, sampler: FeasibleSampler, costing: Costing, rng: random.Random
) -> tuple[Genotype, Genotype]:
    """The genotypes with the fewest and the most multiply-accumulates that a climb finds within budget."""

    def macs(genotype: Genotype) -> int:
        return costing.cost(genotype).macs

    drawn = [sampler.draw(rng) for _ in range(32)]
    least, most = min(drawn, key=macs), max(drawn, key=macs)
    for _ in range(CLIMB_STEPS):
        lower, higher = neighbour(space, least, rng), neighbour(space, most, rng)
        if lower is not None and sampler.fits(lower) and macs(lower) <= macs(least):
            least = lower
        if higher is not None and sampler.fits(higher) and macs(higher) >= macs(most):
            most = higher
    return least, most
