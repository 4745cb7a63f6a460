"""Reads a report's page back."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import Any


class Page(HTMLParser):
    """What a browser would load, the embedded data, and the text outside scripts and styles."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.tags: list[str] = []
        self.links: list[str] = []
        self._raw: str | None = None
        self._data: list[str] = []
        self._text: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.tags.append(tag)
        if tag == "a":
            self.links.append(values.get("href") or "")
        else:
            self.loads.extend(
                values[name] or "" for name in ("src", "href", "srcset", "data") if name in values
            )
        if tag in ("script", "style"):
            self._raw = "data" if values.get("id") == "data" else tag

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._raw = None

    def handle_data(self, data: str) -> None:
        if self._raw == "data":
            self._data.append(data)
        elif self._raw is None:
            self._text.append(data)

    @property
    def data(self) -> dict[str, Any]:
        return json.loads("".join(self._data))

    @property
    def data_bytes(self) -> int:
        return len("".join(self._data))

    @property
    def text(self) -> str:
        return " ".join(" ".join(self._text).split())
