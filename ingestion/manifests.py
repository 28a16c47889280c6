"""FHIR bulk exports: whether what the manifest lists is what was delivered.

A manifest lies in any feed folder of its payor as `*manifest*.json`. It is read, never taken in.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from ingestion.errors import Held, Refused
from ingestion.terms import Deliveries

LAYOUT = "fhir_r4"
SIZE_LIMIT = 16 << 20
Delivered = tuple[str, Path]


@dataclass(frozen=True)
class Manifest:
    """day: of the export; names: files it consists of; errors: files of fatal outcomes it lists;
    written: when the manifest was written here."""

    day: date
    names: frozenset[str]
    errors: int
    is_partial: bool
    written: int


@dataclass
class Judged:
    """ready: to be registered; waiting: left for the next look; against: what is known of a file
    that is registered all the same."""

    ready: list[Delivered] = field(default_factory=list)
    waiting: list[Delivered] = field(default_factory=list)
    against: dict[Path, Refused] = field(default_factory=dict)


def is_manifest(path: Path) -> bool:
    return path.suffix == ".json" and "manifest" in path.name.lower()


def read_manifest(path: Path) -> Manifest | None:
    """None for a file that is no manifest of a bulk export, or not yet a whole one."""
    try:
        stat = path.stat()
        if stat.st_size > SIZE_LIMIT:
            return None
        content = json.loads(path.read_text(encoding="utf-8"))
        names = frozenset(_name(entry["url"]) for entry in content["output"])
        day = date.fromisoformat(str(content["transactionTime"])[:10])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    links = content.get("link") or []
    partial = any(isinstance(one, dict) and one.get("relation") == "next" for one in links)
    return Manifest(day, names, len(content.get("error") or []), partial, stat.st_mtime_ns)


def _name(url: Any) -> str:
    return Path(unquote(urlsplit(str(url)).path)).name


def judge_exports(
    files: list[Delivered],
    present: set[str],
    layouts: dict[str, str],
    deliveries: Deliveries,
    as_of: date,
) -> Judged:
    """What to do with new files of a payor that agreed to manifests; all are ready without that.

    A FHIR file waits until a manifest lists it and everything on that list is there; after the
    agreed days it is refused (F-MANIFEST). Files of an export with fatal outcomes are held
    (F-ERROR). present: names of everything in landing.
    """
    judged = Judged()
    if deliveries.manifest_days is None:
        judged.ready = files
        return judged
    exports = [(feed, path) for feed, path in files if layouts.get(feed) == LAYOUT]
    manifests = [m for _, path in exports if is_manifest(path) and (m := read_manifest(path))]
    resources = [(feed, path) for feed, path in exports if not is_manifest(path)]
    judged.ready = [one for one in files if one not in exports]
    for feed, path in resources:
        mine = [m for m in manifests if path.name in m.names]
        problem = _problem(mine, manifests, present)
        if problem is None:
            judged.ready.append((feed, path))
            if any(m.errors for m in mine):
                count = sum(m.errors for m in mine)
                judged.against[path] = Held("F-ERROR", found=f"count({count})")
        elif _is_late(mine or _later(manifests, path), deliveries.manifest_days, as_of):
            judged.ready.append((feed, path))
            judged.against[path] = Refused("F-MANIFEST", found=problem)
        else:
            judged.waiting.append((feed, path))
    return judged


def _problem(mine: list[Manifest], all_of_them: list[Manifest], present: set[str]) -> str | None:
    """What is wrong between lists and files, None if they agree."""
    if not mine:
        return "unknown-code" if all_of_them else "missing"
    missing = sum(len(m.names - present) for m in mine)
    if missing:
        return f"missing({missing})"
    return "truncated" if any(m.is_partial for m in mine) else None


def _later(manifests: list[Manifest], path: Path) -> list[Manifest]:
    """Manifests that came after the file and do not list it; an older one says nothing of it."""
    written = path.stat().st_mtime_ns
    return [one for one in manifests if one.written >= written]


def _is_late(manifests: list[Manifest], days: int, as_of: date) -> bool:
    """Whether the wait is over. Without any manifest it never is: nothing says when it began."""
    return bool(manifests) and as_of > max(m.day for m in manifests) + timedelta(days=days)
