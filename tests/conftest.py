"""Shared fixtures: one embedded server for the whole test session, payors on demand."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest

from pipeline.settings import ROOT, Settings
from warehouse import migrate, server
from warehouse import payor as payors
from warehouse.payor_file import Payor

pytest_plugins = ["tests.worlds"]

# A slow machine is no fault of the code. A change gets the same cases, the soak ever new ones.
hypothesis.settings.register_profile("suite", deadline=None, derandomize=True)
hypothesis.settings.register_profile("soak", deadline=None, print_blob=True)
hypothesis.settings.load_profile("soak" if os.environ.get("SOAK") == "1" else "suite")

_NUMBERS = itertools.count(1)

PAYOR_YAML = """\
payor: {payor}
name: Test plan {payor}
country: US
region: north_america
currency: {currency}
time_zone: America/Chicago
runout_months: 3
member_month_rule: any_day
service_code_system: nl-proc
adjustments: {adjustments}
{bridge}
feeds:
  eligibility: canonical_csv
  medical_claim: canonical_csv
  pharmacy_claim: canonical_csv
  consultation: canonical_csv
  consultation_diagnosis: canonical_csv
  consultation_procedure: canonical_csv
fees:
  pepm: "0.85"
  implementation: "12000.00"
  contract_start: 2022-07-01
  contract_months: 48
{more}"""


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Settings of a throw-away installation: server running, `init` done; deleted at the end."""
    found = Settings(root=ROOT, home=tmp_path_factory.mktemp("home"))
    before = (
        os.environ.get("SECOND_OPINION_HOME"),
        os.environ.pop("SECOND_OPINION_DATABASE_URL", None),
    )
    os.environ["SECOND_OPINION_HOME"] = str(found.home)
    try:
        migrate.init(found)
        yield found
    finally:
        server.destroy(found)
        for name, value in zip(
            ("SECOND_OPINION_HOME", "SECOND_OPINION_DATABASE_URL"), before, strict=True
        ):
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


@pytest.fixture(scope="session")
def add_payor(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Payor]:
    """Add a payor under a new unique name: `add_payor(adjustments=..., currency=..., bridge=...)`.

    bridge: text of a procedure bridge CSV, or None; more: further lines of the YAML.
    """

    def add(
        prefix: str = "plan",
        adjustments: str = "replacement",
        currency: str = "USD",
        bridge: str | None = None,
        more: str = "",
    ) -> Payor:
        name = f"{prefix}_{next(_NUMBERS)}"
        path: Path = tmp_path_factory.mktemp("payor") / f"{name}.yml"
        line = ""
        if bridge is not None:
            (path.parent / f"{name}.csv").write_text(bridge)
            line = f"procedure_bridge: {name}.csv\n"
        path.write_text(
            PAYOR_YAML.format(
                payor=name, adjustments=adjustments, currency=currency, bridge=line, more=more
            )
        )
        return payors.add(settings, path)

    return add


@pytest.fixture
def payor(add_payor: Callable[..., Payor]) -> Payor:
    """A fresh payor for one test."""
    return add_payor()
