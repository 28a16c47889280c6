"""`second-opinion`: every verb of the product.

Exit codes: 0 done, 1 failed, 2 wrong call, 3 blocked by a gate.
"""

from __future__ import annotations

import argparse
import datetime
import json
import signal
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pipeline import link_cli, reference_cli, steward
from pipeline.errors import describe
from pipeline.settings import Settings, load_settings

Handler = Callable[[Settings, argparse.Namespace], int]


def _emit(args: argparse.Namespace, data: Any, text: str) -> None:
    """Machine output on stdout with --json, else the text."""
    print(json.dumps(data, indent=2, default=str) if args.json else text)


def _table(rows: list[dict[str, Any]]) -> str:
    """Rows as an aligned table; 'nothing' when there are none."""
    if not rows:
        return "nothing"
    heads = list(rows[0])
    cells = [[("" if r[h] is None else str(r[h])) for h in heads] for r in rows]
    widths = [max(len(h), *(len(c[i]) for c in cells)) for i, h in enumerate(heads)]
    lines = [heads, *cells]
    return "\n".join(
        "  ".join(v.ljust(w) for v, w in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def require_payor(settings: Settings, who: str) -> None:
    """Raises UnknownPayorError: a mistyped id must not look like an empty answer."""
    from warehouse import payor

    payor.get(settings, who)


def do_init(settings: Settings, args: argparse.Namespace) -> int:
    from warehouse.migrate import init

    init(settings)
    _emit(args, {"home": str(settings.home)}, f"warehouse ready under {settings.home}")
    return 0


def do_payor_add(settings: Settings, args: argparse.Namespace) -> int:
    from warehouse import payor

    added = payor.add(settings, args.file)
    _emit(args, {"payor": added.payor_id}, f"payor {added.payor_id} is onboarded")
    return 0


def do_payor_list(settings: Settings, args: argparse.Namespace) -> int:
    from warehouse import payor

    rows = [
        {
            "payor": p.payor_id,
            "country": p.country_code,
            "currency": p.currency_code,
            "feeds": len(p.feeds),
        }
        for p in payor.list_payors(settings)
    ]
    _emit(args, rows, _table(rows))
    return 0


def do_simulate(settings: Settings, args: argparse.Namespace) -> int:
    from simulation import simulate

    def progress(who: str, done: int, members: int) -> None:
        print(f"{who}: {done} of {members} members", file=sys.stderr, flush=True)

    summary = simulate(
        args.out,
        payors=args.payors,
        members=args.members,
        nights=args.nights,
        seed=args.seed,
        progress=progress,
    )
    _emit(args, {"out": str(args.out)}, str(summary))
    return 0


def do_check(settings: Settings, args: argparse.Namespace) -> int:
    from ingestion.check import check_paths

    reports = check_paths(args.paths, layout=args.layout)
    refused = False
    for report in reports:
        refused = refused or report.refused is not None
        print(json.dumps(report.as_json()) if args.json else report.as_text())
    return 1 if refused else 0


def do_receive(settings: Settings, args: argparse.Namespace) -> int:
    import ingestion
    import ingestion.parts
    from pipeline.night import require_present
    from warehouse import connection

    # a delivery by hand is dated by the day it is handed over
    date = args.date or datetime.date.today()
    require_present(date, datetime.date.today(), args.allow_future)
    refused = False
    with closing(connection.connect2(settings, role="loader")) as conn:
        for path in args.paths:
            got = ingestion.receive(conn, args.payor, args.feed, args.layout, path, date)
            refused = refused or got.state in ("refused", "held")
            if got.state in ("refused", "held") or got.quarantined:
                steward.keep(settings, args.payor, args.feed, path, got.alias)
            print(json.dumps(got.as_json(), default=str) if args.json else got.as_text())
        ingestion.parts.finish(conn, args.payor)
    return 1 if refused else 0


def do_night(settings: Settings, args: argparse.Namespace) -> int:
    from pipeline import night

    night.require_present(args.date, datetime.date.today(), args.allow_future)
    try:
        for step in night.run_night(settings, args.payor, args.date):
            print(step.line(), file=sys.stderr if args.json else sys.stdout, flush=True)
    except Exception as error:
        print(describe(error), file=sys.stderr)
        _emit(args, night.outcome(settings, args.payor), "not published")
        return 3
    _emit(args, night.outcome(settings, args.payor), "done")
    return 0


def do_figures(settings: Settings, args: argparse.Namespace) -> int:
    from reports.figures import figures, figures_json, figures_text
    from reports.source import reader_role
    from warehouse import connection

    with connection.connect(settings, role=reader_role(args.release)) as conn:
        found = figures(conn, args.payor, release=args.release)
    print(figures_json(found) if args.json else figures_text(found))
    return 0


def do_releases(settings: Settings, args: argparse.Namespace) -> int:
    from warehouse import connection, release

    with connection.connect(settings, role="publisher") as conn:
        rows = [asdict(r) for r in release.releases(conn, args.payor)]
    _emit(args, rows, _table(rows))
    return 0


def do_rollback(settings: Settings, args: argparse.Namespace) -> int:
    from warehouse import connection, release

    with connection.connect(settings, role="publisher") as conn:
        release.rollback(conn, args.payor, args.to)
    _emit(args, {"payor": args.payor, "release": args.to}, f"{args.payor} shows release {args.to}")
    return 0


def _answer(verb: steward.Verb) -> Handler:
    """A handler that says what the verb found, rows as a table."""

    def handle(settings: Settings, args: argparse.Namespace) -> int:
        code, data, text = verb(settings, args)
        _emit(args, data, text or _table(data))
        return code

    return handle


def do_adjudicate(settings: Settings, args: argparse.Namespace) -> int:
    from pipeline import adjudicate

    act = adjudicate.do_list if args.adjudicate_verb == "list" else adjudicate.do_record
    _emit(args, *act(settings, args))
    return 0


def do_report(settings: Settings, args: argparse.Namespace) -> int:
    from reports.payor_report import write_report

    path = write_report(settings, args.payor, args.out, release=args.release)
    _emit(args, {"report": str(path)}, str(path))
    return 0


def do_db(settings: Settings, args: argparse.Namespace) -> int:
    from warehouse import server

    if args.action == "start":
        server.ensure_running(settings)
    elif args.action == "stop":
        server.stop(settings)
    found = server.status(settings)
    state = "running" if found.running else "stopped"
    data = {"status": state, "host": found.host, "port": found.port, "pid": found.pid}
    _emit(args, data, f"{state} on {found.host}:{found.port}")
    return 0


def do_doctor(settings: Settings, args: argparse.Namespace) -> int:
    from pipeline.doctor import examine

    findings = examine(settings)
    _emit(args, findings, _table(findings))
    return 0 if all(f["state"] == "ok" for f in findings) else 1


def _masked(address: Any) -> str:
    return str(address.render_as_string(hide_password=True))


def do_up(settings: Settings, args: argparse.Namespace) -> int:
    from pipeline import airflow_stack, demo
    from warehouse import connection
    from warehouse.migrate import init

    init(settings)
    airflow_stack.start(settings)
    where = airflow_stack.address(settings)
    data = {
        "airflow": where.url,
        "user": where.user,
        "password_file": str(settings.airflow_home / "passwords.json"),
        "warehouse": _masked(connection.admin_url(settings)),
    }
    text = (
        f"Airflow    {where.url}  user {where.user}, password in {data['password_file']}\n"
        f"warehouse  {data['warehouse']}\n"
        f"demo       world in {demo.world_dir(settings)}\n"
        "stop with  make down"
    )
    _emit(args, data, text)
    if args.wait:
        ending = {signal.SIGINT, signal.SIGTERM}
        signal.pthread_sigmask(signal.SIG_BLOCK, ending)
        signal.sigwait(ending)
        demo.stop_everything(settings)
    return 0


def do_down(settings: Settings, args: argparse.Namespace) -> int:
    from pipeline import demo

    demo.stop_everything(settings)
    return 0


def do_demo_night(settings: Settings, args: argparse.Namespace) -> int:
    from pipeline import demo

    return demo.night(settings, args.date.isoformat() if args.date else None)


class _Verbs:
    """Builds the parser; each verb is one call."""

    def __init__(self) -> None:
        self.parser = argparse.ArgumentParser(
            prog="second-opinion",
            description="What medical second opinions changed and saved, from the payor's claims.",
        )
        self.verbs = self.parser.add_subparsers(dest="verb", required=True, metavar="VERB")

    def add(
        self, name: str, handler: Handler, text: str, group: Any | None = None
    ) -> argparse.ArgumentParser:
        verb: argparse.ArgumentParser = (group or self.verbs).add_parser(
            name, help=text, description=text
        )
        verb.add_argument("--json", action="store_true", help="machine output on stdout")
        verb.set_defaults(handler=handler)
        return verb

    def group(self, name: str, text: str) -> Any:
        parent = self.verbs.add_parser(name, help=text, description=text)
        return parent.add_subparsers(dest=f"{name}_verb", required=True, metavar="VERB")


def _date(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)


def _payor_argument(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--payor", required=True, metavar="P", help="the payor's id")


def _future_argument(verb: argparse.ArgumentParser) -> None:
    verb.add_argument(
        "--allow-future", action="store_true", help="take a date beyond tomorrow all the same"
    )


def _add_set_up(v: _Verbs) -> None:
    v.add("init", do_init, "create or migrate the warehouse (embedded unless a URL is set)")
    payors = v.group("payor", "onboard and list payors")
    add = v.add("add", do_payor_add, "onboard a payor from its YAML file", payors)
    add.add_argument("file", type=Path, metavar="FILE.yml")
    v.add("list", do_payor_list, "list onboarded payors", payors)
    simulate = v.add("simulate", do_simulate, "write a seeded world: files per night and the truth")
    simulate.add_argument("--out", type=Path, required=True, metavar="DIR")
    for name, default, text in (
        ("--payors", 3, "number of payors"),
        ("--members", 5000, "members of each payor"),
        ("--nights", 4, "nights of deliveries"),
        ("--seed", 20260701, "same seed, same bytes"),
    ):
        simulate.add_argument(name, type=int, default=default, metavar="N", help=text)


def _add_files(v: _Verbs) -> None:
    check = v.add("check", do_check, "validate files without a database")
    check.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    check.add_argument("--layout", metavar="NAME", help="expected layout; recognised when absent")
    receive = v.add("receive", do_receive, "take files in; one outcome per file")
    _payor_argument(receive)
    receive.add_argument("--feed", required=True, metavar="F")
    receive.add_argument("--layout", required=True, metavar="NAME")
    receive.add_argument(
        "--date",
        type=_date,
        metavar="YYYY-MM-DD",
        help="business date of the delivery; default today",
    )
    _future_argument(receive)
    receive.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    quarantine = v.group(
        "quarantine", "held files and rows left out: see, release, replay, withdraw"
    )
    steward.add_verbs(v.add, quarantine, _answer)


def _add_nights(v: _Verbs) -> None:
    night = v.add("night", do_night, "all steps for one payor, in process")
    _payor_argument(night)
    night.add_argument("--date", type=_date, required=True, metavar="YYYY-MM-DD")
    _future_argument(night)
    figures = v.add("figures", do_figures, "headline figures of the visible or a given release")
    releases = v.add("releases", do_releases, "published releases")
    rollback = v.add("rollback", do_rollback, "show an earlier release")
    report = v.add("report", do_report, "write the payor report")
    for verb in (figures, releases, rollback, report):
        _payor_argument(verb)
    for verb in (figures, report):
        verb.add_argument("--release", type=int, metavar="R", help="default: the visible one")
    rollback.add_argument("--to", type=int, required=True, metavar="R")
    report.add_argument("--out", type=Path, required=True, metavar="DIR")


def _add_operations(v: _Verbs) -> None:
    db = v.add("db", do_db, "the embedded server")
    db.add_argument("action", choices=("start", "stop", "status"))
    up = v.add("up", do_up, "Airflow UI, scheduler and warehouse on 127.0.0.1")
    up.add_argument("--wait", action="store_true", help="stay until stopped, then stop everything")
    v.add("down", do_down, "stop Airflow and the warehouse")
    v.add("doctor", do_doctor, "what is installed, reachable, stale or misconfigured")
    demo = v.group("demo", "the demo payors")
    night = v.add("night", do_demo_night, "one complete demo night through Airflow", demo)
    night.add_argument(
        "--date",
        type=_date,
        metavar="YYYY-MM-DD",
        help="default: the last night done, else the first",
    )


def _add_reading(v: _Verbs) -> None:
    group = v.group("adjudicate", "cases that people classify again")
    listing = v.add("list", do_adjudicate, "cases to read, as a CSV to fill in", group)
    _payor_argument(listing)
    listing.add_argument("--out", type=Path, metavar="FILE", help="a private file; default stdout")
    record = v.add("record", do_adjudicate, "take a filled CSV in: all of it or nothing", group)
    _payor_argument(record)
    record.add_argument("file", type=Path, metavar="FILE.csv")


def build_parser() -> argparse.ArgumentParser:
    """The whole command line."""
    verbs = _Verbs()
    for add in (
        _add_set_up,
        _add_files,
        reference_cli.add_verbs,
        link_cli.add_verbs,
        _add_nights,
        _add_reading,
        _add_operations,
    ):
        add(verbs)
    return verbs.parser


def main(argv: list[str] | None = None) -> int:
    """Entry point; errors are one line on stderr without data values."""
    args = build_parser().parse_args(argv)
    handler: Handler = args.handler
    try:
        settings = load_settings()
        if getattr(args, "payor", None):
            require_payor(settings, args.payor)
        return handler(settings, args)
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        print(describe(error), file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
