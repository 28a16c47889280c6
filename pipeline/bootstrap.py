"""Set up `.venv` from the lock, with nothing but the standard library and a package index.

Run by `make` with the system's Python. Finds a Python 3.11 to 3.13, finds or fetches uv (on PATH;
else by pip in a small venv; else straight from the configured index, checked by its hash) and
installs `requirements.lock` with hashes. A stamp makes the second call instant.
"""

from __future__ import annotations

import hashlib
import io
import os
import platform
import re
import shutil
import subprocess
import sys
import urllib.parse
import urllib.request
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
TOOLS = ROOT / ".tools"
STAMP = VENV / ".second-opinion-stamp"
INPUTS = ("requirements.lock", "requirements-uv.txt", "pyproject.toml")
SUPPORTED = ((3, 11), (3, 12), (3, 13))


def fingerprint() -> str:
    """Hash of everything that decides what is installed."""
    digest = hashlib.sha256(str(ROOT).encode())
    for name in INPUTS:
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def is_current() -> bool:
    return STAMP.exists() and STAMP.read_text() == fingerprint()


def find_python() -> str:
    """A supported interpreter: the running one, else the newest on PATH."""
    if sys.version_info[:2] in SUPPORTED:
        return sys.executable
    for major, minor in reversed(SUPPORTED):
        found = shutil.which(f"python{major}.{minor}")
        if found and subprocess.run([found, "-c", ""], check=False).returncode == 0:
            return found
    sys.exit("second-opinion needs Python 3.11, 3.12 or 3.13 on PATH; none was found.")


def uv_by_pip(python: str) -> Path | None:
    """uv installed by pip into a venv of its own, or None where venv or pip is missing."""
    home = TOOLS / "uv"
    uv = home / "bin" / "uv"
    if uv.exists():
        return uv
    made = subprocess.run(
        [python, "-m", "venv", str(home)], check=False, capture_output=True, text=True
    )
    if made.returncode != 0:
        shutil.rmtree(home, ignore_errors=True)
        return None
    subprocess.run(
        [
            *(str(home / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check"),
            *("--require-hashes", "--no-deps", "-r", str(ROOT / "requirements-uv.txt")),
        ],
        check=False,
    )
    return uv if uv.exists() else None


def configured_index() -> str | None:
    """The package index of this machine: environment first, then pip's own files."""
    for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL"):
        if os.environ.get(name):
            return os.environ[name]
    for path in (Path("/etc/pip.conf"), Path.home() / ".config/pip/pip.conf"):
        if path.exists():
            match = re.search(r"^\s*index-url\s*=\s*(\S+)", path.read_text(), re.M)
            if match:
                return match.group(1)
    return None


def wheel_tag() -> str:
    machine = platform.machine()
    if sys.platform == "darwin":
        return rf"macosx_\d+_\d+_{machine}"
    return rf"manylinux_\d+_\d+_{machine}\.manylinux\w+_{machine}"


def uv_from_index() -> Path | None:
    """The pinned uv wheel, fetched by the standard library and refused unless its hash is ours."""
    index = configured_index()
    if not index:
        return None
    pinned = (ROOT / "requirements-uv.txt").read_text()
    version = re.search(r"uv==([\d.]+)", pinned)
    hashes = set(re.findall(r"sha256:([0-9a-f]{64})", pinned))
    page_url = index.rstrip("/") + "/uv/"
    with urllib.request.urlopen(page_url, timeout=60) as page:
        links = re.findall(r'href="([^"]+)"', page.read().decode())
    name = re.compile(rf"uv-{re.escape(version.group(1) if version else '')}-.*{wheel_tag()}\.whl")
    for link in links:
        if not name.search(link):
            continue
        with urllib.request.urlopen(urllib.parse.urljoin(page_url, link), timeout=300) as got:
            content = got.read()
        if hashlib.sha256(content).hexdigest() not in hashes:
            sys.exit("the uv wheel of the configured index does not have the pinned hash; stopped.")
        return _unpack_uv(content)
    return None


def _unpack_uv(wheel: bytes) -> Path:
    target = TOOLS / "uv-wheel" / "uv"
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        member = next(n for n in archive.namelist() if n.endswith("/scripts/uv"))
        target.write_bytes(archive.read(member))
    target.chmod(0o755)
    return target


def find_uv(python: str) -> str:
    found = shutil.which("uv")
    if found:
        return found
    uv = uv_by_pip(python) or uv_from_index()
    if uv is None:
        sys.exit(
            "could not get uv: no uv on PATH, `python -m venv` does not work here, and no package "
            "index is configured (PIP_INDEX_URL). Install uv or your system's python3-venv."
        )
    return str(uv)


def install(python: str, uv: str) -> None:
    # the system's certificates: users sit behind mirrors with authorities of their own
    ours = {"UV_PYTHON_DOWNLOADS": "never", "UV_NO_PROGRESS": "1", "UV_SYSTEM_CERTS": "1"}
    env = {**os.environ, **ours}
    env.pop("VIRTUAL_ENV", None)

    def run(*args: str) -> None:
        subprocess.run([uv, *args], check=True, env=env, cwd=ROOT)

    inside = str(VENV / "bin" / "python")
    if not (VENV / "bin" / "python").exists():
        run("venv", "--quiet", "--no-project", "--python", python, str(VENV))
    sync = ("--quiet", "--require-hashes", "--compile-bytecode", "--python", inside)
    run("pip", "sync", *sync, "requirements.lock")
    run(
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--python",
        inside,
        "-e",
        ".",
    )


def main() -> None:
    if is_current():
        return
    print("setting up .venv from requirements.lock (once) ...", flush=True)
    python = find_python()
    install(python, find_uv(python))
    STAMP.write_text(fingerprint())


if __name__ == "__main__":
    main()
