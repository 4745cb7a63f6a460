"""Phase 4: twice as many networks as there will be finalists are trained for a while; the best go on.

One rung of successive halving (Jamieson & Talwalkar 2016, "Non-stochastic best arm identification and
hyperparameter optimization", section 3): a score tells hundreds of networks apart roughly, longer training a
few of them well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from nas.display import Display
from nas.objectives import choose_finalists
from nas.phases.equal_training import losses_in_int8
from nas.phases.finalist_training import train_assignment
from nas.problem import Problem
from nas.run_folder import BadRun, RunFolder, read_json, sound, write_json
from nas.training.allowance import Allowance
from nas.trials import Trial
from nas.workers import Workers


@dataclass(frozen=True, slots=True)
class Semifinalist:
    """A network, and its loss in int8 on validation after the training of this phase."""

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
    """The finalists among the trials; `workers` hold a `FinalistContext`.

    `allowance` holds seconds for all semifinalists together, or steps for each.

    Raises:
        BadRun: no trial has a score, or the semifinals on record are damaged.
    """
    chosen = semifinalists(problem, trials)
    if len(chosen) <= problem.study.finalists:
        return chosen
    if not folder.semifinals.exists():
        genotypes = [trial.genotype for trial in chosen]
        losses = losses_in_int8(
            problem, genotypes, workers, train_assignment, allowance, display, "semifinalists"
        )
        rows = [Semifinalist(trial.digest, loss) for trial, loss in zip(chosen, losses, strict=True)]
        write_json(folder.semifinals, [asdict(row) for row in rows])
    return winners(problem, chosen, read_semifinals(folder))


def semifinalists(problem: Problem, trials: Sequence[Trial]) -> list[Trial]:
    """Those that would be finalists by their scores, and as many more of the lowest expected losses.

    Raises:
        BadRun: no trial has a score.
    """
    scored = [trial for trial in trials if trial.failure is None]
    if not scored:
        raise BadRun("no candidate could be scored, so there is no front: raise minutes or steps.supernet")
    count, points = problem.study.finalists, [trial.objectives for trial in scored]
    first = [scored[index] for index in choose_finalists(points, problem.objectives, count)]
    taken = {trial.number for trial in first}
    rest = sorted((trial for trial in scored if trial.number not in taken), key=lambda one: one.objectives)
    return [*first, *rest[: 2 * count - len(first)]]


def winners(problem: Problem, chosen: Sequence[Trial], trained: Sequence[Semifinalist]) -> list[Trial]:
    """The finalists among the semifinalists, by what training came to in the place of their scores.

    Raises:
        BadRun: some have no loss on record.
    """
    losses = {one.digest: one.trained_loss for one in trained}
    missing = [trial.digest for trial in chosen if trial.digest not in losses]
    if missing:
        raise BadRun(f"the semifinals on record lack network {missing[0]}: delete semifinals.json")
    points = [(losses[trial.digest], *trial.objectives[1:]) for trial in chosen]
    return [chosen[index] for index in choose_finalists(points, problem.objectives, problem.study.finalists)]


def read_semifinals(folder: RunFolder) -> list[Semifinalist]:
    """Those of a run; none where there were none.

    Raises:
        BadRun: the file is damaged.
    """
    if not folder.semifinals.exists():
        return []
    rows = read_json(folder.semifinals)
    with sound(folder.semifinals):
        return [Semifinalist(**row) for row in rows]
