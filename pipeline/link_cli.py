"""`second-opinion link …`: what linkage is in doubt about, and the steward's word on it."""

from __future__ import annotations

import argparse
import getpass
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from pipeline.settings import Settings

Emit = Callable[[argparse.Namespace, Any, str], None]


def add(verbs: Any, emit: Emit, table: Callable[[list[dict[str, Any]]], str]) -> None:
    """Registers the verbs. emit, table: how the command line prints."""

    def do_list(settings: Settings, args: argparse.Namespace) -> int:
        from linking import steward

        with _linker(settings) as conn:
            rows = steward.listing(conn, args.payor, args.status)
        emit(args, rows, table(rows))
        return 0

    def do_export(settings: Settings, args: argparse.Namespace) -> int:
        from linking import steward

        with _linker(settings) as conn:
            rows = steward.export(conn, args.payor, args.out, args.by or getpass.getuser())
        emit(args, {"rows": rows}, f"{rows} rows written")
        return 0

    def do_accept(settings: Settings, args: argparse.Namespace) -> int:
        from linking.steward import Decision

        return store(settings, args, [Decision(args.consultation, args.person, "accept")])

    def do_reject(settings: Settings, args: argparse.Namespace) -> int:
        from linking.steward import Decision

        verdict = "reject" if args.person else "no_member"
        return store(settings, args, [Decision(args.consultation, args.person, verdict)])

    def do_record(settings: Settings, args: argparse.Namespace) -> int:
        from linking import steward

        return store(settings, args, steward.read(args.file))

    def store(settings: Settings, args: argparse.Namespace, decisions: Iterable[Any]) -> int:
        from linking import steward

        with _linker(settings) as conn:
            count = steward.record(conn, args.payor, decisions, args.by or getpass.getuser())
        emit(args, {"decisions": count}, f"{count} decisions; the next night obeys them")
        return 0

    group = verbs.group("link", "consultations without a member id: who they may concern")
    listing = verbs.add("list", do_list, "what is in review, without identifiers", group)
    listing.add_argument("--status", choices=("review", "linked", "unlinked"), default="review")
    export = verbs.add("export", do_export, "the review list with identifiers, mode 0600", group)
    export.add_argument("--out", type=Path, required=True, metavar="FILE.csv")
    accept = verbs.add("accept", do_accept, "the consultation concerns this person", group)
    reject = verbs.add("reject", do_reject, "not this person; without one: no member", group)
    record = verbs.add("record", do_record, "the decisions of an exported file", group)
    record.add_argument("file", type=Path, metavar="FILE.csv")
    for verb in (accept, reject):
        verb.add_argument("--consultation", required=True, metavar="ID")
        verb.add_argument("--person", required=verb is accept, metavar="PERSON_KEY")
    for verb in (listing, export, accept, reject, record):
        verb.add_argument("--payor", required=True, metavar="P", help="the payor's id")
    for verb in (export, accept, reject, record):
        verb.add_argument("--by", metavar="NAME", help="who decides; default: your login")


def _linker(settings: Settings) -> Any:
    from warehouse import connection

    return connection.connect(settings, role="linker")
