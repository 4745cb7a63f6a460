"""A search from its study to its front: one phase after another, each skipped where the run folder has it."""

from __future__ import annotations

import platform
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

import torch

from nas.cards import Card, make_card, settle_front
from nas.controllers.by_name import check_controller
from nas.data.load import load_test
from nas.display import Display, clock
from nas.int8_file import load_int8
from nas.networks.weight_bank import WeightBank
from nas.phases.architecture_search import read_search_end, searched, view_trials
from nas.phases.exam import Candidacy, Exam, ExamContext, exam_seconds, examine
from nas.phases.export import export_finalist
from nas.phases.finalists import Finalist, chosen_trials, planned_finalists, train_finalists
from nas.phases.report import write_report
from nas.phases.supernet import read_curve, trained_bank
from nas.problem import Problem, pose
from nas.run_folder import BadRun, RunFolder, read_json, write_json
from nas.study import Study
from nas.study_file import parse_study, write_study
from nas.time_plan import TimePlan
from nas.training.scoring import ScoringContext
from nas.trials import Trial
from nas.workers import check_workers, open_workers, parallel_count

PACKAGES = ("budget-nas", "torch", "numpy", "optuna", "onnx", "onnxruntime", "tflite-micro")
TEST_SHARE = 0.2
"""Of the training images: a guess at the size of the test set, which nothing looks at before the exam."""


@dataclass(frozen=True, eq=False)
class Session:
    """One sitting at a run: the problem, its folder, the clock, and who is told."""

    problem: Problem
    folder: RunFolder
    plan: TimePlan
    display: Display
    spent: dict[str, float] = field(default_factory=dict[str, float])

    def begin(self, phase: str) -> None:
        """A phase begins: the display's clock and that of the run folder."""
        self.display.begin(phase, self.plan.end)
        self.spent[f"_{phase}"] = time.monotonic()

    def finish(self, phase: str) -> None:
        """A phase has ended: what it took is added to what it took before."""
        took = time.monotonic() - self.spent.pop(f"_{phase}")
        self.spent[phase] = self.spent.get(phase, 0.0) + took
        write_json(self.folder.clock, self.spent)


def begin(study: Study, path: Path, display: Display) -> None:
    """Starts a run in a new folder and takes it to its end.

    Raises:
        ValueError: the study cannot be met (then nothing is left behind), or a phase failed.
        OSError: the folder cannot be written.
    """
    plan = TimePlan(study)
    check_controller(study.controller)
    check_workers(study.workers)
    folder = RunFolder(path)
    folder.check_free()
    problem = pose(study)
    folder.create()
    folder.study.write_text(write_study(study, versions()), encoding="utf-8")
    _go(Session(problem, folder, plan, display))


def resume(path: Path, display: Display) -> None:
    """Takes an interrupted run to its end, from the last complete step.

    Raises:
        BadRun: there is no run, or it is damaged.
        ValueError, OSError: as `begin`.
    """
    folder = RunFolder(path)
    study = read_run_study(folder)
    spent = read_json(folder.clock) if folder.clock.exists() else {}
    plan = TimePlan(study, before=sum(spent.values()))
    _go(Session(pose(study), folder, plan, display, spent))


def rewrite_report(path: Path, display: Display) -> Path:
    """Makes the report anew from a run folder whose search has ended; returns the report's path.

    Raises:
        BadRun: there is no run, or its search has not ended.
    """
    folder = RunFolder(path)
    study = read_run_study(folder)
    if not folder.search.exists():
        raise BadRun(f"run {path} has not finished its search yet: `nas resume {path}` goes on with it")
    spent = read_json(folder.clock) if folder.clock.exists() else {}
    session = Session(pose(study), folder, TimePlan(study), display, spent)
    _report(session, view_trials(session.problem, folder), read_cards(folder))
    return folder.report


def read_run_study(folder: RunFolder) -> Study:
    """The study of a run.

    Raises:
        BadRun: there is no run.
        BadStudy: its study file is damaged.
    """
    folder.open()
    return parse_study(folder.study.read_text(encoding="utf-8"), str(folder.study), folder.path.name)


def read_cards(folder: RunFolder) -> list[Card]:
    """The cards of all finalists that have one, best first.

    Raises:
        BadRun: a card is damaged.
    """
    cards = [_read_card(path) for path in sorted(folder.path.glob("front/*/card.json"))]
    return sorted(cards, key=lambda card: card["rank"])


def _read_card(path: Path) -> Card:
    card = read_json(path)
    if not isinstance(card, dict) or not {"rank", "digest", "on_front", "files"} <= card.keys():
        raise BadRun(f"run file {path} is no card: delete it, and `nas resume` makes it anew")
    return card


def versions() -> dict[str, str]:
    """What makes a run: Python, the machine, and the packages that numbers depend on."""
    known = {"python": platform.python_version(), "machine": f"{platform.system()} {platform.machine()}"}
    for package in PACKAGES:
        try:
            known[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            known[package] = "not installed"
    return known


def _go(session: Session) -> None:
    problem, folder, plan, display = session.problem, session.folder, session.plan, session.display
    count = parallel_count(problem.study.workers)
    display.say(_opening(problem))
    session.begin("supernet")
    bank = trained_bank(problem, folder, plan.supernet(), display)
    session.finish("supernet")
    session.begin("search")
    trials = _search(session, bank)
    session.finish("search")
    session.begin("finalists")
    images = len(problem.dataset.validation) + round(TEST_SHARE * len(problem.dataset.train))
    macs = [trial.cost.macs for trial in chosen_trials(problem, trials)]
    seconds = plan.finalists(exam_seconds(macs, images, count))
    planned = planned_finalists(problem, folder, trials, seconds, count)
    train_finalists(problem, folder, bank, planned, display)
    session.finish("finalists")
    session.begin("exam")
    cards = _examined(session, planned, trials)
    session.finish("exam")
    _report(session, trials, cards)
    display.say(_closing(session, cards))


def _search(session: Session, bank: WeightBank) -> list[Trial]:
    problem, folder = session.problem, session.folder
    if folder.search.exists():
        return view_trials(problem, folder)
    images = problem.study.score_images
    context = ScoringContext(
        bank, problem.training_images().first(images), problem.validation_images().first(images)
    )
    with open_workers(problem.study.workers, context) as workers:
        return searched(problem, folder, workers, session.plan.search(), session.display)


def _examined(session: Session, planned: Sequence[Finalist], trials: Sequence[Trial]) -> list[Card]:
    """The cards of all finalists, best first; each file is executed, and the test images are read, here alone."""
    problem, folder = session.problem, session.folder
    if all(folder.card(finalist.digest).exists() for finalist in planned):
        return read_cards(folder)
    for finalist in planned:
        export_finalist(problem, folder, finalist)
    networks = [load_int8(problem.costing.graph(f.genotype), folder.network(f.digest)) for f in planned]
    context = ExamContext(problem.dataset.validation, load_test(problem.source, problem.study.seed))
    papers = [
        Candidacy(
            network, folder.finalist(finalist.digest), problem.costing.cost(finalist.genotype).ram_bytes
        )
        for finalist, (network, _) in zip(planned, networks, strict=True)
    ]
    exams: list[Exam] = []
    with open_workers(problem.study.workers, context) as workers:
        for exam in workers.map(examine, papers):
            exams.append(exam)
            session.display.update(len(exams) / len(papers), f"{len(exams)} of {len(papers)} executed")
    by_genotype = {trial.genotype: trial for trial in trials}
    cards = [
        make_card(problem, finalist, by_genotype[finalist.genotype], exam, facts)
        for finalist, exam, (_, facts) in zip(planned, exams, networks, strict=True)
    ]
    cards = settle_front(cards, problem.objectives.quantities)
    for card in cards:
        write_json(folder.card(card["digest"]), card)
    return cards


def _report(session: Session, trials: Sequence[Trial], cards: Sequence[Card]) -> None:
    problem, folder = session.problem, session.folder
    facts = _facts(session)
    write_report(problem, folder, trials, read_search_end(folder), read_curve(folder), cards, facts)


def _facts(session: Session) -> dict[str, str]:
    problem, study = session.problem, session.problem.study
    taken = ", ".join(
        f"{phase} {clock(seconds)}" for phase, seconds in session.spent.items() if not phase.startswith("_")
    )
    return {
        "space": f"{problem.space.name}: {problem.whole_count:.3g} networks, {problem.space.count():.3g} after "
        "trimming to the budget",
        "controller": study.controller,
        "weight sharing": study.weight_sharing,
        "seed": str(study.seed),
        "time": taken,
        "workers": f"{parallel_count(study.workers)} of one thread each; supernet on {torch.get_num_threads()} threads",
        **versions(),
    }


def _opening(problem: Problem) -> str:
    shape = " x ".join(str(extent) for extent in problem.dataset.shape)
    return (
        f"{problem.study.name}: {problem.dataset.name}, {len(problem.dataset.train):,} training images {shape}, "
        f"{len(problem.dataset.classes)} classes; target {problem.target.title}\n"
        f"space {problem.space.name}: {problem.whole_count:.3g} networks, "
        f"{problem.space.count():.3g} after trimming to the budget"
    )


def _closing(session: Session, cards: Sequence[Card]) -> str:
    front = [card for card in cards if card["on_front"]]
    total = sum(seconds for phase, seconds in session.spent.items() if not phase.startswith("_"))
    path = session.folder.path
    if not front:
        return f"done in {clock(total)}, but no finalist passed its exam: see {path}/report.html"
    best = front[0]
    flash = best["flash_bytes"]["measured"]
    return (
        f"done in {clock(total)}: {len(front)} networks on the front; best {best['digest']}, "
        f"{best['test_accuracy']:.2%} int8 on the test set, file {flash:,} B\n"
        f"nas front {path} · open {path}/report.html · nas export {path} --pick best --to my_model/"
    )
