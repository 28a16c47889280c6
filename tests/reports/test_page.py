"""The payor's page: stands alone, repeats to the byte, says what it does not know."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest
import yaml

from expectations.gate import run_gate
from expectations.register import GATES
from pipeline.settings import Settings
from reports.measures import STATUSES
from reports.payor_report import write_report
from reports.summary import lay_out, night_table
from tests.expectations.handmade import PERSONS, execute, make_night, rerun
from tests.reports.test_figures import publish
from warehouse import payor as payors
from warehouse import release
from warehouse.connection import connect
from warehouse.payor_file import Payor

pytestmark = pytest.mark.warehouse


class Tags(HTMLParser):
    """Collects (tag, attributes) and checks that elements close in order."""

    VOID = frozenset({"meta", "br", "rect", "line", "path", "col"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag


@pytest.fixture(scope="module")
def payor(settings: Settings, add_payor: Callable[..., Payor]) -> str:
    """A payor with one release, beside another payor."""
    add_payor("neighbour")
    name = add_payor("page").payor_id
    make_night(settings, name)
    publish(settings, name)
    return name


def page_of(settings: Settings, payor: str, out: Path, shown: int | None = None) -> str:
    return write_report(settings, payor, out, shown).read_text(encoding="utf-8")


def test_the_page_stands_alone(settings: Settings, payor: str, tmp_path: Path) -> None:
    page = page_of(settings, payor, tmp_path)

    tags = Tags(page)
    assert tags.open == []
    names = {tag for tag, _ in tags.tags}
    assert not names & {"script", "link", "img", "iframe", "object", "form"}
    assert not re.search(r"https?:|//[a-z]|@import|url\(|\bon[a-z]+=", page)
    assert ("html", {"lang": "en"}) in tags.tags


def test_what_changed_stands_beside_what_was_published(
    settings: Settings, payor: str, tmp_path: Path
) -> None:
    page = page_of(settings, payor, tmp_path)

    literature = page[page.index('id="literature"') : page.index('id="turnaround"')]
    assert "A study, 2015" in literature
    assert re.search(r"14\.8\s?%", literature)
    treatment = page[page.index('id="treatment"') : page.index('id="literature"')]
    assert all(label in treatment for label in ("Same plan", "Advised against", "Any change"))
    assert "Low reliability" not in page


def test_an_enriched_sample_is_said_so_under_the_title(
    settings: Settings, add_payor: Callable[..., Payor], tmp_path: Path
) -> None:
    """The note is text, never markup; a payor without one says nothing of a sample."""
    plain, sampled = (add_payor(name).payor_id for name in ("plain", "sampled"))
    document = yaml.safe_load((settings.payors_dir / f"{sampled}.yml").read_text())
    path = tmp_path / "sampled.yml"
    path.write_text(yaml.safe_dump(document | {"sample_note": "Enriched sample: <b>few & ill</b>"}))
    payors.add(settings, path)

    header = page_of(settings, sampled, tmp_path / "a").split("</header>")[0]
    assert "Enriched sample: &lt;b&gt;few &amp; ill&lt;/b&gt;" in header.split("</h1>")[1]
    assert 'class="sample"' not in page_of(settings, plain, tmp_path / "b")


def test_tables_and_charts_can_be_read_aloud(
    settings: Settings, payor: str, tmp_path: Path
) -> None:
    page = page_of(settings, payor, tmp_path)

    tags = Tags(page).tags
    tables = [tag for tag, _ in tags].count("table")
    assert tables == [tag for tag, _ in tags].count("caption") > 10
    assert all("scope" in attrs for tag, attrs in tags if tag == "th")
    charts = [attrs for tag, attrs in tags if tag == "svg"]
    assert len(charts) == 3
    assert all(chart["role"] == "img" and chart["aria-label"] for chart in charts)


def test_the_same_release_gives_the_same_bytes(
    settings: Settings, payor: str, tmp_path: Path
) -> None:
    first = write_report(settings, payor, tmp_path / "a").read_bytes()
    second = write_report(settings, payor, tmp_path / "b").read_bytes()

    assert first == second
    assert (tmp_path / "a/figures.json").read_bytes() == (tmp_path / "b/figures.json").read_bytes()


def test_no_other_payor_and_no_person_is_on_the_page(
    settings: Settings, payor: str, tmp_path: Path
) -> None:
    page = page_of(settings, payor, tmp_path)

    with connect(settings, None) as conn:
        others = [
            row[0]
            for row in conn.execute("select payor_id from ops.payor where payor_id <> %s", (payor,))
        ]
    assert others
    assert not [name for name in others if re.search(rf"\b{name}\b", page)]
    assert not [key for key in (*PERSONS.values(), *PERSONS) if re.search(rf"\b{key}\b", page)]


def test_every_status_and_the_whole_ledger_of_figures_are_printed(
    settings: Settings, payor: str, tmp_path: Path
) -> None:
    page = page_of(settings, payor, tmp_path)

    for label in STATUSES.values():
        assert f'<th scope="row">{label}</th>' in page
    for text in ("USD 23,398", "USD 26,400", "23,398.30", "−49,800.00", "Grade E"):
        assert text in page
    assert "Not for individual coverage decisions." in page


def test_a_stopped_night_shows_the_older_one_and_why(
    settings: Settings, add_payor: Callable[..., Payor], tmp_path: Path
) -> None:
    payor = add_payor("stopped").payor_id
    make_night(settings, payor)
    publish(settings, payor)
    rerun(settings, payor, date(2026, 7, 2))
    execute(settings, None, f"update work_{payor}.fct_case_savings set p0 = 1.5, p0_high = 1.6")
    for gate in GATES:
        run_gate(settings, payor, gate)
    with connect(settings, "publisher") as conn:
        release.mark(conn, release.current_run(conn, payor), "blocked", "checks")

    page = page_of(settings, payor, tmp_path)

    assert "The night of 2026-07-02 was not published; these checks stopped it" in page
    assert "This page shows the night of 2026-07-01" in page
    assert "<code>mart_p0_range</code>" in page
    assert "USD 23,398" in page
    assert "mart_p0_range" in night_table(settings, [payor])


@pytest.mark.case(76)
def test_money_of_small_slices_is_not_on_the_page(
    settings: Settings, payor: str, tmp_path: Path
) -> None:
    """The hand-made night has fewer than eleven cases: no slice of it shows what they saved."""
    page = page_of(settings, payor, tmp_path)
    tables = re.findall(r'<table class="slices">.*?</table>', page, flags=re.S)
    rows = [row for table in tables for row in re.findall(r'<tr><th scope="row".*?</tr>', table)]
    assert len(rows) == 3  # one delivery mode, one specialty, one who asked
    assert all("under 11" in row and "26,400" not in row for row in rows)


def test_money_of_open_cohorts_is_not_on_the_page(
    settings: Settings, add_payor: Callable[..., Payor], tmp_path: Path
) -> None:
    payor = add_payor("unripe").payor_id
    make_night(settings, payor)
    for statement in (
        "update {w}.fct_case_savings set maturity = 'open'",
        "update {w}.fct_second_opinion set maturity = 'open' where maturity = 'closed'",
        "update {w}.fct_programme_fee set maturity = 'open'",
        "update {w}.mart_cost_savings set numerator = 0, value = 0, lower = null, upper = null"
        " where maturity = 'closed'",
    ):
        execute(settings, None, statement.replace("{w}", f"work_{payor}"))
    publish(settings, payor)

    page = page_of(settings, payor, tmp_path)

    assert page.count("not estimable yet") > 5
    assert "USD 0" not in page
    assert not [amount for amount in ("35,000", "8,600", "42,400", "51,000") if amount in page]


def test_a_payor_with_claims_only_is_told_so(
    settings: Settings, add_payor: Callable[..., Payor], tmp_path: Path
) -> None:
    payor = add_payor("claimsonly").payor_id
    make_night(settings, payor, with_cases=False)
    publish(settings, payor)

    page = page_of(settings, payor, tmp_path)

    assert "No consultation feed is delivered for this payor." in page
    assert "24 member months of 2 members" in page
    assert "Verified net" not in page.split('id="method"')[0]


def test_a_payor_without_a_release_gets_a_page_that_says_so(
    settings: Settings, add_payor: Callable[..., Payor], tmp_path: Path
) -> None:
    page = page_of(settings, add_payor("empty").payor_id, tmp_path)

    assert Tags(page).open == []
    assert "Nothing is published yet." in page


def test_the_night_table_is_aligned_and_complete(
    settings: Settings, payor: str, add_payor: Callable[..., Payor]
) -> None:
    new = add_payor("fresh").payor_id
    lines = night_table(settings, [payor, new]).splitlines()

    assert lines[0].split() == [payor, new]
    assert {len(line) for line in lines[2:] if line.endswith("not known")} == {len(lines[1])}
    listed = "\n".join(lines)
    for label in (*STATUSES.values(), "Verified net", "Gates PASS"):
        assert label.lower() in listed.lower()
    assert re.search(r"Verified net +USD.23,398\.30 +not known", listed)


def test_a_table_of_one_payor_has_one_column() -> None:
    assert lay_out([("p", {"A": "1", "Long": "22"})]).splitlines() == [
        "       p",
        "--------",
        "A      1",
        "Long  22",
    ]
