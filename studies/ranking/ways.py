"""Every way of ranking that was tried, by name, with what it needs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from nas.display import SilentDisplay
from nas.networks.weight_bank import WeightBank
from nas.phases.supernet import trained_bank
from nas.problem import Problem
from nas.run_files.run_folder import RunFolder, read_json, write_json
from nas.scores import inherited, trained, tuned
from nas.scores.context import ScoringContext
from nas.scores.rule import ScoreOf
from nas.training.allowance import Allowance
from nas.training.alone import LOSS, Loss
from nas.training.recipe import RECIPE
from studies.ranking import proxies
from studies.ranking.clock import processor_seconds
from studies.ranking.networks import Ranked, genotype_of
from studies.ranking.rules import KEPT as RULES
from studies.ranking.rules import measure_rule, read_rules
from studies.ranking.scores import KEPT, Contender, Shared, lacking, measure

SUPERNET_STEPS = 2500
"""Of four paths each: about 10 core-minutes where the other numbers were measured."""
SEEDS = (10, 11)
"""Others than the reference's: with the same first weights and batches, they would agree for that alone."""
BY_SGD = Loss(replace(RECIPE, muon_rate=0.0))


@dataclass(frozen=True, slots=True)
class Way:
    """A score with the steps that it trains each network for, and the weight sharing that it starts from.

    `rule` is the `--score` that a search calls it by, where it is put through the rule of anchors as well.
    Training is by Muon, as in searches, or by SGD alone.
    """

    name: str
    score: ScoreOf
    steps: int = 0
    sharing: str | None = None
    rule: str | None = None
    loss: Loss = LOSS


WAYS = (
    Way("gradient norm", proxies.gradient_norm),
    Way("snip", proxies.snip),
    Way("synflow", proxies.synflow),
    Way("naswot", proxies.naswot),
    Way("trained 250, SGD", trained.score, 250, loss=BY_SGD),
    Way("trained 125", trained.score, 125, rule="trained"),
    Way("trained 250", trained.score, 250, rule="trained"),
    Way("trained 400", trained.score, 400, rule="trained"),
    Way("inherited, single-path", inherited.score, sharing="single-path", rule="inherited"),
    Way("inherited, sandwich", inherited.score, sharing="sandwich"),
    Way("inherited, attentive", inherited.score, sharing="attentive"),
    Way("tuned 60, single-path", tuned.score, 60, "single-path", "tuned"),
    Way("tuned 125, single-path", tuned.score, 125, "single-path", "tuned"),
    Way("tuned 125, attentive", tuned.score, 125, "attentive", "tuned"),
)


def measure_ways(
    problem: Problem,
    networks: Sequence[Ranked],
    workers: str,
    report: Callable[[str], None],
    supernets: Path,
    path: Path = KEPT,
    rules: Path = RULES,
) -> None:
    """Measures what is not kept yet, with every seed.

    A supernet is trained once a seed and a sharing, and kept in a folder of its own in `supernets`.
    """
    contenders = [Contender(one.digest, problem.costing.graph(genotype_of(one))) for one in networks]
    for seed in SEEDS:
        banks: dict[str, _Bank] = {}
        for way in WAYS:
            if not (lacking(way.name, seed, contenders, path) or _lacks_rule(way, seed, rules)):
                continue
            if way.sharing is not None and way.sharing not in banks:
                report(f"supernet, {way.sharing}, seed {seed}")
                banks[way.sharing] = _trained(problem, way.sharing, seed, supernets)
            shared = _Bank(WeightBank({}), 0.0) if way.sharing is None else banks[way.sharing]
            stream = replace(problem.stream(), seed=seed)
            images = problem.validation_images().first(problem.study.score_images)  # as in a search
            context = ScoringContext(shared.bank, stream, images, way.steps, way.loss)
            report(f"{way.name}, seed {seed}")
            measure(Shared(way.name, shared.seconds), way.score, context, contenders, workers, path)
            if way.rule is not None:
                measure_rule(problem, way.name, way.rule, context, workers, supernets, rules)


def _lacks_rule(way: Way, seed: int, rules: Path) -> bool:
    kept = {(row.way, row.seed) for row in read_rules(rules)}
    return way.rule is not None and (way.name, seed) not in kept


@dataclass(frozen=True, eq=False)
class _Bank:
    """Shared weights and the seconds of processor time that they took."""

    bank: WeightBank
    seconds: float


def _trained(problem: Problem, sharing: str, seed: int, supernets: Path) -> _Bank:
    folder = RunFolder(supernets / f"{sharing}-{SUPERNET_STEPS}-{seed}")
    folder.path.mkdir(parents=True, exist_ok=True)
    clock = folder.path / "processor_seconds.json"
    seeded = replace(problem, study=replace(problem.study, weight_sharing=sharing, seed=seed))
    began = processor_seconds()
    bank = trained_bank(seeded, folder, Allowance(steps=SUPERNET_STEPS), SilentDisplay())
    if not clock.exists():
        write_json(clock, processor_seconds() - began)
    return _Bank(bank, read_json(clock))
