"""What is said of a run in words: when it begins, when it has ended, and among the facts of its report."""

from __future__ import annotations

import platform
import shlex
from collections.abc import Sequence
from importlib import metadata

import torch

from nas.calibration import rank_correlation
from nas.display import clock
from nas.parallel.workers import parallel_count
from nas.phases.anchors import read_anchors
from nas.phases.candidates import scored_how
from nas.phases.soft_label_file import read_teaching
from nas.problem import Problem
from nas.run_files.cards import Card
from nas.scores.by_name import score_rule
from nas.session import Session
from nas.study import Study

PACKAGES = ("budget-nas", "torch", "numpy", "optuna", "onnx", "onnxruntime", "tflite-micro")


def versions() -> dict[str, str]:
    """What makes a run: Python, the machine, and the packages that numbers depend on."""
    known = {"python": platform.python_version(), "machine": f"{platform.system()} {platform.machine()}"}
    for package in PACKAGES:
        try:
            known[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            known[package] = "not installed"
    return known


def run_facts(session: Session) -> dict[str, str]:
    """By their names, as the report lists them."""
    problem, study = session.problem, session.problem.study
    whole, trimmed = problem.whole_count, problem.space.count()
    threads = torch.get_num_threads()
    return {
        "space": f"{problem.space.name}: {whole:.3g} networks, {trimmed:.3g} after trimming to the budget",
        "controller": study.controller,
        "weight sharing": _sharing_fact(study),
        "score": _score_fact(session),
        **_teacher_fact(session),
        **({} if study.precision == "auto" else {"trained in": study.precision}),
        "seed": str(study.seed),
        "time": ", ".join(f"{phase} {clock(seconds)}" for phase, seconds in session.spent.items()),
        "workers": f"{_workers_fact(study)} of one thread each; supernet on {threads} threads",
        **versions(),
    }


def _workers_fact(study: Study) -> str:
    """How many, or whose: how many CPUs of a cluster were free, each phase found anew."""
    named = study.workers.startswith("ray")
    return f"those of {study.workers}," if named else str(parallel_count(study.workers))


def _sharing_fact(study: Study) -> str:
    return study.weight_sharing if score_rule(study.score).shares.supernet > 0 else "none"


def _score_fact(session: Session) -> str:
    how = f"int8 loss {scored_how(session.problem, session.folder)}"
    if score_rule(session.problem.study.score).shares.anchors == 0:
        return how
    tau = rank_correlation(read_anchors(session.folder))
    if tau is None:
        return f"{how}; too few networks were trained longer to say how well a rule fitted on them ranks"
    return (
        f"expected loss, by a rule fitted on the {how} and the size of {tau.anchors} networks that were "
        f"trained longer; Kendall's tau with their loss then: score {tau.scored_loss:.2f}, "
        f"parameters {tau.parameters:.2f}, expected {tau.expected_loss:.2f} (each left out in turn)"
    )


def _teacher_fact(session: Session) -> dict[str, str]:
    if session.problem.study.teachers == 0 or not session.folder.soft_labels.exists():
        return {}
    return {"teachers": str(read_teaching(session.folder))}


def opening(problem: Problem) -> str:
    """What is searched, before it begins."""
    dataset, whole, trimmed = problem.dataset, problem.whole_count, problem.space.count()
    shape = " x ".join(str(extent) for extent in dataset.shape)
    return (
        f"{problem.study.name}: {dataset.name}, {len(dataset.train):,} training images {shape}, "
        f"{len(dataset.classes)} classes; target {problem.target.title}\n"
        f"space {problem.space.name}: {whole:.3g} networks, {trimmed:.3g} after trimming to the budget"
    )


def closing(session: Session, cards: Sequence[Card]) -> str:
    """What was found, and what to do with it."""
    front = [card for card in cards if card["on_front"]]
    total, path = sum(session.spent.values()), shlex.quote(str(session.folder.path))
    if not front:
        return f"done in {clock(total)}, but no finalist passed its exam: see {path}/report.html"
    best, count = front[0], "1 network" if len(front) == 1 else f"{len(front)} networks"
    return (
        f"done in {clock(total)}: {count} on the front; best {best['digest']}, "
        f"{best['test_accuracy']:.2%} int8 on the test set, file {best['flash_bytes']['measured']:,} B\n"
        f"nas front {path} · open {path}/report.html · nas export {path} --pick best --to my_model/"
    )
