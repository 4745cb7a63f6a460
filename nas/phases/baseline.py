"""Phase 8, too: the model that the search is to beat is executed as the finalists are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from nas.baseline.accuracy import accuracy_of
from nas.baseline.point import baseline_point, macs_of
from nas.baseline.read import read_baseline
from nas.baseline.saved import save_point
from nas.data.dataset import Images
from nas.problem import Problem
from nas.run_files.run_folder import RunFolder


def examine_baseline(problem: Problem, folder: RunFolder, test: Images) -> None:
    """Writes what is known of the run's baseline, if it has one; `test` are the images of the exam."""
    if problem.study.baseline is None:
        return
    baseline = replace(read_baseline(folder.baseline), name=Path(problem.study.baseline).name)
    accuracy = accuracy_of(baseline, test, len(problem.dataset.classes), problem.normalization)
    save_point(folder, baseline_point(baseline, problem.target, accuracy))


def is_examined(problem: Problem, folder: RunFolder) -> bool:
    """Whether the baseline has been executed, or there is none."""
    return problem.study.baseline is None or folder.baseline_facts.exists()


def baseline_macs(problem: Problem, folder: RunFolder) -> list[int]:
    """The work of running the baseline on one image, if there is one: the exam takes so much longer."""
    return [] if problem.study.baseline is None else [macs_of(read_baseline(folder.baseline))]
