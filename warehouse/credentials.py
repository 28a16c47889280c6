"""`SECOND_OPINION_HOME/server.json` (0600): the server's place, port and the logins' passwords."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipeline.settings import Settings


def path(settings: Settings) -> Path:
    return settings.home / "server.json"


@contextmanager
def lock(settings: Settings) -> Iterator[None]:
    """One process at a time changes the server or its file."""
    with lock_named(settings, "server"):
        yield


@contextmanager
def lock_named(settings: Settings, name: str) -> Iterator[None]:
    """Hold `<home>/<name>.lock`; the system lets go of it when the process ends."""
    settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (settings.home / f"{name}.lock").open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def read(settings: Settings) -> dict[str, Any]:
    """The file's content; empty when there is none."""
    try:
        content: dict[str, Any] = json.loads(path(settings).read_text())
    except FileNotFoundError:
        return {}
    return content


def write(settings: Settings, content: dict[str, Any]) -> None:
    """Replace the file in one step, readable by its owner only. Call under `lock`."""
    scratch = path(settings).with_suffix(".new")
    scratch.unlink(missing_ok=True)
    handle = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as stream:
        json.dump(content, stream, indent=1, sort_keys=True)
        stream.flush()
        os.fsync(stream.fileno())
    scratch.replace(path(settings))


def password(settings: Settings, login: str) -> str:
    """The login's password; generated and stored on first use."""
    found: str | None = read(settings).get("passwords", {}).get(login)
    if found:
        return found
    with lock(settings):
        content = read(settings)
        made: str = content.setdefault("passwords", {}).setdefault(login, generate())
        write(settings, content)
    return made


def generate() -> str:
    return secrets.token_urlsafe(24)
