"""The report as one HTML file that needs nothing beside itself and no network."""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from importlib.resources import files
from string import Template

from plotly.offline import get_plotlyjs

from nas.report.data import ReportData
from nas.report.figures import payload
from nas.report.front_table import front_table
from nas.report.headline import budget_list, headline
from nas.report.rank_plot import brief_part, rank_plot_caption
from nas.report.rejection_table import rejection_table
from nas.report.volume import volume_caption

SCRIPTS = (
    "numbers.js",
    "theme.js",
    "front.js",
    "labels.js",
    "network.js",
    "curves.js",
    "ranking.js",
    "page.js",
)


def write_html(data: ReportData) -> str:
    """The whole page, plotly.js included (about 5 MB)."""
    template = Template(_page_file("template.html"))
    return template.substitute(
        title=escape(data.title),
        dataset=escape(data.dataset),
        target=escape(data.target),
        budget=budget_list(data),
        headline=headline(data),
        front_table=front_table(data),
        scoring=escape(data.scoring.how),
        ranking=rank_plot_caption(data),
        brief=brief_part(data),
        volume=volume_caption(data),
        rejections=rejection_table(data.rejections),
        facts=_fact_list(data.facts),
        style=_page_file("style.css"),
        data=embedded_json(payload(data)),
        plotly=get_plotlyjs(),
        scripts="\n".join(_page_file(name) for name in SCRIPTS),
    )


def embedded_json(value: object) -> str:
    """Compact JSON that can stand in a script element: no text in it closes that or opens a comment."""
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _fact_list(facts: Mapping[str, str]) -> str:
    return "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in facts.items()
    )


def _page_file(name: str) -> str:
    return (files("nas.report") / "page" / name).read_text(encoding="utf-8")
