"""A check as one HTML page that needs nothing beside itself and no network."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from importlib.resources import files

from nas.check import words
from nas.check.as_json import reasons
from nas.check.result import CheckResult
from nas.check.summary import summary_lines


def write_page(result: CheckResult, picture: str) -> str:
    """The figures, the picture (an SVG) and the operators, in the report's style."""
    style = (files("nas.report") / "page" / "style.css").read_text(encoding="utf-8")
    name = escape(result.name)
    return f"""<!doctype html>
<html lang="en" data-print>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{name}</title>
<style>
{style}
svg {{ width: 100%; height: auto; }}
.facts {{ columns: auto; }}
</style>
<header><p class="over">checked on {escape(result.target.title)}</p><h1>{name}</h1></header>
<section><dl class="facts">{_facts(result)}</dl></section>
<section class="wide">{picture}</section>
<section><h2>Operators</h2>
<div class="wide"><table class="layers">{_operators(result)}</table></div></section>
{_notes(result)}
</html>
"""


def _facts(result: CheckResult) -> str:
    rows = [*summary_lines(result), *((f"{one.quantity} limit", words.verdict(one)) for one in result.limits)]
    return "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(text)}</dd></div>" for name, text in rows)


def _operators(result: CheckResult) -> str:
    head = _row("th", words.HEADINGS)
    rows = "".join(
        _row("td", words.cells(row), ' class="peak"' if row is result.peak else "") for row in result.ops
    )
    return f"<thead>{head}</thead><tbody>{rows}</tbody>"


def _row(tag: str, cells: Iterable[str], attributes: str = "") -> str:
    return f"<tr{attributes}>{''.join(f'<{tag}>{escape(cell)}</{tag}>' for cell in cells)}</tr>"


def _notes(result: CheckResult) -> str:
    notes = "".join(
        f"<p class='known'>{escape(name.replace('_', ' '))}: {escape(reason)}</p>"
        for name, reason in reasons(result).items()
    )
    return f"<section><h2>What is not known</h2>{notes}</section>" if notes else ""
