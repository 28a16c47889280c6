"""Where things live. The only module that reads the environment."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DATABASE = "second_opinion"


@dataclass(frozen=True)
class Settings:
    """Paths and addresses of one installation.

    root: the code; home: everything that is written; database_url: a server to use instead of the
    embedded one (None = embedded).
    """

    root: Path
    home: Path
    database_url: str | None = None
    database: str = DATABASE

    @property
    def landing(self) -> Path:
        return self.home / "landing"

    @property
    def payors_dir(self) -> Path:
        return self.home / "payors"

    @property
    def reports_dir(self) -> Path:
        return self.home / "reports"

    @property
    def airflow_home(self) -> Path:
        return self.home / "airflow"

    @property
    def dbt_project(self) -> Path:
        return self.root / "dbt_project"

    def dbt_dir(self, payor: str, layer: str) -> Path:
        """Artefacts and logs of one payor's dbt runs of one layer."""
        return self.home / "dbt" / payor / layer


def child_environment(settings: Settings) -> dict[str, str]:
    """This process's environment, so that a child finds the same installation."""
    env = {**os.environ, "SECOND_OPINION_HOME": str(settings.home)}
    if settings.database_url and "SECOND_OPINION_DATABASE_URL_FILE" not in env:
        env["SECOND_OPINION_DATABASE_URL"] = settings.database_url
    return env


def _database_url() -> str | None:
    """The server's URL, from a file (for secrets) or from the environment."""
    name = os.environ.get("SECOND_OPINION_DATABASE_URL_FILE")
    if name:
        return Path(name).read_text().strip()
    return os.environ.get("SECOND_OPINION_DATABASE_URL") or None


def load_settings() -> Settings:
    """Settings of this process from `SECOND_OPINION_HOME` and `SECOND_OPINION_DATABASE_URL`."""
    home = Path(os.environ.get("SECOND_OPINION_HOME") or ROOT / ".second-opinion")
    return Settings(
        root=ROOT,
        home=home.absolute(),
        database_url=_database_url(),
    )
