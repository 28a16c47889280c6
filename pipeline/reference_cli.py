"""The `reference` verbs: take in, list and look up code systems, groupings and rates."""

from __future__ import annotations

import argparse
import datetime
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pipeline.settings import Settings


def do_load(settings: Settings, args: argparse.Namespace) -> int:
    from warehouse import connection
    from warehouse.codebook.load import load

    with connection.connect(settings) as conn:
        found = load(conn, args.kind, args.release, args.file, args.valid_from, args.valid_to)
    data = asdict(found)
    text = (
        f"{found.kind} {found.release}: {found.state}, {found.rows} rows, {found.skipped} skipped,"
        f" valid {found.valid_from} to {found.valid_to or 'further notice'}\n"
        f"sha256 {found.sha256}\n"
        f"figures to restate: {', '.join(found.payors) or 'none'}"
    )
    return _print(args, data, text)


def do_list(settings: Settings, args: argparse.Namespace) -> int:
    from warehouse import connection
    from warehouse.codebook import look_up

    with connection.connect(settings, "reporter") as conn:
        rows = look_up.releases(conn, args.kind)
    return _print(args, rows, _lines(rows))


def do_show(settings: Settings, args: argparse.Namespace) -> int:
    from warehouse import connection
    from warehouse.codebook import look_up
    from warehouse.codebook.kinds import kinds

    kind = kinds()[args.kind]
    facts = {"kind": kind.name, "title": kind.title, "forms": kind.forms, "licence": kind.licence}
    with connection.connect(settings, "reporter") as conn:
        releases = look_up.releases(conn, kind.name)
        codes = look_up.codes(conn, kind, args.code) if args.code else []
    text = f"{kind.name}: {kind.title}\nforms    {kind.forms}\nlicence  {kind.licence}"
    tables = [_lines(releases), *([_lines(codes)] if args.code else [])]
    _print(args, facts | {"releases": releases, "codes": codes}, "\n\n".join((text, *tables)))
    return 1 if args.code and not codes else 0


def do_pinned(settings: Settings, args: argparse.Namespace) -> int:
    from warehouse import connection
    from warehouse.codebook import look_up

    with connection.connect(settings, "reporter") as conn:
        found = look_up.pinned(conn, args.payor, args.release)
    rows = [
        {"kind": kind, "release": release, "validity and checksum": words}
        for kind, releases in sorted(found.items())
        for release, words in sorted(releases.items())
    ]
    return _print(args, found, _lines(rows))


def add_verbs(v: Any) -> None:
    """Add the group to the command line. v: the builder of `pipeline.cli`."""
    from warehouse.codebook.kinds import kinds

    names = sorted(kinds())
    group = v.group("reference", "code systems, groupings and rates: dated, versioned, checked")
    load = v.add("load", do_load, "take in a publisher's file as a release", group)
    load.add_argument("--kind", required=True, choices=names, metavar="KIND", help=", ".join(names))
    load.add_argument(
        "--release", required=True, metavar="R", help="its name, as FY2024 or v2023.1"
    )
    for name, text in (
        ("--valid-from", "first day; default: from the year in the release's name"),
        ("--valid-to", "last day; default: until the next release"),
    ):
        load.add_argument(name, type=_date, metavar="YYYY-MM-DD", help=text)
    load.add_argument("file", type=Path, metavar="FILE")
    listing = v.add("list", do_list, "releases that are loaded", group)
    listing.add_argument("--kind", choices=names, metavar="KIND")
    show = v.add("show", do_show, "a kind: its forms, licence, releases, and single codes", group)
    show.add_argument("--kind", required=True, choices=names, metavar="KIND")
    show.add_argument("--code", metavar="CODE", help="everything that is known of it, by date")
    pinned = v.add("pinned", do_pinned, "what a release of a payor's figures was made with", group)
    pinned.add_argument("--payor", required=True, metavar="P", help="the payor's id")
    pinned.add_argument("--release", type=int, metavar="R", help="default: the visible one")


def _print(args: argparse.Namespace, data: Any, text: str) -> int:
    print(json.dumps(data, indent=2, default=str) if args.json else text)
    return 0


def _lines(rows: list[dict[str, Any]]) -> str:
    from pipeline.cli import _table

    return _table([{name: _cell(value) for name, value in row.items()} for row in rows])


def _cell(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, Mapping | list) else value


def _date(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)
