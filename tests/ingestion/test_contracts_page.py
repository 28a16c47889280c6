"""The contract that docs/contracts.md builds does what the page says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from ingestion import contract
from ingestion.check import check_file
from ingestion.readers._mapping import FORMS
from pipeline.settings import ROOT

PAGE = (ROOT / "docs" / "contracts.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(csv|yaml|json)\n(.*?)```", PAGE, re.DOTALL)


def block(kind: str) -> str:
    return next(text for found, text in BLOCKS if found == kind)


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The page's file, with the page's contract in a folder of its own."""
    folder = tmp_path / "layouts"
    folder.mkdir()
    (folder / "harbor_claims.yml").write_text(block("yaml"))
    monkeypatch.setenv(contract.OWN_LAYOUTS, str(folder))
    contract.layout_names.cache_clear()
    path = tmp_path / "claims_2026.csv"
    path.write_text(block("csv"))
    yield path
    contract.layout_names.cache_clear()
    contract.load_layout.cache_clear()


@pytest.mark.parametrize("layout", [None, "harbor_claims"])
def test_the_page_tells_the_truth(layout: str | None, file: Path) -> None:
    report = check_file(file, layout).as_json()
    del report["path"]
    assert report == json.loads(block("json"))


@pytest.mark.parametrize(
    ("old", "new", "refused", "held"),
    [
        ("CLAIM_PAID", "PAID", "E-SCHEMA", {}),
        ("20260230;H0001;I10;;250.00;180.00;P;1\n", "2026", "E-TRUNC", {}),
        ("120.00", "1e3", None, {"Q-NUM": 1, "Q-DATE": 1}),
        ("STATUS", "'; drop table x", "E-NAME", {}),
        ("CODE", "{{ x }}", "E-NAME", {}),
    ],
)
def test_what_should_fail_fails(
    old: str, new: str, refused: str | None, held: dict[str, int], file: Path
) -> None:
    file.write_text(file.read_text().replace(old, new, 1))
    report = check_file(file, "harbor_claims")
    assert (report.refused, report.quarantined) == (refused, held)


def test_the_page_names_every_key() -> None:
    layout = yaml.safe_load(block("yaml"))
    assert set(layout) <= {*contract.COMMON, *contract.READ}
    for word in (*contract.COMMON, *contract.READ, *FORMS, *contract.LINKS, *contract.ABSENCE):
        assert f"`{word}`" in PAGE, word


def test_an_own_contract_takes_no_name_of_the_product(file: Path) -> None:
    own = file.parent / "layouts" / "bfd_rif.yml"
    own.write_text("layout: bfd_rif\n")
    assert contract.load_layout("bfd_rif").reader == "mapped"
