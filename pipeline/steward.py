"""The steward's verbs on the command line: `second-opinion quarantine …`."""

from __future__ import annotations

import argparse
import datetime
import filecmp
import getpass
import os
import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from pipeline.private import FILE, private_folder
from pipeline.settings import Settings

Answer = tuple[int, Any, str]
Verb = Callable[[Settings, argparse.Namespace], Answer]


def _desk(settings: Settings) -> Any:
    from warehouse import connection

    return closing(connection.connect2(settings, role="loader"))


def _decision(args: argparse.Namespace) -> Any:
    from ingestion.steward import Decision

    # the clock and the login are read here, at the edge, and nowhere further in
    return Decision(args.by or _login(), datetime.datetime.now(datetime.UTC), args.reason)


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


def listing(settings: Settings, args: argparse.Namespace) -> Answer:
    from ingestion import steward

    with _desk(settings) as conn:
        rows = steward.items(conn, args.payor, args.refused)
    return 0, rows, ""


def show(settings: Settings, args: argparse.Namespace) -> Answer:
    from ingestion import steward

    with _desk(settings) as conn:
        found = steward.details(conn, args.payor, args.receipt)
    return 0, found, _details_text(found)


def _details_text(found: dict[str, Any]) -> str:
    lists = ("records", "decisions", "rules")
    lines = [f"{name:<16} {value}" for name, value in found.items()
             if name not in lists and value is not None]  # fmt: skip
    for code, rule in found["rules"].items():
        lines.append(f"[{code}] {rule['rule']}; expected {rule['expected']}. Fix: {rule['fix']}.")
    for row in found["records"]:
        lines.append(
            f"line {row['line']} field {row['field'] or '-'} [{row['code']}] {row['state']}"
        )
    for row in found["decisions"]:
        when = row["acted_at"].isoformat(timespec="seconds")
        what = " ".join(filter(None, (row["action"], row["detail"])))
        lines.append(f"{when} {row['actor']}: {what} ({row['reason']})")
    return "\n".join(lines)


def release(settings: Settings, args: argparse.Namespace) -> Answer:
    from ingestion import steward

    with _desk(settings) as conn:
        steward.release(conn, args.payor, args.receipt, args.admit, _decision(args))
    data = {"receipt_id": args.receipt, "state": "received", "as": args.admit}
    return 0, data, f"receipt {args.receipt} is admitted; the next night loads it"


def withdraw(settings: Settings, args: argparse.Namespace) -> Answer:
    from ingestion import steward

    with _desk(settings) as conn:
        word = steward.take_out(conn, args.payor, args.receipt, args.record, _decision(args))
    data = {"receipt_id": args.receipt, "record": args.record, "state": word}
    what = f"receipt {args.receipt}" + (f" record {args.record}" if args.record else "")
    return 0, data, f"{what} is {word}; the next night publishes without it"


def restore(settings: Settings, args: argparse.Namespace) -> Answer:
    from ingestion import steward

    with _desk(settings) as conn:
        word = steward.put_back(conn, args.payor, args.receipt, args.record, _decision(args))
    data = {"receipt_id": args.receipt, "record": args.record, "state": word}
    what = f"receipt {args.receipt}" + (f" record {args.record}" if args.record else "")
    return 0, data, f"{what} is {word}; the next night publishes with it"


def replay(settings: Settings, args: argparse.Namespace) -> Answer:
    from ingestion import steward
    from ingestion.outcome import Outcome

    with _desk(settings) as conn:
        path = steward.file_of(conn, args.payor, args.receipt, settings.landing, args.file)
        done = steward.replay(conn, args.payor, args.receipt, path, _decision(args))
    if isinstance(done, Outcome):
        return (0 if done.state == "loaded" else 1), done.as_json(), done.as_text()
    data = {
        "receipt_id": args.receipt,
        "taken_in": done.taken_in,
        "quarantined": done.still_quarantined,
    }
    text = f"{done.taken_in} rows taken in, {done.still_quarantined} still quarantined"
    return 0, data, text


def add_verbs(add: Callable[..., argparse.ArgumentParser], quarantine: Any, answer: Any) -> None:
    """The verbs of the group. answer: turns a Verb into a handler."""
    verb = add("list", answer(listing), "held files, and rows left out by code", quarantine)
    verb.add_argument("--refused", action="store_true", help="refused files too")
    show_ = add("show", answer(show), "one receipt: places and rules, never values", quarantine)
    free = add("release", answer(release), "admit a held file", quarantine)
    again = add(
        "replay", answer(replay), "read a refused file or quarantined rows again", quarantine
    )
    out = add("withdraw", answer(withdraw), "take a file or a row out of the figures", quarantine)
    back = add("restore", answer(restore), "take a withdrawal back", quarantine)
    for each in (verb, show_, free, again, out, back):
        each.add_argument("--payor", required=True, metavar="P", help="the payor's id")
    for each in (show_, free, again, out, back):
        each.add_argument("receipt", type=int, metavar="RECEIPT")
    for each in (free, again, out, back):
        each.add_argument("--by", metavar="NAME", help="who decides; default: the login")
    for each in (free, out, back):
        each.add_argument("--reason", required=True, metavar="TEXT", help="why; kept for good")
    again.add_argument("--reason", default="read again", metavar="TEXT", help="why; kept for good")
    again.add_argument("--file", type=Path, metavar="PATH", help="default: the file in landing")
    free.add_argument(
        "--as", dest="admit", choices=("replace", "add"), required=True,
        help="replace the file of which it is a second version, or add to what is there",
    )  # fmt: skip
    for each in (out, back):
        each.add_argument(
            "--record", type=int, metavar="N", help="one line; default: the whole file"
        )


def keep(settings: Settings, payor: str, feed: str, path: Path, alias: str) -> None:
    """Keeps a file that was handed over where a release or a replay finds it: in landing."""
    folder = settings.landing / payor / feed
    if path.resolve().parent == folder.resolve():
        return
    private_folder(folder)
    target = folder / path.name
    if target.exists():
        if filecmp.cmp(path, target, shallow=False):
            return
        target = folder / f"{alias}_{path.name}"
    part = target.with_name(f"{target.name}.part")
    shutil.copyfile(path, part)
    part.chmod(FILE)
    part.replace(target)
