"""Whether a file is signed by the one key its payor registered (detached OpenPGP, by gpg)."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from ingestion.errors import Refused
from ingestion.terms import Deliveries

SUFFIXES = (".asc", ".sig")
STATUS = "[GNUPG:] "
# A signature of any of these is not taken, whatever else gpg says.
SPOILED = frozenset({"BADSIG", "ERRSIG", "EXPSIG", "EXPKEYSIG", "REVKEYSIG", "NODATA", "FAILURE"})
TIMEOUT = 120


def signature_of(path: Path) -> Path | None:
    """The signature beside a file, if there is one."""
    beside = (path.with_name(path.name + suffix) for suffix in SUFFIXES)
    return next((one for one in beside if one.is_file()), None)


def verify(path: Path, deliveries: Deliveries) -> None:
    """Raises Refused E-SIGN unless the file's signature is good and by the registered key.

    Does nothing for a payor whose contract asks for no signature.
    """
    if not deliveries.signed_by or not deliveries.public_key:
        return
    signature = signature_of(path)
    if signature is None:
        raise Refused("E-SIGN", found="missing")
    try:
        code, status = _gpg_verify(path, signature, deliveries.public_key)
    except (OSError, subprocess.SubprocessError):
        # without gpg nothing is proven: the file stays out
        raise Refused("E-SIGN", found="missing") from None
    if code != 0 or not is_valid(status, deliveries.signed_by):
        raise Refused("E-SIGN", found="unknown-code")


def is_valid(status: Iterable[str], fingerprint: str) -> bool:
    """Whether gpg's status lines hold one valid signature, by that primary key.

    The exit code alone is not enough: with other keys around it has been 0 for the wrong one.
    """
    lines = [line.removeprefix(STATUS).split() for line in status if line.startswith(STATUS)]
    if any(words and words[0] in SPOILED for words in lines):
        return False
    valid = [words for words in lines if words and words[0] == "VALIDSIG"]
    return len(valid) == 1 and fingerprint in (valid[0][1], valid[0][-1])


def _gpg_verify(path: Path, signature: Path, key: str) -> tuple[int, list[str]]:
    """gpg's exit code and status lines, under a keyring that holds this one key."""
    with TemporaryDirectory(prefix="so_") as home:
        base = [
            "gpg",
            "--homedir",
            home,
            "--batch",
            "--no-tty",
            "--no-autostart",
            "--status-fd",
            "1",
        ]
        subprocess.run(
            [*base, "--import"], input=key.encode("ascii", "replace"),
            capture_output=True, timeout=TIMEOUT, check=True,
        )  # fmt: skip
        done = subprocess.run(
            [*base, "--trust-model", "always", "--verify", str(signature.absolute()),
             str(path.absolute())],
            capture_output=True, timeout=TIMEOUT, check=False,
        )  # fmt: skip
    return done.returncode, done.stdout.decode("utf-8", "replace").splitlines()
