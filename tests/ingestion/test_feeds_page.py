"""docs/feeds.md and docs/layouts.md say what the contracts say."""

from __future__ import annotations

from ingestion.contract import feed_names, layout_names, load_feed, load_layout
from ingestion.docs import CODES_PAGE, LAYOUTS_PAGE, PAGE, SECTION, page
from ingestion.messages import RULES


def test_the_page_is_up_to_date() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert [found[1] for found in SECTION.findall(text)] == ["layouts", "feeds"]
    assert page(text) == text, "run python -m ingestion.docs"


def test_the_codes_page_is_up_to_date_and_complete() -> None:
    text = CODES_PAGE.read_text(encoding="utf-8")
    assert page(text) == text, "run python -m ingestion.docs"
    for code, rule in RULES.items():
        assert f"| `{code}` | {rule.broken} | {rule.expected} | {rule.fix} |" in text


def test_the_page_names_every_required_column() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for feed in feed_names():
        assert f"### {feed}\n" in text
        for column in load_feed(feed).required:
            assert f"| `{column}` |" in text


def test_the_layouts_page_is_up_to_date_and_complete() -> None:
    text = LAYOUTS_PAGE.read_text(encoding="utf-8")
    assert page(text) == text, "run python -m ingestion.docs"
    for name in layout_names():
        assert f"### {name}\n" in text


def test_every_claim_layout_says_what_amounts_versions_and_denials_mean() -> None:
    for name in layout_names():
        layout = load_layout(name)
        for feed in {"medical_claim", "remittance_claim"} & set(layout.feeds):
            assert layout.money_level[feed] and layout.versions[feed] and layout.links[feed]
        assert layout.denials, name
        assert "eligibility" not in layout.feeds or "eligibility" in layout.absence, name
