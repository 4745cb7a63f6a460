"""Turns raw labels, whole numbers or strings, into class names and numbers 0..k-1."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from nas.data.bad_data import BadData

RawLabels = npt.NDArray[Any]


def distinct_labels(raw: RawLabels) -> RawLabels:
    """The labels that occur, ascending, each once: position i becomes class i."""
    return np.unique(raw)


def names_of(distinct: RawLabels) -> tuple[str, ...]:
    """Class names: the labels as text."""
    return tuple(str(value) for value in distinct.tolist())


def plain_labels(raw: RawLabels, where: str) -> RawLabels:
    """Labels of shape (n,), whole numbers or text; a column (n, 1) is flattened, byte strings are decoded.

    Raises:
        BadData: They are fractions, pairs, one-hot rows or anything else.
    """
    if raw.ndim == 2 and raw.shape[1] == 1:
        raw = raw[:, 0]
    if raw.ndim != 1 or raw.dtype.kind not in "iubUS":
        raise BadData(
            f"{where} must hold one whole number or string per sample, "
            f"but holds {raw.dtype} of shape {raw.shape}"
        )
    return np.char.decode(raw, "utf-8", "replace") if raw.dtype.kind == "S" else raw


def encode_labels(raw: RawLabels, distinct: RawLabels, where: str) -> npt.NDArray[np.int64]:
    """The position of every label among the distinct ones.

    Raises:
        BadData: A label is not among them, as when a test set has a class that training has not.
    """
    if (raw.dtype.kind == "U") != (distinct.dtype.kind == "U"):
        raise BadData(f"{where} must hold labels of the same kind as training: all numbers or all strings")
    positions = np.minimum(np.searchsorted(distinct, raw), len(distinct) - 1).astype(np.int64)
    unknown = distinct[positions] != raw
    if unknown.any():
        label = raw[unknown][:1].tolist()[0]
        shown = names_of(distinct[:12]) + (("...",) if len(distinct) > 12 else ())
        raise BadData(
            f"{where} holds the label {label!r}, which is none of the classes {', '.join(shown)}: "
            "correct it, or give that class training samples"
        )
    return positions
