"""Pieces of Python source: names, literals and calls, laid out as ruff's formatter lays them out."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Sequence

LINE_LENGTH = 110
INDENT = "    "


def string_literal(text: str) -> str:
    """`text` as a literal, in the quotes that need fewer escapes; nothing in it ends the literal or hides."""
    quote = "'" if text.count('"') > text.count("'") else '"'
    return quote + "".join(f"\\{quote}" if letter == quote else escaped(letter) for letter in text) + quote


def escaped(text: str) -> str:
    """`text` with backslashes and all that does not print escaped, quotes left as they are."""
    return "".join(letter if letter in "'\"" else repr(letter)[1:-1] for letter in text)


def tuple_literal(name: str, texts: Sequence[str]) -> str:
    """The assignment of a tuple of strings, on one line where it fits."""
    literals = [string_literal(text) for text in texts]
    inner = ", ".join(literals) + ("," if len(literals) == 1 else "")
    line = f"{name} = ({inner})"
    return line if len(line) <= LINE_LENGTH else _one_a_line(f"{name} = ", literals, "")


def call(start: str, arguments: Sequence[str], indent: str) -> str:
    """`start(arguments)` on one line, or its arguments on a second one, or each on its own."""
    inner = ", ".join(arguments)
    line = f"{indent}{start}({inner})"
    if len(line) <= LINE_LENGTH:
        return line
    if len(indent + INDENT + inner) <= LINE_LENGTH:
        return f"{indent}{start}(\n{indent}{INDENT}{inner}\n{indent})"
    return _one_a_line(indent + start, arguments, indent)


def pair(values: tuple[int, int]) -> str:
    """`3` for a pair of equal numbers, `(3, 1)` for another."""
    return f"{values[0]}" if values[0] == values[1] else f"{values}"


def identifiers(names: Iterable[str], taken: Iterable[str]) -> dict[str, str]:
    """A different identifier for every name, none of them in `taken`: `stage0_conv` for `stage0.conv`."""
    used = set(taken)
    found: dict[str, str] = {}
    for name in names:
        identifier = _identifier(name)
        while identifier in used or keyword.iskeyword(identifier):
            identifier += "_"
        used.add(identifier)
        found[name] = identifier
    return found


def _identifier(name: str) -> str:
    plain = re.sub(r"[^0-9A-Za-z]+", "_", name).strip("_")
    return plain if plain[:1].isalpha() else f"layer_{plain}"


def _one_a_line(start: str, items: Sequence[str], indent: str) -> str:
    lines = "".join(f"{indent}{INDENT}{item},\n" for item in items)
    return f"{start}(\n{lines}{indent})"
