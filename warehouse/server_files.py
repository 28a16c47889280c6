"""Make the server's data folder, write its files and run its tools, as its account."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from warehouse.account import Account

SUPERUSER = "postgres"


class ServerError(RuntimeError):
    """The embedded server could not be created, started or stopped; `log` says more."""

    def __init__(self, action: str, log: Path) -> None:
        super().__init__(f"E-SERVER {action} failed, see {log}")
        self.action = action
        self.log = log


def create(bin_folder: Path, folder: Path, owner: Account, password: str) -> None:
    """initdb beside its final place, so that a crash in the middle leaves nothing half made."""
    scratch = folder / "data.new"
    shutil.rmtree(scratch, ignore_errors=True)
    password_file = folder / "password"
    write(password_file, password, owner)
    command = [
        str(bin_folder / "initdb"),
        f"--pgdata={scratch}",
        f"--username={SUPERUSER}",
        f"--pwfile={password_file}",
        "--auth=scram-sha-256",
        "--data-checksums",
        "--encoding=UTF8",
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
    ]
    run(command, folder, owner, "initdb")
    password_file.unlink()
    with (scratch / "postgresql.conf").open("a") as conf:
        conf.write("\ninclude 'second_opinion.conf'\n")
    scratch.rename(folder / "data")


def run(command: list[str], folder: Path, owner: Account, action: str) -> None:
    log = folder / f"{action}.out"
    # The output goes to a file: the detached server would keep a pipe open for ever. A fresh file:
    # the folder belongs to the account, and root must not write through a link that it left there.
    log.unlink(missing_ok=True)
    with os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},
            check=False,
            **owner.popen_options(),  # type: ignore[call-overload]
        )
    if done.returncode != 0:
        raise ServerError(action, log)


def write(path: Path, text: str, owner: Account) -> None:
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as stream:
        stream.write(text)
    if owner.switch:
        os.chown(path, owner.uid, owner.gid)
