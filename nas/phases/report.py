"""Phase 9: the run folder becomes one page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

from constraints.arena.layout import lay_out
from constraints.budget import Budget
from nas.baseline.saved import saved_point
from nas.calibration import left_out
from nas.files import write_text
from nas.phases.anchors import read_anchors
from nas.phases.architecture_search import SearchEnd, hypervolume_over_time
from nas.phases.candidates import scored_how
from nas.phases.finalists import read_planned
from nas.phases.semifinals import read_semifinals
from nas.problem import Problem
from nas.report import data as report
from nas.report.html import write_html
from nas.run_files.cards import Card
from nas.run_files.finalist_point import finalist_point
from nas.run_files.run_folder import RunFolder
from nas.scores.by_name import score_rule
from nas.training.supernet import CurvePoint
from nas.trial_log.trials import Trial
from search_spaces.lowering import lower

SCORED_SHOWN = 600


def write_report(
    problem: Problem,
    folder: RunFolder,
    trials: Sequence[Trial],
    end: SearchEnd,
    curve: Sequence[CurvePoint],
    cards: Sequence[Card],
    facts: dict[str, str],
) -> None:
    """Writes `report.html`.

    Raises:
        BadRun: what was settled of the candidates, the anchors or the semifinals are missing or damaged.
    """
    baseline = saved_point(folder)
    limits = {f.name: getattr(problem.budget, f.name) for f in fields(Budget)}
    data = report.ReportData(
        title=problem.study.name,
        dataset=f"{problem.dataset.name}, {len(problem.dataset.train):,} training images",
        target=problem.target.title,
        budget={name: limit for name, limit in limits.items() if limit is not None},
        scoring=_scoring(problem, folder),
        controller=problem.study.controller,
        scored=[_scored(problem, trial) for trial in trials if trial.failure is None][-SCORED_SHOWN:],
        finalists=[finalist_point(card) for card in cards],
        curve=[report.CurvePoint(p.seconds, p.step, p.train_loss, p.val_loss) for p in curve],
        anchors=_anchors(problem, folder),
        semifinals=_semifinals(folder, trials),
        hypervolume=hypervolume_over_time(problem, list(trials)),
        corner=_corner(problem, trials),
        rejections=[*end.rejections, *_failures(trials), *_blown_up(folder)],
        facts=facts | _baseline_fact(baseline),
        baseline=baseline,
        seeds=problem.study.seeds,
    )
    write_text(folder.report, write_html(data))


def _baseline_fact(baseline: report.BaselinePoint | None) -> dict[str, str]:
    return {} if baseline is None else {"baseline": "; ".join([baseline.name, *baseline.notes])}


def _scoring(problem: Problem, folder: RunFolder) -> report.Scoring:
    """How the candidates were scored, in words."""
    shares_weights = score_rule(problem.study.score).shares.supernet > 0
    return report.Scoring(scored_how(problem, folder), shares_weights)


def _anchors(problem: Problem, folder: RunFolder) -> list[report.BrieflyTrained]:
    """Where the score goes through a rule, what it was fitted on; nothing where they were too few to tell."""
    if score_rule(problem.study.score).shares.anchors == 0:
        return []
    return [
        report.BrieflyTrained(anchor.digest, loss, anchor.trained_loss)
        for anchor, loss in left_out(read_anchors(folder))
    ]


def _semifinals(folder: RunFolder, trials: Sequence[Trial]) -> list[report.BrieflyTrained]:
    """Those of the first round, who are the most."""
    expected = {trial.digest: trial.objectives[0] for trial in trials}
    return [
        report.BrieflyTrained(one.digest, expected[one.digest], one.trained_loss)
        for one in (read_semifinals(folder) or [[]])[0]
        if one.digest in expected
    ]


def _corner(problem: Problem, trials: Sequence[Trial]) -> report.Corner | None:
    """Where `hypervolume_over_time` measures from, in bytes and the like."""
    points = [trial.objectives for trial in trials if trial.failure is None]
    if not points:
        return None
    objectives = problem.objectives
    loss, *fractions = objectives.reference(points)
    costs = zip(objectives.quantities, fractions, objectives.scales, strict=True)
    return report.Corner(loss, {name: fraction * scale for name, fraction, scale in costs})


def _scored(problem: Problem, trial: Trial) -> report.ScoredPoint:
    return report.ScoredPoint(
        trial.number,
        trial.digest,
        trial.val_accuracy,
        trial.val_loss,
        trial.cost,
        lay_out(lower(problem.space, trial.genotype), problem.target.kernels),
        trial.seconds,
    )


def _blown_up(folder: RunFolder) -> list[tuple[str, int]]:
    failed = sum(finalist.failure is not None for finalist in read_planned(folder) or [])
    return [("finalist whose training blew up", failed)] if failed else []


def _failures(trials: Sequence[Trial]) -> list[tuple[str, int]]:
    failed = sum(trial.failure is not None for trial in trials)
    return [("no finite score", failed)] if failed else []
