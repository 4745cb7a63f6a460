"""Phase 4: twice as many networks as there will be finalists are trained for a while; the best go on.

One rung of successive halving (Jamieson & Talwalkar 2016, "Non-stochastic best arm identification and
hyperparameter optimization", section 3): a score tells hundreds of networks apart roughly, longer training a
few of them well.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from nas.display import Display
from nas.objectives import choose_finalists
from nas.phases.equal_training import Training, losses_after
from nas.phases.finalist_training import train_assignment
from nas.problem import Problem
from nas.run_folder import BadRun, RunFolder, read_json, sound, write_json
from nas.training.allowance import Allowance
from nas.trials import Trial
from nas.workers import Workers

BEYOND = 1.01
"""The corner's loss, in the worst semifinalist's."""


@dataclass(frozen=True, slots=True)
class Semifinalist:
    """A network, and its loss in int8 on validation after this phase's training; NaN where it blew up."""

    digest: str
    trained_loss: float


def semifinals(
    problem: Problem,
    folder: RunFolder,
    trials: Sequence[Trial],
    workers: Workers,
    allowance: Allowance,
    display: Display,
) -> list[Trial]:
    """The finalists among the trials, the best first; `workers` hold a `FinalistContext`.

    `allowance` holds seconds for all semifinalists together, or steps for each.

    Raises:
        BadRun: no trial has a score, or the semifinals on record are damaged.
    """
    likeliest, rivals = semifinalists(problem, trials)
    if not rivals:
        return likeliest
    chosen = [*likeliest, *rivals]
    if not folder.semifinals.exists():
        genotypes = [trial.genotype for trial in chosen]
        training = Training(train_assignment, allowance, "semifinalists")
        losses = losses_after(problem, genotypes, workers, training, display)
        rows = [Semifinalist(trial.digest, loss) for trial, loss in zip(chosen, losses, strict=True)]
        write_json(folder.semifinals, [asdict(row) for row in rows])
    losses = {one.digest: one.trained_loss for one in read_semifinals(folder)}
    if set(losses) != {trial.digest for trial in chosen}:
        raise BadRun(
            f"run file {folder.semifinals} is of other networks than this run's: delete it, and "
            f"{folder.resuming} makes it anew"
        )
    return winners(problem, trials, chosen, losses)


def semifinalists(problem: Problem, trials: Sequence[Trial]) -> tuple[list[Trial], list[Trial]]:
    """Those that would be finalists by their scores, and as many more of the lowest expected losses.

    Raises:
        BadRun: no trial has a score.
    """
    scored = _scored(trials)
    if not scored:
        raise BadRun("no candidate could be scored, so there is no front: raise minutes or steps.supernet")
    count, points = problem.study.finalists, [trial.objectives for trial in scored]
    likeliest = [scored[index] for index in choose_finalists(points, problem.objectives, count)]
    taken = {trial.number for trial in likeliest}
    rest = sorted((trial for trial in scored if trial.number not in taken), key=lambda one: one.objectives)
    return likeliest, rest[:count]


def winners(
    problem: Problem, trials: Sequence[Trial], chosen: Sequence[Trial], losses: Mapping[str, float]
) -> list[Trial]:
    """The finalists among the semifinalists, by what training came to, by digest, in the place of scores.

    Hypervolume is measured from a corner that every semifinalist can be inside of, so that small networks
    stay on the front. Who has no finite loss is out; where nobody has one, scores decide.
    """
    finite = [trial for trial in chosen if math.isfinite(losses[trial.digest])]
    if not finite:
        return list(chosen[: problem.study.finalists])
    points = [(losses[trial.digest], *trial.objectives[1:]) for trial in finite]
    median, *budget = problem.objectives.reference([trial.objectives for trial in _scored(trials)])
    corner = (max(median, *(BEYOND * point[0] for point in points)), *budget)
    places = choose_finalists(points, problem.objectives, problem.study.finalists, corner)
    return [finite[place] for place in places]


def _scored(trials: Sequence[Trial]) -> list[Trial]:
    return [trial for trial in trials if trial.failure is None]


def read_semifinals(folder: RunFolder) -> list[Semifinalist]:
    """Those of a run; none where there were none.

    Raises:
        BadRun: the file is damaged.
    """
    if not folder.semifinals.exists():
        return []
    remedy = "delete it, and it is made anew where it is needed still"
    rows = read_json(folder.semifinals, remedy)
    with sound(folder.semifinals, remedy):
        return [Semifinalist(**row) for row in rows]
