"""docs/feeds.md says what the contracts say."""

from __future__ import annotations

from ingestion.contract import feed_names, load_feed
from ingestion.docs import PAGE, SECTION, page
from ingestion.messages import RULES


def test_the_page_is_up_to_date() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert [found[1] for found in SECTION.findall(text)] == ["layouts", "codes", "feeds"]
    assert page(text) == text, "run python -m ingestion.docs"


def test_the_page_names_every_code_and_required_column() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for code in RULES:
        assert f"`{code}`" in text
    for feed in feed_names():
        assert f"### {feed}\n" in text
        for column in load_feed(feed).required:
            assert f"| `{column}` |" in text
