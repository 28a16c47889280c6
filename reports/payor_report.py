"""The payor's page: one HTML file that needs nothing else, the same bytes for the same release."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pipeline.private import private_folder, write_private
from pipeline.settings import Settings
from reports import changes, wording
from reports.figures import figures_json
from reports.page import Page, read_page, signed
from reports.source import open_source, reader_role
from reports.tables import CLAIM_COLUMNS, SLICE_COLUMNS, SLICES
from warehouse.connection import connect

TEMPLATES = Path(__file__).resolve().parent / "templates"
SMALL = 11
REASON_TEXT = {
    "not_in_eligibility": "member not in the eligibility feed",
    "not_covered_at_opinion": "member not covered on the day of the opinion",
    "consent_withdrawn": "consent withdrawn",
    "family_unknown": "procedure of no known family",
    "no_procedure_code_seen": "no procedure codes in this payor's claims",
    "code_system_without_bridge": "procedure not visible in this payor's claim codes",
    "too_few_intended": "too few intended procedures to know what claims show",
    "intended_not_shown": "claims show too few of the intended procedures",
    "rate_out_of_range": "procedure's rate in claims is outside the region's range",
    "no_basis": "no price of comparable episodes yet",
    "performed_before_opinion": "already performed before the opinion",
    "not_observed_to_window_end": "coverage ended before the window did",
    "unverifiable": "not verifiable from claims",
    "not_stated": "reason not stated",
    "older_than_head": "it is older than the newest release",
}
CODE_TEXT = {
    "hospital_clinic": "Hospital or clinic",
    "insurer_payor": "Insurer or payor",
    "online_virtual": "Online or virtual",
    "single_specialty": "Single-specialty",
    "none": "No proposed procedure",
}
GATE_NAMES = {"raw": "Raw", "intermediate": "Intermediate", "marts": "Marts"}


def write_report(settings: Settings, payor: str, out_dir: Path, release: int | None = None) -> Path:
    """Write report.html and figures.json for the current or a given release; the page's path.

    A payor without a release gets a page that says so. Raises UnknownPayor, UnknownRelease.
    """
    with connect(settings, reader_role(release)) as conn:
        # One snapshot: a night that publishes meanwhile never mixes two releases on a page.
        conn.execute("set transaction isolation level repeatable read, read only")
        page = read_page(open_source(conn, payor, release))
    private_folder(out_dir)
    path = out_dir / "report.html"
    _replace(path, render(page))
    _replace(out_dir / "figures.json", figures_json(page.figures.values()) + "\n")
    return path


def render(page: Page) -> str:
    """The page as HTML."""
    return (
        _environment()
        .get_template("report.html")
        .render(
            page=page,
            figures=page.figures,
            health=page.health,
            currency=page.currency,
            release=page.health.release,
            slice_titles=SLICES,
            slice_columns=SLICE_COLUMNS,
            claim_columns=CLAIM_COLUMNS,
            gate_names=GATE_NAMES,
            small=SMALL,
            crossed_slices=changes.CROSSED,
            agreement_measures=changes.AGREEMENT,
            change_reasons=changes.REASONS,
            treatments=changes.TREATMENTS,
            benchmark_measures=changes.MEASURES,
        )
    )


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        number=wording.number,
        share=wording.share,
        money=wording.money,
        day=wording.day,
        amount=wording.amount,
        interval=wording.interval,
        words=words,
        because=lambda code: REASON_TEXT.get(code, words(code)),
        is_known=lambda value: value is not None,
        enough=changes.enough,
    )
    environment.globals.update(signed=signed, zero=Decimal(0))
    return environment


def words(code: str | None) -> str:
    """A code as words: `payor_mandated` -> `Payor mandated`."""
    if not code:
        return "Not stated"
    if code in CODE_TEXT:
        return CODE_TEXT[code]
    text = code.replace("_", " ").strip()
    return text[:1].upper() + text[1:]


def _replace(path: Path, text: str) -> None:
    """Readers see the old file or the new one, never half of it; others see nothing."""
    write_private(path, text.encode())
