"""What a run folder holds of its finalists, read and checked."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from nas.run_files.run_folder import FILES, BadRun, RunFolder, read_json, sound
from nas.study import Study
from nas.study_file import parse_study, read_text

CARD_KEYS = frozenset({"rank", "digest", "on_front", "files", "genes", "how_known", "space"})


def read_run_study(folder: RunFolder) -> Study:
    """The study of a run.

    Raises:
        BadRun: there is no run, or its study was cut short.
        BadStudy: its study is damaged.
    """
    folder.open()
    text = read_text(folder.study)
    if "[made_with]" not in text:
        raise BadRun(f"run file {folder.study} was cut short: restore it, or search anew with another --out")
    study = parse_study(text, str(folder.study), folder.path.resolve().name)
    return replace(study, space=str(folder.space)) if study.space.endswith(".py") else study


def read_cards(folder: RunFolder) -> list[dict[str, Any]]:
    """The cards of all finalists that have one, best first.

    Raises:
        BadRun: a card is damaged.
    """
    cards = [_read_card(folder, folder.card(digest)) for digest in _digests(folder)]
    return sorted((card for card in cards if card is not None), key=lambda card: card["rank"])


def checksums(folder: RunFolder, digest: str) -> dict[str, str]:
    """SHA-256 of every file of a finalist that is there, the card left out."""
    paths = {name: folder.finalist(digest) / file for name, file in FILES.items() if name != "card"}
    return {name: sha256(path.read_bytes()) for name, path in paths.items() if path.is_file()}


def sha256(content: bytes) -> str:
    """As a card holds it."""
    return hashlib.sha256(content).hexdigest()


def are_complete(folder: RunFolder, cards: Sequence[Mapping[str, Any]], digests: Iterable[str]) -> bool:
    """Whether every finalist has its card, and all files as they were when the card was written."""
    known = {card["digest"]: card.get("sha256") for card in cards}
    return all(known.get(digest) == checksums(folder, digest) for digest in digests)


def check_finished(folder: RunFolder) -> None:
    """Nothing, if every finalist of a run has its card.

    Raises:
        BadRun: the run has not finished, or the list of its finalists is damaged.
    """
    digests = _digests(folder)
    if not digests or not all(folder.card(digest).is_file() for digest in digests):
        raise BadRun(f"run {folder.path} has not finished: {folder.resuming} goes on with it")


def _digests(folder: RunFolder) -> list[str]:
    """Of the finalists whose training ended; where their list is lost, of those that have a card."""
    if not folder.finalists.exists():
        return sorted(path.parent.name for path in folder.path.glob("front/*/card.json"))
    rows = read_json(folder.finalists)
    with sound(folder.finalists):
        return [str(row["digest"]) for row in rows if row.get("failure") is None]


def _read_card(folder: RunFolder, path: Path) -> dict[str, Any] | None:
    if not path.exists():
        return None
    card = read_json(path)
    if not isinstance(card, dict) or not card.keys() >= CARD_KEYS:
        raise BadRun(f"run file {path} is no card: delete it, and `nas resume` makes it anew")
    # The run may have been moved since; its copy of a user's own space has moved with it.
    return {**card, "space": str(folder.space)} if card["space"].endswith(".py") else card
