"""Fetches a published file once, and keeps it only if its checksum is right."""

from __future__ import annotations

import hashlib
import http.client
import os
import shutil
import urllib.request
from pathlib import Path

from nas.data.bad_data import BadData

TIMEOUT_S = 30.0


def cache_directory() -> Path:
    """Where downloads are kept: `budget-nas` in $XDG_CACHE_HOME, or else in ~/.cache.

    Source: XDG Base Directory Specification 0.8.
    """
    stated = os.environ.get("XDG_CACHE_HOME", "")
    # The specification has relative paths ignored.
    parent = Path(stated) if Path(stated).is_absolute() else Path.home() / ".cache"
    return parent / "budget-nas"


def fetch(url: str, md5: str, destination: Path) -> None:
    """Download to `destination` unless it is there, written beside it and renamed when it is whole and right.

    Raises:
        BadData: The file cannot be downloaded or has another checksum; nothing is left behind.
    """
    if destination.is_file():
        return
    beside = destination.with_name(f"{destination.name}.part-{os.getpid()}")
    try:
        _download(url, beside)
        _check(beside, md5, url)
        beside.replace(destination)
    finally:
        if beside.is_file():
            beside.unlink()


def _download(url: str, path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with urllib.request.urlopen(url, timeout=TIMEOUT_S) as response, path.open("wb") as stream:
            shutil.copyfileobj(response, stream)
    except (OSError, http.client.HTTPException) as error:
        raise BadData(
            f"{url} cannot be downloaded ({error}): "
            "get the files another way and name their directory instead"
        ) from error


def _check(path: Path, md5: str, url: str) -> None:
    with path.open("rb") as stream:
        # MD5 is what the publishers give; it guards against damage.
        found = hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    if found != md5:
        raise BadData(
            f"{url} must have the MD5 checksum {md5}, but what came has {found}: "
            "try again, or get the files another way and name their directory instead"
        )
