"""Every trial of a search in an Optuna study, so that a run can be resumed and Optuna's own tools read it."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, IntDistribution
from optuna.exceptions import ExperimentalWarning, StorageInternalError
from optuna.storages import BaseStorage
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState, create_trial
from sqlalchemy.exc import SQLAlchemyError

from constraints.cost import Cost
from nas.trial_log.journal import mend
from nas.trial_log.quiet_optuna import quiet_optuna
from nas.trial_log.trial_storage import StorageUnavailable, journal_path, open_for_reading, open_for_writing
from search_spaces.genotype import Genotype
from search_spaces.space import Gene

FINISHED = (TrialState.COMPLETE, TrialState.FAIL)


@dataclass(frozen=True, slots=True)
class Trial:
    """One scored candidate.

    `number` counts from 0 in the order of recording; `objectives` are minimised; `seconds` passed since the
    search began; `failure` says why it has no score. A failed trial is read back with NaN for what was not
    finite when it was recorded, and for all of its objectives.
    """

    number: int
    genotype: Genotype
    digest: str
    objectives: tuple[float, ...]
    val_loss: float
    val_accuracy: float
    cost: Cost
    seconds: float
    failure: str | None = None


class TrialLog:
    """The trials of one study, in order; one process writes.

    Raises:
        ValueError: the study holds other objectives or other genes.
    """

    def __init__(
        self,
        storage: BaseStorage,
        study_name: str,
        objectives: Sequence[str],
        genes: Sequence[Gene],
        journal: Path | None = None,
    ) -> None:
        self._genes = tuple(genes)
        self._objectives = tuple(objectives)
        self._journal = journal
        self._distributions: dict[str, BaseDistribution] = {
            gene.name: IntDistribution(0, gene.choices - 1) for gene in genes
        }
        with quiet_optuna(), _answering():
            self._study = _open_study(storage, study_name, self._objectives)
        self._check_same_study()
        self._count = len(self._finished())

    @classmethod
    def open(
        cls, storage: Path | str, study_name: str, objectives: Sequence[str], genes: Sequence[Gene]
    ) -> TrialLog:
        """Opens a journal file, or the database that a text with `://` names; makes it if it is not there.

        What an interrupted write left at a journal's end is cut off first. `objectives` are names.

        Raises:
            StorageUnavailable: the database cannot be opened.
            BrokenJournal: the journal is damaged in its middle.
            ValueError: the study holds other objectives or other genes.
            OSError: the file cannot be read or written.
        """
        opened = open_for_writing(storage)
        return cls(opened, study_name, objectives, genes, journal_path(storage))

    @classmethod
    def view(
        cls, storage: Path | str, study_name: str, objectives: Sequence[str], genes: Sequence[Gene]
    ) -> TrialLog:
        """Opens what is there for `load` alone and changes nothing, so that a running search can be watched.

        Raises:
            StorageUnavailable: nothing is there, or it cannot be opened.
            ValueError: the study is missing, or holds other objectives or other genes.
        """
        opened = open_for_reading(storage)
        known = optuna.get_all_study_names(opened)
        if study_name not in known:
            raise ValueError(f"the trial storage holds no study {study_name}, only {known or 'none at all'}")
        return cls(opened, study_name, objectives, genes)

    def record(self, trial: Trial) -> None:
        """Adds a trial; one whose objectives are not all finite is recorded as failed, with the reason.

        Raises:
            ValueError: the trial is not the next one, or its objectives are not those of the study.
            OSError: the storage cannot be written, e.g. the disk is full; the trials before stay readable.
            StorageUnavailable: the database refuses it.
        """
        if trial.number != self._count:
            raise ValueError(
                f"trials are recorded in order: expected number {self._count}, got {trial.number}"
            )
        if len(trial.objectives) != len(self._objectives):
            raise ValueError(f"trial {trial.number} must hold {self._objectives}, got {trial.objectives}")
        frozen = self._frozen(_with_failure(trial))
        try:
            with _answering():
                self._study.add_trial(frozen)
        except OSError:
            if self._journal is not None:
                mend(self._journal)  # half a line at the end would spoil the record that follows it
            raise
        self._count += 1

    def load(self) -> list[Trial]:
        """All trials, in the order of recording."""
        return [self._thawed(frozen) for frozen in self._finished()]

    def _finished(self) -> list[FrozenTrial]:
        return self._study.get_trials(deepcopy=False, states=FINISHED)

    def _frozen(self, trial: Trial) -> FrozenTrial:
        names = [gene.name for gene in self._genes]
        attributes: dict[str, Any] = {
            "digest": trial.digest,
            "val_loss": _finite(trial.val_loss),
            "val_accuracy": _finite(trial.val_accuracy),
            "seconds": trial.seconds,
            "failure": trial.failure,
            **asdict(trial.cost),
        }
        return create_trial(
            state=TrialState.COMPLETE if trial.failure is None else TrialState.FAIL,
            values=list(trial.objectives) if trial.failure is None else None,
            params=dict(zip(names, trial.genotype.genes, strict=True)),
            distributions=self._distributions,
            user_attrs=attributes,
        )

    def _thawed(self, frozen: FrozenTrial) -> Trial:
        attributes = frozen.user_attrs
        failed = (math.nan,) * len(self._objectives)
        return Trial(
            number=frozen.number,
            genotype=Genotype(tuple(frozen.params[gene.name] for gene in self._genes)),
            digest=attributes["digest"],
            objectives=failed if attributes["failure"] is not None else tuple(frozen.values),
            val_loss=_or_nan(attributes["val_loss"]),
            val_accuracy=_or_nan(attributes["val_accuracy"]),
            cost=Cost(**{name: attributes[name] for name in Cost.__dataclass_fields__}),
            seconds=attributes["seconds"],
            failure=attributes["failure"],
        )

    def _check_same_study(self) -> None:
        name, names = self._study.study_name, tuple(self._study.metric_names or ())
        if names != self._objectives:
            raise ValueError(
                f"study {name} holds the objectives {names}, got {self._objectives}: name another study"
            )
        for frozen in self._finished()[:1]:
            if frozen.distributions != self._distributions:
                raise ValueError(f"study {name} was recorded for another search space: name another study")


@contextmanager
def _answering() -> Iterator[None]:
    """Names what a database that refuses to be written to raises."""
    try:
        yield
    except (StorageInternalError, SQLAlchemyError) as error:
        reason = type(error.__cause__ or error).__name__
        raise StorageUnavailable(
            f"the trial storage does not take what is written ({reason}): see that it runs and has room, "
            "then go on with `nas resume`"
        ) from error


def _open_study(storage: BaseStorage, name: str, objectives: tuple[str, ...]) -> optuna.Study:
    """The study, made if it is not there; opening one that is there writes nothing."""
    if name not in optuna.get_all_study_names(storage):
        optuna.create_study(
            storage=storage, study_name=name, directions=[StudyDirection.MINIMIZE] * len(objectives)
        )
    study = optuna.load_study(storage=storage, study_name=name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        if study.metric_names is None:
            study.set_metric_names(list(objectives))
    return study


def _with_failure(trial: Trial) -> Trial:
    if trial.failure is None and not all(math.isfinite(value) for value in trial.objectives):
        return replace(trial, failure=f"objectives must be finite, got {trial.objectives}")
    return trial


def _finite(value: float) -> float | None:
    """JSON has no NaN: what is not finite is stored as null."""
    return value if math.isfinite(value) else None


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else value
