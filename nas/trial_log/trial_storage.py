"""Where trials are kept: a journal file, or a database that a URL names."""

from __future__ import annotations

from pathlib import Path

from optuna.exceptions import StorageInternalError
from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock
from sqlalchemy.exc import SQLAlchemyError

from nas.trial_log.journal import mend


class StorageUnavailable(ValueError):
    """The trial storage cannot be opened."""


def journal_path(storage: Path | str) -> Path | None:
    """The journal's path, None for a URL: a text with `://` in it."""
    return None if isinstance(storage, str) and "://" in storage else Path(storage)


def open_for_writing(storage: Path | str) -> BaseStorage:
    """The storage, made if it is not there; only one process may hold a journal like this.

    A journal is mended and unlocked first: a killed run leaves its lock, which Optuna would wait 30 s for.

    Raises:
        StorageUnavailable: the database cannot be opened.
        BrokenJournal: the journal is damaged in its middle.
        OSError: the journal cannot be read or written.
    """
    path = journal_path(storage)
    if path is None:
        return _database(str(storage))
    if path.exists():
        mend(path)
    path.with_name(f"{path.name}.lock").unlink(missing_ok=True)
    return _journal(path)


def open_for_reading(storage: Path | str) -> BaseStorage:
    """The storage as it is, also while another process writes to it.

    Raises:
        StorageUnavailable: there is no such file, or the database cannot be opened.
        OSError: the journal cannot be read.
    """
    path = journal_path(storage)
    if path is None:
        return _database(str(storage))
    if not path.is_file():
        raise StorageUnavailable(f"there is no journal at {path}: name a run that has recorded trials")
    return _journal(path)


def _journal(path: Path) -> BaseStorage:
    return JournalStorage(JournalFileBackend(str(path), JournalFileOpenLock(str(path))))


def _database(url: str) -> BaseStorage:
    try:
        return RDBStorage(url)
    except (SQLAlchemyError, StorageInternalError, ImportError) as error:
        scheme = url.split("://", maxsplit=1)[0]  # the rest may hold a password
        raise StorageUnavailable(
            f"the trial storage at {scheme}://... cannot be opened ({type(error).__name__}): "
            "give a URL that SQLAlchemy knows, such as sqlite:///trials.db, and install its driver"
        ) from error
