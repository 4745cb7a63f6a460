"""Phase 8: all finalists are exported and executed, and what is known of each becomes its card."""

from __future__ import annotations

from collections.abc import Sequence

from nas.data.load import load_test
from nas.display import Display
from nas.parallel.workers import open_workers
from nas.phases.baseline import baseline_macs, examine_baseline, is_examined
from nas.phases.exam import Candidacy, Exam, ExamContext, exam_seconds, examine
from nas.phases.export import export_finalist, layout_of
from nas.phases.finalists import Finalist
from nas.phases.repeats import Accuracies, Repeat, examine_repeat, repeats_of, seed_spread
from nas.problem import Problem
from nas.quantized_network import QuantizedNetwork
from nas.run_files.cards import Card, make_card, settle_front
from nas.run_files.finished import are_complete, checksums, read_cards
from nas.run_files.int8_file import load_int8
from nas.run_files.run_folder import RunFolder, write_json
from nas.trial_log.trials import Trial
from nas.verify.tflm import tflm_version

TEST_SHARE = 0.2
"""Of the training images: a guess at the size of the test set, which nothing looks at before the exam."""


def examined(
    problem: Problem,
    folder: RunFolder,
    planned: Sequence[Finalist],
    trials: Sequence[Trial],
    display: Display,
) -> list[Card]:
    """The cards of all finalists, best first.

    Each file is executed; the test images are read here alone.
    """
    cards = read_cards(folder)
    complete = are_complete(folder, cards, [f.digest for f in planned]) and is_examined(problem, folder)
    if complete and not _can_be_verified_now(cards):
        return cards
    networks = [load_int8(problem.costing.graph(f.genotype), folder.network(f.digest)) for f in planned]
    for finalist in planned:
        export_finalist(problem, folder, finalist)
    exams, seeds = _exams(problem, folder, planned, [network for network, _ in networks], display)
    scores = {trial.genotype: trial for trial in trials}
    cards = [
        make_card(problem, finalist, scores.get(finalist.genotype), exam, facts, seed_spread(each))
        for finalist, exam, each, (_, facts) in zip(planned, exams, seeds, networks, strict=True)
    ]
    settled = settle_front(cards, problem.objectives.quantities)
    cards = [{**card, "sha256": checksums(folder, card["digest"])} for card in settled]
    for card in cards:
        write_json(folder.card(card["digest"]), card)
    return cards


def examination_seconds(problem: Problem, folder: RunFolder, macs: Sequence[int], workers: int) -> float:
    """How long it will take, predicted, for finalists of so many MACs; each seed's file is executed once."""
    tested = round(TEST_SHARE * len(problem.dataset.train))
    images = len(problem.dataset.validation) + tested
    each = exam_seconds([*macs] * problem.study.seeds, images, workers)
    return each + exam_seconds(baseline_macs(problem, folder), tested, 1)


def _can_be_verified_now(cards: Sequence[Card]) -> bool:
    """Whether a runtime is at hand for finalists that none has executed: a run may be carried elsewhere."""
    return tflm_version() is not None and any(card["how_known"]["measured"] is None for card in cards)


def _exams(
    problem: Problem,
    folder: RunFolder,
    planned: Sequence[Finalist],
    networks: Sequence[QuantizedNetwork],
    display: Display,
) -> tuple[list[Exam], list[list[Accuracies]]]:
    """Of every finalist its exam, and what each of its seeds reached, where there are several."""
    context = ExamContext(problem.dataset.validation, load_test(problem.source, problem.study.seed))
    examine_baseline(problem, folder, context.test)
    papers = [
        Candidacy(
            network,
            folder.finalist(f.digest),
            layout_of(problem, f.genotype).host_arena_bytes,
            problem.target,
        )
        for f, network in zip(planned, networks, strict=True)
    ]
    repeats = [repeats_of(problem, folder, finalist.genotype) for finalist in planned]
    others = [repeat for own in repeats for repeat in own if not repeat.is_kept]
    exams: list[Exam] = []
    reached: list[Accuracies] = []
    with open_workers(problem.study.workers, context) as workers:
        for exam in workers.map(examine, papers):
            exams.append(exam)
            _tell(display, len(exams), len(papers) + len(others))
        for accuracies in workers.map(examine_repeat, others):
            reached.append(accuracies)
            _tell(display, len(exams) + len(reached), len(papers) + len(others))
    left = iter(reached)
    return exams, [
        [_of_seed(repeat, exam) or next(left) for repeat in own]
        for own, exam in zip(repeats, exams, strict=True)
    ]


def _of_seed(repeat: Repeat, exam: Exam) -> Accuracies | None:
    """What the exam says of this seed, if it is the one that was kept."""
    return Accuracies(exam.val_accuracy, exam.test_accuracy) if repeat.is_kept else None


def _tell(display: Display, done: int, count: int) -> None:
    display.update(done / count, f"{done} of {count} executed")
