"""`adjudicate list` and `adjudicate record`: cases for readers out, their classes back in.

The worklist does not show the machine's class: who has seen it is no second reader.
"""

from __future__ import annotations

import argparse
import csv
import io
from dataclasses import asdict
from typing import Any

import psycopg
from psycopg.rows import dict_row

from evaluation.double_read import Opinion, reading_plan
from evaluation.plan import load_plan
from pipeline.private import write_private
from pipeline.settings import Settings
from warehouse import adjudications, connection

DISPUTE = "dispute"
WORKLIST = (
    "consultation_id", "quarter", "why", "reads", "reads_wanted", "delivered_date", "specialty",
    "initial_code_system", "initial_code", "final_code_system", "final_code",
)  # fmt: skip
PUBLISHED = """
    select
        o.consultation_id,
        to_char(o.delivered_date, 'YYYY-"Q"Q') as quarter,
        o.delivered_date,
        o.specialty,
        d.initial_code_system,
        d.initial_code,
        d.final_code_system,
        d.final_code,
        d.machine_class,
        d.is_behaviour_flip as is_flip,
        d.is_cross_variant,
        d.is_always_double_read as is_always,
        coalesce(a.reads, 0) as reads,
        coalesce(a.is_disputed, false) as is_disputed,
        coalesce(a.adjudicator_role = 'adjudicator', false) as is_settled
    from bi.fct_second_opinion as o
    inner join bi.fct_diagnosis_change as d
        on o.payor_id = d.payor_id and o.case_key = d.case_key
    left join ops.adjudicated as a
        on
            d.payor_id = a.payor_id
            and d.case_key = a.case_key
            and d.opinion_pair = a.opinion_pair
    where o.payor_id = %s and o.delivered_date is not null and d.initial_code is not null
    order by o.delivered_date, o.consultation_id
"""


def worklist(conn: psycopg.Connection, payor: str) -> list[dict[str, Any]]:
    """What is to be read of the visible release, oldest opinion first.

    Two reads of every case of the plan, and an adjudicator's where they differ.
    """
    plan = load_plan()
    rows = conn.cursor(row_factory=dict_row).execute(PUBLISHED, (payor,)).fetchall()
    chosen = reading_plan(
        [
            Opinion(
                row["consultation_id"],
                row["quarter"],
                row["machine_class"],
                bool(row["is_flip"]),
                bool(row["is_cross_variant"]),
                bool(row["is_always"]),
            )
            for row in rows
        ],
        plan.double_read_share,
        plan.double_read_minimum,
        plan.double_read_seed,
    )
    return [line for row in rows if (line := _line(row, chosen.get(row["consultation_id"])))]


def _line(row: dict[str, Any], why: str | None) -> dict[str, Any] | None:
    if row["is_settled"] or not (why or row["is_disputed"]):
        return None
    wanted = row["reads"] + 1 if row["is_disputed"] else 2
    if row["reads"] >= wanted:
        return None
    asked = {**row, "why": DISPUTE if row["is_disputed"] else why, "reads_wanted": wanted}
    return {name: asked[name] for name in WORKLIST}


def as_csv(rows: list[dict[str, Any]]) -> str:
    """The worklist with empty columns for the reader."""
    out = io.StringIO()
    writer = csv.DictWriter(out, (*WORKLIST, *adjudications.FILLED), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def do_list(settings: Settings, args: argparse.Namespace) -> tuple[Any, str]:
    """The worklist on stdout, or as a private file with --out."""
    with connection.connect(settings, role="reporter") as conn:
        rows = worklist(conn, args.payor)
    if args.out is None:
        return rows, as_csv(rows).rstrip("\n")
    write_private(args.out, as_csv(rows).encode())
    return {"file": str(args.out), "cases": len(rows)}, f"{len(rows)} cases in {args.out}"


def do_record(settings: Settings, args: argparse.Namespace) -> tuple[Any, str]:
    """Take a filled worklist in."""
    with connection.connect(settings, role="publisher") as conn:
        done = adjudications.record(conn, args.payor, args.file)
    text = f"{done.recorded} reads recorded, {done.known} known before, {done.open} rows still open"
    return asdict(done), f"{text}; the next night restates their cases"
