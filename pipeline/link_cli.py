"""The `link` verbs: what linkage is in doubt about, and the steward's word on it."""

from __future__ import annotations

import argparse
import getpass
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pipeline.settings import Settings


def do_list(settings: Settings, args: argparse.Namespace) -> int:
    from linking import steward

    with _linker(settings) as conn:
        return _print(args, steward.listing(conn, args.payor, args.status))


def do_members(settings: Settings, args: argparse.Namespace) -> int:
    from linking import steward

    with _linker(settings) as conn:
        return _print(args, steward.doubtful_members(conn, args.payor))


def do_export(settings: Settings, args: argparse.Namespace) -> int:
    from linking import steward

    with _linker(settings) as conn:
        rows = steward.export(conn, args.payor, args.out, _who(args))
    return _print(args, {"rows": rows})


def do_accept(settings: Settings, args: argparse.Namespace) -> int:
    from linking.steward import Decision

    return _record(settings, args, [Decision(args.consultation, args.person, "accept")])


def do_reject(settings: Settings, args: argparse.Namespace) -> int:
    from linking.steward import Decision

    verdict = "reject" if args.person else "no_member"
    return _record(settings, args, [Decision(args.consultation, args.person, verdict)])


def do_record(settings: Settings, args: argparse.Namespace) -> int:
    from linking import steward

    return _record(settings, args, steward.read(args.file))


def _record(settings: Settings, args: argparse.Namespace, decisions: Iterable[Any]) -> int:
    from linking import steward

    with _linker(settings) as conn:
        return _print(args, {"decisions": steward.record(conn, args.payor, decisions, _who(args))})


def _who(args: argparse.Namespace) -> str:
    return str(args.by or getpass.getuser())


def _linker(settings: Settings) -> Any:
    from warehouse import connection

    return connection.connect(settings, role="linker")


def _print(args: argparse.Namespace, data: Any) -> int:
    """JSON, or one line per row with its filled fields."""
    rows = data if isinstance(data, list) else [data]
    lines = ("  ".join(f"{k} {v}" for k, v in row.items() if v is not None) for row in rows)
    print(json.dumps(data, indent=2, default=str) if args.json else "\n".join(lines) or "nothing")
    return 0


def add_verbs(verbs: Any) -> None:
    """Registers the group `link`."""
    group = verbs.group("link", "consultations without a member id: who they may concern")
    listing = verbs.add("list", do_list, "what is in review, without identifiers", group)
    listing.add_argument("--status", choices=("review", "linked", "unlinked"), default="review")
    members = verbs.add("members", do_members, "members with two ids, ids of two people", group)
    export = verbs.add("export", do_export, "the review list with identifiers, mode 0600", group)
    export.add_argument("--out", type=Path, required=True, metavar="FILE.csv")
    accept = verbs.add("accept", do_accept, "the consultation concerns this person", group)
    reject = verbs.add("reject", do_reject, "not this person; without one: no member", group)
    record = verbs.add("record", do_record, "the decisions of an exported file", group)
    record.add_argument("file", type=Path, metavar="FILE.csv")
    for verb in (accept, reject):
        verb.add_argument("--consultation", required=True, metavar="ID")
        verb.add_argument("--person", required=verb is accept, metavar="PERSON_KEY")
    for verb in (listing, members, export, accept, reject, record):
        verb.add_argument("--payor", required=True, metavar="P", help="the payor's id")
    for verb in (export, accept, reject, record):
        verb.add_argument("--by", metavar="NAME", help="who decides; default: your login")
