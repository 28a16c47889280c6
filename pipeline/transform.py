"""Run dbt: one process per payor and layer, believed only when every node is accounted for.

dbt's exit code is not the authority: the run's own results are read and compared with what the
manifest says the layer holds. Database errors may quote a value, so dbt's output is thrown away and
the messages of failed nodes are cut.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from pipeline import built_with
from pipeline.private import UMASK, private_folder, write_private
from pipeline.settings import Settings
from warehouse import connection

LAYERS = ("claims_cases", "facts", "aggregates")
GOOD = {"success", "pass"}
ARTEFACTS = ("run_results.json", "manifest.json")
BUILDS = ("model", "seed", "snapshot")


class TransformFailed(RuntimeError):
    """A layer was not built. Facts: payor, layer, nodes (name and status, never a value)."""

    def __init__(self, payor: str, layer: str, nodes: Sequence[str]) -> None:
        super().__init__(f"E-DBT {payor} {layer}: {', '.join(nodes)}")
        self.payor, self.layer, self.nodes = payor, layer, list(nodes)


def run_layer(settings: Settings, payor: str, layer: str, full_refresh: bool = False) -> list[str]:
    """Build every model of a layer and run its tests; returns the nodes that succeeded.

    full_refresh: rebuild incremental tables from all rows; done anyway when the code, the reference
    data or the payor's terms are not those of the last build. Raises TransformFailed.
    """
    if layer not in LAYERS:
        raise ValueError(f"unknown layer {layer!r}; one of {', '.join(LAYERS)}")
    with connection.connect(settings, role="transformer") as conn:
        rules = built_with.current(conn, payor)
        is_stale = built_with.is_stale(conn, payor, layer)
    built = _build(settings, payor, layer, full_refresh or is_stale)
    with connection.connect(settings, role="transformer") as conn:
        built_with.remember(conn, payor, layer, rules)
    return built


def _build(settings: Settings, payor: str, layer: str, full_refresh: bool) -> list[str]:
    selection = ["--select", f"tag:{layer}", "--exclude", "resource_type:unit_test"]
    options = ["--full-refresh"] if full_refresh else []
    target = settings.dbt_dir(payor, layer)
    code = run_dbt(settings, payor, target, ["build", *selection, *options])
    manifest, results = _read(target / "manifest.json"), read_results(target)
    if manifest is None or results is None:
        raise TransformFailed(payor, layer, [f"no results (dbt exit code {code})"])
    bad = failures(expected_nodes(manifest, layer), results)
    if bad or code != 0:
        raise TransformFailed(payor, layer, bad or [f"dbt exit code {code}"])
    return sorted(results)


def run_dbt(settings: Settings, payor: str, target: Path, command: Sequence[str]) -> int:
    """One dbt process for one payor; its artefacts go to `target`. Returns the exit code."""
    private_folder(target)
    for name in ARTEFACTS:
        (target / name).unlink(missing_ok=True)
    done = subprocess.run(
        [_dbt(), *command, *_flags(settings, payor, target)],
        check=False,
        cwd=settings.dbt_project,
        env=_environment(settings, payor),
        umask=UMASK,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return done.returncode


def read_results(target: Path) -> dict[str, str] | None:
    """node -> status of the last run in `target`; None when it left no results.

    The messages of failed nodes are cut to what cannot quote a row.
    """
    path = target / "run_results.json"
    content = _read(path)
    if content is None:
        return None
    for row in content["results"]:
        if row["status"] not in GOOD:
            row["message"] = _without_values(str(row.get("message") or ""))
    write_private(path, json.dumps(content).encode())
    return {str(row["unique_id"]): str(row["status"]) for row in content["results"]}


def _without_values(message: str) -> str:
    """The database's sentence: no detail line, nothing quoted, nothing after a colon or bracket."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    sentence = re.sub(r"""(["'`]).*?\1""", '"…"', lines[1] if len(lines) > 1 else "")
    return re.split(r"[:(=]", sentence)[0].strip()


def expected_nodes(manifest: dict[str, Any], layer: str) -> set[str]:
    """Nodes that `dbt build --select tag:<layer>` must report: built models and tests on them."""
    nodes: dict[str, Any] = manifest["nodes"]
    built = {
        name
        for name, node in nodes.items()
        if node["resource_type"] in BUILDS and layer in node["tags"]
    }
    tests = {
        name
        for name, node in nodes.items()
        if node["resource_type"] == "test" and built & set(node["depends_on"]["nodes"])
    }
    return {name for name in built | tests if not _is_inlined(nodes[name])}


def _is_inlined(node: dict[str, Any]) -> bool:
    return bool(node["config"].get("materialized") == "ephemeral")


def _dbt() -> str:
    """The dbt of this environment, whatever PATH says."""
    return str(Path(sys.executable).with_name("dbt"))


def _flags(settings: Settings, payor: str, target: Path) -> list[str]:
    places = {
        "--project-dir": settings.dbt_project,
        "--profiles-dir": settings.dbt_project,
        "--target-path": target,
        "--log-path": target,
        "--log-level-file": "none",
        "--vars": json.dumps({"payor": payor}),
    }
    return [str(word) for pair in places.items() for word in pair]


def _environment(settings: Settings, payor: str) -> dict[str, str]:
    quiet = {"DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "DO_NOT_TRACK": "1"}
    return {**os.environ, **quiet, **connection.dbt_env(settings, payor)}


def _read(path: Path) -> dict[str, Any] | None:
    if not path.is_file():
        return None
    content: dict[str, Any] = json.loads(path.read_text())
    return content


def failures(expected: Iterable[str], statuses: dict[str, str]) -> list[str]:
    """`name status` of every node that is missing or not good; no node at all is a failure."""
    names = sorted({*expected, *statuses})
    if not names:
        return ["no node selected"]
    found = [(name, statuses.get(name, "not run")) for name in names]
    return [f"{name.split('.')[2]} {status}" for name, status in found if status not in GOOD]
