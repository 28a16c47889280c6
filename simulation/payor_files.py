"""The payor's own files: its description and the bridge of its procedure codes."""

from __future__ import annotations

import csv
from pathlib import Path

import yaml

from simulation.families import bridge_rows
from simulation.layouts import CORE_FEEDS
from simulation.parameters import CONTRACT_START
from simulation.profiles import Profile

BRIDGE_COLUMNS = (
    "code_system",
    "code_prefix",
    "family_id",
    "extent_rank",
    "laterality",
    "excluded_qualifier",
    "effective_from",
    "effective_to",
    "licence_class",
)
CONTRACT_MONTHS = 48
RUNOUT_MONTHS = 3


def write_payor(
    folder: Path, profile: Profile, hidden: tuple[str, ...] = (), sample_note: str = ""
) -> None:
    """Write `<payor>.yml`, with the note if there is one, and the bridge beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    bridge = f"{profile.payor}_procedures.csv"
    content = _description(profile, bridge)
    if sample_note:
        content["sample_note"] = sample_note
    text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True)
    (folder / f"{profile.payor}.yml").write_text(text, encoding="utf-8")
    _write_bridge(folder / bridge, profile, hidden)


def _description(profile: Profile, bridge: str) -> dict[str, object]:
    return {
        "payor": profile.payor,
        "name": profile.name,
        "country": profile.country,
        "region": profile.region,
        "currency": profile.currency,
        "time_zone": profile.time_zone,
        "runout_months": RUNOUT_MONTHS,
        "member_month_rule": "any_day",
        "service_code_system": profile.service_system,
        "procedure_bridge": bridge,
        "adjustments": profile.adjustments,
        "service_date_grain": "quarter" if profile.quarter_grain else "day",
        "feeds": {feed: profile.layout_of(feed) for feed in CORE_FEEDS},
        "fees": {
            "pepm": profile.pepm,
            "implementation": profile.implementation,
            "contract_start": CONTRACT_START,
            "contract_months": CONTRACT_MONTHS,
        },
    }


def _write_bridge(path: Path, profile: Profile, hidden: tuple[str, ...]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(BRIDGE_COLUMNS)
        for row in bridge_rows(profile.service_system, (*profile.hidden_families, *hidden)):
            writer.writerow(
                (
                    row.code_system,
                    row.prefix,
                    row.family_id,
                    0,  # these codes do not say how much was done
                    row.laterality,
                    row.excluded_qualifier,
                    "2000-01-01",
                    "",
                    "fictitious",
                )
            )
