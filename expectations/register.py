"""The register of checks: every rule a night must answer before anything is published.

`catalogue.csv` names each check; the rules that need SQL live beside it in `rules/<check_id>.sql`.
Both enter the register's hash, so a changed rule is a changed register.
"""

from __future__ import annotations

import csv
import hashlib
import json
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
CATALOGUE = HERE / "catalogue.csv"
RULES = HERE / "rules"

GATES = ("raw", "intermediate", "marts")
SEVERITIES = ("S1", "S2", "S3")
BLOCKING_SEVERITIES = ("S1", "S2")
KINDS = ("not_null", "between", "in_set", "matches", "rule")


@dataclass(frozen=True)
class Check:
    """One registered check. `parameters` is JSON text; `na_rule` names are joined by '|'."""

    check_id: str
    gate: str
    relation: str
    column: str
    check: str
    parameters: str
    severity: str
    min_rows: int
    owner: str
    question: str
    marts_endangered: str
    na_rule: str

    @property
    def options(self) -> dict[str, Any]:
        """The decoded parameters."""
        return dict(json.loads(self.parameters or "{}"))

    @property
    def na_rules(self) -> tuple[str, ...]:
        """Names of the conditions under which too few rows are no fault, in order of preference."""
        return tuple(name for name in self.na_rule.split("|") if name)

    @property
    def blocks(self) -> bool:
        """Whether a failure stops publication."""
        return self.severity in BLOCKING_SEVERITIES

    @property
    def rule_path(self) -> Path:
        """Where a `rule` check keeps its SQL."""
        return RULES / f"{self.check_id}.sql"


class CatalogueError(Exception):
    """The catalogue is not usable. Facts: check_id, fault."""

    def __init__(self, check_id: str, fault: str) -> None:
        super().__init__(f"{check_id}: {fault}")
        self.check_id = check_id
        self.fault = fault


@cache
def load_register() -> list[Check]:
    """All checks in the order of the catalogue; raises CatalogueError on a broken row."""
    with CATALOGUE.open(encoding="utf-8", newline="") as source:
        checks = [_check(row) for row in csv.DictReader(source)]
    for check in checks:
        _verify(check)
    if len({check.check_id for check in checks}) != len(checks):
        raise CatalogueError("catalogue", "check_id is not unique")
    return checks


def checks_of(gate: str) -> list[Check]:
    """The checks of one gate; raises CatalogueError for an unknown gate."""
    if gate not in GATES:
        raise CatalogueError("catalogue", f"no gate is called {gate}")
    return [check for check in load_register() if check.gate == gate]


@cache
def register_hash() -> str:
    """sha256 over the catalogue and every rule's SQL, independent of line ends."""
    digest = hashlib.sha256()
    for path in (CATALOGUE, *sorted(RULES.glob("*.sql"))):
        digest.update(path.name.encode())
        digest.update("\n".join(path.read_text(encoding="utf-8").splitlines()).encode())
    return digest.hexdigest()


def _check(row: dict[str, str]) -> Check:
    values: dict[str, Any] = {field.name: row[field.name] for field in fields(Check)}
    values["min_rows"] = int(values["min_rows"])
    return Check(**values)


def _verify(check: Check) -> None:
    faults = (
        (check.gate not in GATES, "unknown gate"),
        (check.severity not in SEVERITIES, "unknown severity"),
        (check.check not in KINDS, "unknown kind of check"),
        (check.min_rows < 1, "min_rows below one"),
        (not check.question, "no question"),
        ((check.check == "rule") != check.rule_path.is_file(), "rule file and kind disagree"),
    )
    for is_faulty, fault in faults:
        if is_faulty:
            raise CatalogueError(check.check_id, fault)
    check.options  # noqa: B018  (broken JSON must fail at load, not at night)
