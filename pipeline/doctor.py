"""`second-opinion doctor`: what is installed, reachable, stale or misconfigured."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from pipeline.settings import Settings

PACKAGES = (
    "apache-airflow",
    "dbt-core",
    "dbt-postgres",
    "great-expectations",
    "pandas",
    "sqlalchemy",
)
MIN_FREE_BYTES = 2_000_000_000

Finding = dict[str, Any]


def _finding(what: str, state: str, detail: str) -> Finding:
    return {"what": what, "state": state, "detail": detail}


def _packages(settings: Settings) -> Iterator[Finding]:
    for name in PACKAGES:
        try:
            yield _finding(name, "ok", version(name))
        except PackageNotFoundError:
            yield _finding(name, "missing", "run `make setup`")


def _disk(settings: Settings) -> Iterator[Finding]:
    settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    free = shutil.disk_usage(settings.home).free
    state = "ok" if free >= MIN_FREE_BYTES else "low"
    yield _finding("free disk", state, f"{free // 1_000_000} MB under {settings.home}")


def _server(settings: Settings) -> Iterator[Finding]:
    from warehouse import connection

    with connection.connect(settings) as conn:
        row = conn.execute("select current_setting('server_version')").fetchone()
    kind = "by URL" if settings.database_url else "embedded"
    yield _finding("warehouse server", "ok", f"PostgreSQL {row[0] if row else '?'} ({kind})")


def _payors(settings: Settings) -> Iterator[Finding]:
    from warehouse import connection

    query = (
        "select p.payor_id, r.as_of, l.as_of, l.state"
        " from ops.payor p"
        " left join ops.release_pointer using (payor_id)"
        " left join ops.release r using (release_id)"
        " left join lateral (select as_of, state from ops.run"
        "   where run.payor_id = p.payor_id order by run_epoch desc limit 1) l on true"
        " order by 1"
    )
    with connection.connect(settings) as conn:
        for payor, visible, last, state in conn.execute(query).fetchall():
            fine = state in (None, "published", "unchanged") and (last is None or visible == last)
            detail = f"shows {visible or 'nothing yet'}; last run {last or 'none'} {state or ''}"
            yield _finding(f"payor {payor}", "ok" if fine else "stale", detail.strip())


def _reference(settings: Settings) -> Iterator[Finding]:
    from warehouse import connection
    from warehouse.codebook import look_up

    with connection.connect(settings) as conn:
        outdated = look_up.outdated(conn)
    detail = ", ".join(f"{kind} {release}" for kind, release in outdated)
    if outdated:
        yield _finding("reference data", "stale", f"derived by older rules, load again: {detail}")
    else:
        yield _finding("reference data", "ok", "derived by the rules of this version")


def _steward(settings: Settings) -> Iterator[Finding]:
    """Files that wait for a decision, and whether the trail of decisions is whole."""
    from warehouse import connection

    query = (
        "select count(*) filter (where state = 'held'),"
        " (select count(*) from ops.steward_chain_broken) from ops.receipt"
    )
    with connection.connect(settings) as conn:
        held, broken = conn.execute(query).fetchone() or (0, 0)
    if broken:
        yield _finding("steward's trail", "broken", f"{broken} entries do not follow their own")
    else:
        yield _finding("steward's trail", "ok", f"whole; {held} files wait for a decision")


def examine(settings: Settings) -> list[Finding]:
    """All findings; a check that cannot be made is itself a finding."""
    findings: list[Finding] = []
    checks: tuple[Callable[[Settings], Iterator[Finding]], ...] = (
        _packages,
        _disk,
        _server,
        _payors,
        _reference,
        _steward,
    )
    for check in checks:
        try:
            findings.extend(check(settings))
        except Exception as error:
            findings.append(_finding(check.__name__.strip("_"), "error", type(error).__name__))
    return findings
