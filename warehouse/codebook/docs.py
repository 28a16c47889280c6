"""Writes the tables of docs/reference.md: `python -m warehouse.codebook.docs`."""

from __future__ import annotations

from collections.abc import Iterable

from ingestion.docs import SECTION
from pipeline.settings import ROOT
from warehouse.codebook import rules
from warehouse.codebook.errors import RULES
from warehouse.codebook.kinds import Kind, code_systems, kinds

PAGE = ROOT / "docs" / "reference.md"
MONTHS = {10: "1 October", 1: "1 January"}
RULE_FILES = {
    "chapter": "chapters by category",
    "behaviour": "what a neoplasm does, by category; the first line that fits decides",
    "symptom": "codes that say what is felt or found, by prefix",
    "condition": "condition group, by longest prefix",
    "title_phrase": "words that say a side, a trimester or a fetus",
    "market_region": "market region of a country, by the United Nations' sub-region",
    "rate_country": "currency behind a country's name in the list of dollar rates",
}


def page(text: str) -> str:
    """The page with every generated section written anew."""
    sections = {"reference_kinds": _kinds, "reference_codes": _codes, "reference_rules": _rules,
                "code_systems": _systems}  # fmt: skip
    return SECTION.sub(lambda found: f"{found[1]}{sections[found[2]]()}\n{found[3]}", text)


def _kinds() -> str:
    rows = [
        (f"`{kind.name}`", kind.title, kind.forms, _dates(kind), kind.licence)
        for kind in kinds().values()
    ]
    return _table(("kind", "what", "forms that are read", "dated", "licence"), rows)


def _dates(kind: Kind) -> str:
    if kind.year_starts is None:
        return "one release at a time"
    return f"by day; a release named by a year begins {MONTHS[kind.year_starts[0]]}"


def _systems() -> str:
    rows = [
        (f"`{s.code_system}`", s.subject, s.family, s.country_code, "yes" if s.has_ccsr else "")
        for s in code_systems().values()
    ]
    return _table(("code system", "subject", "family", "country", "has CCSR"), rows)


def _codes() -> str:
    rows = [(f"`{code}`", rule.broken, rule.fix) for code, rule in sorted(RULES.items())]
    return _table(("code", "what is wrong", "what helps"), rows)


def _rules() -> str:
    rows = [(f"`{name}.csv`", text, str(len(rules.table(name)))) for name, text in
            RULE_FILES.items()]  # fmt: skip
    return _table(("file", "holds", "lines"), rows)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
