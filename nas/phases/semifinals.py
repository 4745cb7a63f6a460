"""Phase 4: the likeliest networks are trained for a while, the better half of them for longer.

Successive halving (Jamieson & Talwalkar 2016, "Non-stochastic best arm identification and hyperparameter
optimization", section 3) in two rounds of equal time: a score tells hundreds of networks apart roughly,
longer training a few of them well.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from nas.display import Display, PartOfPhase
from nas.objectives import choose_finalists
from nas.parallel.workers import Workers
from nas.pareto import Point
from nas.phases.equal_training import Training, losses_after
from nas.phases.finalist_training import train_assignment
from nas.problem import Problem
from nas.run_files.run_folder import REMADE_IF_NEEDED, BadRun, RunFolder, read_json, sound, write_json
from nas.training.allowance import Allowance
from nas.trial_log.trials import Trial

ROUNDS = (4, 2)
"""How many networks there are in each round, for every finalist."""
BEYOND = 1.01
"""The corner's loss, in the worst semifinalist's."""


@dataclass(frozen=True, slots=True)
class Semifinalist:
    """A network, and its loss in int8 on validation after a round's training; NaN where it blew up."""

    digest: str
    trained_loss: float


@dataclass(frozen=True, eq=False)
class Semifinals:
    """What the rounds need; `workers` hold a `FinalistContext`.

    `allowances` are those of the rounds: seconds for all networks together, or steps for each.
    """

    problem: Problem
    folder: RunFolder
    workers: Workers
    allowances: Sequence[Allowance]
    display: Display

    def finalists(self, trials: Sequence[Trial]) -> list[Trial]:
        """The finalists among the trials: the best, then those that add most hypervolume to it.

        Raises:
            BadRun: no trial has a score, or the semifinals on record are damaged.
        """
        count = self.problem.study.finalists
        scored = [trial for trial in trials if trial.failure is None]
        if not scored:
            raise BadRun(
                "no candidate could be scored, so there is no front: raise minutes or steps.supernet"
            )
        high, *budget = self.problem.objectives.reference([trial.objectives for trial in scored])
        left, losses, corner = scored, {trial.digest: trial.objectives[0] for trial in scored}, high
        for number, allowance in enumerate(self.allowances):
            left = contenders(self.problem, left, losses, ROUNDS[number] * count, (corner, *budget))
            if len(left) > count:
                losses = self._round(number, left, allowance)
                # All of them can be inside of it, so that small networks stay.
                corner = max([high, *(BEYOND * loss for loss in losses.values() if math.isfinite(loss))])
        return contenders(self.problem, left, losses, count, (corner, *budget))

    def _round(self, number: int, trials: Sequence[Trial], allowance: Allowance) -> dict[str, float]:
        """Losses by digest, from the run folder if they are there."""
        rounds = read_semifinals(self.folder)
        if len(rounds) <= number:
            training = Training(train_assignment, allowance, f"semifinalists of round {number + 1}")
            genotypes = [trial.genotype for trial in trials]
            rounds_of_all = len(self.allowances)
            part = PartOfPhase(self.display, number / rounds_of_all, (number + 1) / rounds_of_all)
            losses = losses_after(self.problem, genotypes, self.workers, training, part)
            rows = [Semifinalist(trial.digest, loss) for trial, loss in zip(trials, losses, strict=True)]
            rounds = [*rounds[:number], rows]
            write_json(self.folder.semifinals, [[asdict(row) for row in one] for one in rounds])
        losses = {one.digest: one.trained_loss for one in rounds[number]}
        if set(losses) != {trial.digest for trial in trials}:
            raise BadRun(
                f"run file {self.folder.semifinals} is of other networks than this run's: delete it, and "
                f"{self.folder.resuming} makes it anew"
            )
        return losses


def contenders(
    problem: Problem, trials: Sequence[Trial], losses: Mapping[str, float], count: int, corner: Point
) -> list[Trial]:
    """Up to `count` of the trials, by their `losses`, which are by digest.

    First as many as there are to be finalists: the best, and those that add most hypervolume to it; then
    those of the lowest losses. Hypervolume is measured from `corner`. Who has no finite loss is out; where
    nobody has one, the first go on.
    """
    finite = [trial for trial in trials if math.isfinite(losses[trial.digest])]
    if not finite:
        return list(trials[: problem.study.finalists])
    points = [(losses[trial.digest], *trial.objectives[1:]) for trial in finite]
    likeliest = choose_finalists(points, problem.objectives, problem.study.finalists, corner)
    rest = sorted(set(range(len(finite))) - set(likeliest), key=lambda place: points[place])
    more = rest[: max(0, count - len(likeliest))] if count > problem.study.finalists else []
    return [finite[place] for place in (*likeliest, *more)]


def read_semifinals(folder: RunFolder) -> list[list[Semifinalist]]:
    """Those of a run, round by round; none where there were none.

    Raises:
        BadRun: the file is damaged.
    """
    if not folder.semifinals.exists():
        return []
    rounds = read_json(folder.semifinals, REMADE_IF_NEEDED)
    with sound(folder.semifinals, REMADE_IF_NEEDED):
        return [[Semifinalist(**row) for row in rows] for rows in rounds]


def by_loss(folder: RunFolder, trials: Sequence[Trial]) -> list[tuple[Trial, float]]:
    """Networks and the least losses that they are known by: those of the last round, the best first.

    Where there was no round, all trials by the loss that is expected of them.

    Raises:
        BadRun: as `read_semifinals`.
    """
    rounds = read_semifinals(folder)
    losses = {one.digest: one.trained_loss for one in rounds[-1]} if rounds else {}
    known = [
        (trial, losses.get(trial.digest, math.nan) if losses else trial.objectives[0])
        for trial in trials
        if trial.failure is None
    ]
    return sorted((pair for pair in known if math.isfinite(pair[1])), key=lambda pair: pair[1])
