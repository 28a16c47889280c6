"""docs/reference.md says what the loaders do."""

from __future__ import annotations

from ingestion.docs import SECTION
from warehouse.codebook import docs, rules
from warehouse.codebook.errors import RULES
from warehouse.codebook.kinds import code_systems, kinds
from warehouse.codebook.read import READERS
from warehouse.codebook.write import WRITERS

TEXT = docs.PAGE.read_text(encoding="utf-8")


def test_the_page_is_up_to_date() -> None:
    assert len(SECTION.findall(TEXT)) == 4
    assert docs.page(TEXT) == TEXT, "run python -m warehouse.codebook.docs"


def test_the_page_names_every_kind_system_code_and_rule() -> None:
    for name in (*kinds(), *code_systems(), *RULES):
        assert f"| `{name}` |" in TEXT
    for path in rules.FOLDER.glob("*.csv"):
        assert f"| `{path.name}` |" in TEXT


def test_every_kind_has_a_reader_and_a_writer() -> None:
    assert {kind.form for kind in kinds().values()} == set(READERS)
    assert {kind.target for kind in kinds().values()} == set(WRITERS)
