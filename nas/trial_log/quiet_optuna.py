"""Keeps Optuna from writing a line a study to the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from optuna import logging


@contextmanager
def quiet_optuna() -> Iterator[None]:
    """Lets only Optuna's warnings through, and puts its verbosity back afterwards."""
    before = logging.get_verbosity()
    logging.set_verbosity(max(before, logging.WARNING))
    try:
        yield
    finally:
        logging.set_verbosity(before)
