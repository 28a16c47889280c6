"""The example queries of a page of the documentation."""

from __future__ import annotations

import re

from pipeline.settings import ROOT

_BLOCK = re.compile(r"^```sql\n(.*?)^```$", re.M | re.S)


def statements(page: str) -> list[str]:
    """Every statement of the page's SQL blocks, without its semicolon."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    parts = [part.strip() for block in _BLOCK.findall(text) for part in block.split(";")]
    return [part for part in parts if part]
