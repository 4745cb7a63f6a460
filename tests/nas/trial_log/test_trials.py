from __future__ import annotations

import math
import random
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import optuna
import pytest

from constraints.cost import Cost
from nas.trial_log.journal import BrokenJournal
from nas.trial_log.trial_storage import StorageUnavailable
from nas.trial_log.trials import Trial, TrialLog
from tests.spaces import one_stage_space, two_stage_space

SPACE = two_stage_space()
OBJECTIVES = ("val_loss", "activations")
COST = Cost(1_024, 2_048, 4_096, 50_000, 3.5, None, "stem")


def trial(number: int) -> Trial:
    genotype = SPACE.sample(random.Random(number))
    return Trial(
        number=number,
        genotype=genotype,
        digest=SPACE.digest(genotype),
        objectives=(1 / (number + 1), 0.25),
        val_loss=1 / (number + 1),
        val_accuracy=0.5,
        cost=COST,
        seconds=1.5 * number,
    )


def open_log(storage: Path | str) -> TrialLog:
    return TrialLog.open(storage, "search", OBJECTIVES, SPACE.genes)


def write(storage: Path | str, count: int) -> list[Trial]:
    log = open_log(storage)
    trials = [trial(number) for number in range(len(log.load()), count)]
    for one in trials:
        log.record(one)
    return trials


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "journal.log"


def test_trials_are_read_back_as_they_were_recorded(journal: Path) -> None:
    trials = write(journal, 5)
    assert open_log(journal).load() == trials


def test_trials_go_to_a_database_by_its_url(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'trials.db'}"
    trials = write(url, 3)
    log = open_log(url)
    assert log.load() == trials
    log.record(trial(3))
    assert len(TrialLog.view(url, "search", OBJECTIVES, SPACE.genes).load()) == 4


def test_optuna_reads_the_trials_by_itself(journal: Path) -> None:
    trials = write(journal, 4)
    backend = optuna.storages.journal.JournalFileBackend(str(journal))
    study = optuna.load_study(study_name="search", storage=optuna.storages.JournalStorage(backend))
    assert study.metric_names == list(OBJECTIVES)
    assert [tuple(one.values) for one in study.trials] == [one.objectives for one in trials]
    assert [one.user_attrs["digest"] for one in study.trials] == [one.digest for one in trials]
    assert study.trials[1].params == dict(
        zip([gene.name for gene in SPACE.genes], trials[1].genotype.genes, strict=True)
    )


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_score_that_is_no_number_is_recorded_as_a_failure_with_its_reason(
    journal: Path, bad: float
) -> None:
    log = open_log(journal)
    log.record(replace(trial(0), objectives=(bad, 0.25), val_loss=bad))
    log.record(trial(1))
    failed, fine = open_log(journal).load()
    assert failed.failure == f"objectives must be finite, got ({bad}, 0.25)"
    assert all(math.isnan(value) for value in (*failed.objectives, failed.val_loss))
    assert (failed.genotype, failed.val_accuracy, failed.cost) == (trial(0).genotype, 0.5, COST)
    assert fine == trial(1)


def test_a_failure_keeps_the_reason_it_was_given(journal: Path) -> None:
    log = open_log(journal)
    log.record(replace(trial(0), objectives=(math.nan, math.nan), failure="ran out of memory"))
    assert [one.failure for one in log.load()] == ["ran out of memory"]


@pytest.mark.parametrize("cut", [1, 2, 40, 400])
def test_a_last_line_cut_short_loses_no_other_trial(journal: Path, cut: int) -> None:
    trials = write(journal, 4)
    with journal.open("r+b") as file:
        file.truncate(journal.stat().st_size - cut)
    log = open_log(journal)
    assert log.load() == trials[:3]
    log.record(trial(3))
    log.record(trial(4))
    assert open_log(journal).load() == [*trials, trial(4)]


def test_zeros_that_a_power_cut_left_at_the_end_are_cut_off(journal: Path) -> None:
    trials = write(journal, 2)
    with journal.open("ab") as file:
        file.write(b"\0" * 64 + b"\n")
    log = open_log(journal)
    log.record(trial(2))
    assert open_log(journal).load() == [*trials, trial(2)]


def test_a_journal_damaged_in_its_middle_is_refused_and_left_alone(journal: Path) -> None:
    write(journal, 3)
    lines = journal.read_bytes().splitlines(keepends=True)
    lines[2] = lines[2][:30] + b"\n"
    journal.write_bytes(b"".join(lines))
    with pytest.raises(BrokenJournal, match=r"journal\.log line 3 is not a record: restore the file"):
        open_log(journal)
    assert journal.read_bytes() == b"".join(lines)


def test_the_lock_of_a_killed_run_does_not_hold_up_the_next(journal: Path) -> None:
    write(journal, 1)
    journal.with_name("journal.log.lock").touch()
    write(journal, 2)
    assert open_log(journal).load() == [trial(0), trial(1)]


def test_opening_and_viewing_a_journal_again_writes_nothing(journal: Path) -> None:
    write(journal, 2)
    before = journal.read_bytes()
    open_log(journal)
    assert TrialLog.view(journal, "search", OBJECTIVES, SPACE.genes).load() == [trial(0), trial(1)]
    assert journal.read_bytes() == before


def test_viewing_leaves_a_half_written_line_to_the_one_who_writes_it(journal: Path) -> None:
    write(journal, 2)
    cut = journal.read_bytes()[:-20]
    journal.write_bytes(cut)
    assert TrialLog.view(journal, "search", OBJECTIVES, SPACE.genes).load() == [trial(0)]
    assert journal.read_bytes() == cut


@contextmanager
def disk_full_at(size: int) -> Iterator[None]:
    """Lets no file grow beyond `size` bytes, as a full disk would not."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_is_an_os_error_and_spoils_no_trial(journal: Path) -> None:
    trials = write(journal, 2)
    log = open_log(journal)
    with disk_full_at(journal.stat().st_size + 100), pytest.raises(OSError, match="File too large"):
        log.record(trial(2))
    assert TrialLog.view(journal, "search", OBJECTIVES, SPACE.genes).load() == trials
    log.record(trial(2))
    assert open_log(journal).load() == [*trials, trial(2)]


def test_trials_are_recorded_in_order(journal: Path) -> None:
    log = open_log(journal)
    with pytest.raises(ValueError, match="trials are recorded in order: expected number 0, got 3"):
        log.record(trial(3))


def test_a_trial_with_other_objectives_is_refused(journal: Path) -> None:
    with pytest.raises(ValueError, match=r"trial 0 must hold \('val_loss', 'activations'\), got \(1.0,\)"):
        open_log(journal).record(replace(trial(0), objectives=(1.0,)))


def test_a_study_with_other_objectives_or_genes_is_refused(journal: Path) -> None:
    write(journal, 1)
    with pytest.raises(ValueError, match="study search holds the objectives"):
        TrialLog.open(journal, "search", ("val_loss", "flash"), SPACE.genes)
    with pytest.raises(ValueError, match="study search was recorded for another search space"):
        TrialLog.open(journal, "search", OBJECTIVES, one_stage_space().genes)


def test_a_storage_that_is_not_there_is_named_without_its_password(tmp_path: Path) -> None:
    with pytest.raises(StorageUnavailable, match="there is no journal at") as missing:
        TrialLog.view(tmp_path / "none.log", "search", OBJECTIVES, SPACE.genes)
    assert "none.log" in str(missing.value)
    with pytest.raises(
        StorageUnavailable, match=r"trial storage at nosuchdb://\.\.\. cannot be opened"
    ) as caught:
        open_log("nosuchdb://user:secret@host/trials")
    assert "secret" not in str(caught.value)


def test_a_study_that_is_not_there_is_not_made_by_looking(journal: Path) -> None:
    write(journal, 1)
    with pytest.raises(ValueError, match=r"holds no study other, only \['search'\]"):
        TrialLog.view(journal, "other", OBJECTIVES, SPACE.genes)


def test_recording_says_nothing_on_the_terminal(journal: Path, capfd: pytest.CaptureFixture[str]) -> None:
    write(journal, 2)
    assert capfd.readouterr() == ("", "")
