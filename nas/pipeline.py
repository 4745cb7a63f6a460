"""A search from its study to its front: one phase after another, each skipped where the run folder has it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from nas.baseline.read import read_baseline
from nas.calibration import Calibration
from nas.controllers.by_name import check_controller
from nas.data.source import parse_source
from nas.display import Display
from nas.networks.weight_bank import WeightBank
from nas.parallel.workers import Workers, awake, check_workers, open_workers
from nas.phases.anchors import calibrated
from nas.phases.architecture_search import check_storage, complete_trials, read_search_end, searched
from nas.phases.candidates import scoring_context
from nas.phases.examination import examination_seconds, examined
from nas.phases.finalist_training import train_finalists
from nas.phases.finalists import Finalist, plan_finalists, read_planned
from nas.phases.report import write_report
from nas.phases.semifinals import Semifinals, by_loss
from nas.phases.soft_label_file import read_soft_labels
from nas.phases.supernet import read_curve, trained_bank
from nas.phases.teachers import Distillation
from nas.problem import pose
from nas.run_facts import closing, opening, run_facts, versions
from nas.run_files.cards import Card
from nas.run_files.finished import read_cards, read_run_study
from nas.run_files.run_folder import BadRun, RunFolder
from nas.scores.by_name import score_rule
from nas.session import Session, read_clock
from nas.study import Study
from nas.study_file import write_study
from nas.time_plan import TimePlan
from nas.training.allowance import Allowance
from nas.training.finalist import FinalistContext
from nas.training.precision import training_type
from nas.training.soft_labels import SoftLabels
from nas.trial_log.trials import Trial


def begin(study: Study, path: Path, display: Display) -> None:
    """Starts a run in a new folder and takes it to its end.

    Raises:
        ValueError: the study cannot be met (then nothing is left behind), or a phase failed.
        OSError: the folder cannot be written.
    """
    plan = TimePlan(study)
    check_controller(study.controller)
    score_rule(study.score)
    check_workers(study.workers)
    folder = RunFolder(path)
    folder.check_free()
    baseline = None if study.baseline is None else read_baseline(Path(study.baseline))
    resolved = _resolved(study, folder)
    problem = pose(study)
    check_storage(resolved, folder)
    own_space = Path(study.space).read_bytes() if study.space.endswith(".py") else None
    folder.create(write_study(resolved, versions()), own_space, baseline and baseline.data)
    with folder.held():
        _go(Session(replace(problem, study=resolved), folder, plan, display))


def resume(path: Path, display: Display) -> None:
    """Takes an interrupted run to its end, from the last complete step.

    Raises:
        BadRun: there is no run, or it is damaged.
        ValueError, OSError: as `begin`.
    """
    folder = RunFolder(path)
    study = read_run_study(folder)
    with folder.held():
        spent = read_clock(folder)
        plan = TimePlan(study, before=sum(spent.values()))
        _go(Session(pose(study), folder, plan, display, spent))


def rewrite_report(path: Path, display: Display) -> Path:
    """Makes the report anew from a run folder whose search has ended; returns the report's path.

    Raises:
        BadRun: there is no run, its search has not ended, or it is damaged.
    """
    folder = RunFolder(path)
    study = read_run_study(folder)
    if not folder.search.exists():
        raise BadRun(f"run {path} has not finished its search yet: {folder.resuming} goes on with it")
    spent, cards = read_clock(folder), read_cards(folder)
    session = Session(pose(study), folder, TimePlan(study), display, spent)
    trials = complete_trials(session.problem, folder)
    if trials is None:
        raise BadRun(f"run file {folder.journal} lacks trials: {folder.resuming} scores them anew")
    _report(session, trials, cards)
    return folder.report


def _resolved(study: Study, folder: RunFolder) -> Study:
    """The study as it is kept: with absolute paths and the precision of this machine.

    A run is resumed from anywhere, and somewhere else.
    """
    space = str(folder.space.resolve()) if study.space.endswith(".py") else study.space
    target = str(Path(study.target).resolve()) if study.target.endswith(".toml") else study.target
    baseline = study.baseline and str(Path(study.baseline).resolve())
    precision = str(training_type(study.precision)).removeprefix("torch.")
    return replace(
        study,
        data=str(parse_source(study.data)),
        space=space,
        target=target,
        baseline=baseline,
        precision=precision,
    )


def _go(session: Session) -> None:
    problem, display = session.problem, session.display
    display.say(opening(problem))
    bank = _supernet(session)
    trials = _searched(session, bank)
    planned = _finalists(session, bank, trials)
    with session.phase("exam"):
        cards = examined(problem, session.folder, planned, trials, display)
    _report(session, trials, cards)
    display.say(closing(session, cards))


def _supernet(session: Session) -> WeightBank | None:
    """The shared weights, where the score has any."""
    problem, folder, plan, display = session.problem, session.folder, session.plan, session.display
    if score_rule(problem.study.score).shares.supernet == 0:
        return None
    allowance = plan.supernet()
    with session.phase("supernet", allowance.seconds):
        return trained_bank(problem, folder, allowance, display)


def _searched(session: Session, bank: WeightBank | None) -> list[Trial]:
    problem, folder, plan, display = session.problem, session.folder, session.plan, session.display
    trials = complete_trials(problem, folder)
    has_anchors = score_rule(problem.study.score).shares.anchors > 0
    if trials is not None and (folder.anchors.exists() or not has_anchors):
        return trials
    context = scoring_context(problem, folder, bank or WeightBank({}), plan.search())
    calibration = Calibration()
    with open_workers(problem.study.workers, context) as workers:
        if has_anchors:
            allowance = plan.anchors()
            with session.phase("anchors", allowance.seconds):
                calibration = calibrated(problem, folder, workers, allowance, display)
        if trials is not None:
            return trials
        allowance = plan.search()
        with session.phase("search", allowance.seconds):
            return searched(problem, folder, workers, calibration, allowance, display)


def _finalists(session: Session, bank: WeightBank | None, trials: Sequence[Trial]) -> list[Finalist]:
    """The finalists, trained: those settled before, else those that win the semifinals."""
    problem, folder, display = session.problem, session.folder, session.display
    planned = read_planned(folder)
    if planned is not None and all(one.failure or folder.network(one.digest).exists() for one in planned):
        return [one for one in planned if one.failure is None]
    context = FinalistContext(bank, problem.stream(), problem.validation_images())
    chosen: list[Trial] = []
    lacks_teachers = problem.study.teachers > 0 and not folder.soft_labels.exists()
    soft = read_soft_labels(problem, folder) if folder.soft_labels.exists() else None
    if planned is None or lacks_teachers:
        with open_workers(problem.study.workers, context) as workers:
            if planned is None:
                rounds = session.plan.semifinals()
                with session.phase("semifinals", _seconds(rounds)):
                    chosen = Semifinals(problem, folder, workers, rounds, display).finalists(trials)
            if lacks_teachers:
                soft = _soft_labels(session, workers, trials)
            if soft is None:
                return _trained(session, workers, planned, chosen)
    taught = replace(context, stream=replace(context.stream, soft=soft))
    with open_workers(problem.study.workers, taught) as workers:
        return _trained(session, workers, planned, chosen)


def _seconds(allowances: Sequence[Allowance]) -> float | None:
    """Of all together; None where steps decide."""
    known = [one.seconds for one in allowances if one.seconds is not None]
    return sum(known) if known else None


def _soft_labels(session: Session, workers: Workers, trials: Sequence[Trial]) -> SoftLabels | None:
    """What teachers say of the training images, the best networks so far being the pupils."""
    problem, folder = session.problem, session.folder
    known = by_loss(folder, trials)
    if not known:
        return None
    pupils, least = [trial for trial, _ in known], known[0][1]
    allowance = session.plan.teachers()
    with session.phase("teachers", allowance.seconds):
        return Distillation(problem, folder, workers, pupils, least, allowance, session.display).soft_labels()


def _trained(
    session: Session, workers: Workers, planned: list[Finalist] | None, chosen: Sequence[Trial]
) -> list[Finalist]:
    """The finalists, planned now unless they were before; `workers` hold a `FinalistContext`."""
    with session.phase("finalists"):
        if planned is None:
            list(workers.map(awake, range(workers.count)))  # processes take seconds to begin
            planned = _planned(session, chosen, workers.count)
        trained = train_finalists(session.problem, session.folder, workers, planned, session.display)
    return [one for one in trained if one.failure is None]


def _planned(session: Session, chosen: Sequence[Trial], count: int) -> list[Finalist]:
    """The finalists, with what time is left for them and `count` workers."""
    problem, folder = session.problem, session.folder
    macs = [trial.cost.macs for trial in chosen]
    seconds = session.plan.finalists(examination_seconds(problem, folder, macs, count))
    return plan_finalists(problem, folder, chosen, seconds, count)


def _report(session: Session, trials: Sequence[Trial], cards: Sequence[Card]) -> None:
    problem, folder = session.problem, session.folder
    facts = run_facts(session)
    write_report(problem, folder, trials, read_search_end(folder), read_curve(folder), cards, facts)
