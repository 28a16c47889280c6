"""The compose file and the image keep their promises; each rule is shown to catch its violation."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from pipeline.settings import ROOT

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker" / "compose.yml").read_text())
DOCKERFILE = (ROOT / "docker" / "Dockerfile").read_text()
Service = dict[str, Any]


def violations(compose: dict[str, Any]) -> set[str]:
    """Names of the rules that some service breaks."""
    rules: dict[str, Callable[[Service], bool]] = {
        "read-only root": lambda s: s.get("read_only") is True,
        "no new privileges": lambda s: "no-new-privileges:true" in s.get("security_opt", []),
        "no capabilities": lambda s: s.get("cap_drop") == ["ALL"] and not s.get("cap_add"),
        "not root": lambda s: str(s.get("user", "0")).split(":")[0] not in ("0", "root"),
        "not privileged": lambda s: not s.get("privileged"),
        "bounded": lambda s: "pids_limit" in s and "mem_limit" in s,
        "healthy is checked": lambda s: "healthcheck" in s,
        "loopback only": lambda s: s.get("network_mode") == "host" and not s.get("ports"),
        "no socket mount": lambda s: not any("docker.sock" in str(v) for v in s.get("volumes", [])),
        "secrets as files": lambda s: (
            not any(
                ("PASSWORD" in k or "URL" in k) and not k.endswith("_FILE")
                for k in s.get("environment", {})
            )
        ),
    }
    services = compose["services"].values()
    return {name for name, holds in rules.items() if not all(holds(s) for s in services)}


def test_compose_keeps_every_rule() -> None:
    assert set(COMPOSE["services"]) == {"warehouse", "pipeline"}
    assert violations(COMPOSE) == set()


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        ("read-only root", {"read_only": False}),
        ("no new privileges", {"security_opt": []}),
        ("no capabilities", {"cap_add": ["SYS_ADMIN"]}),
        ("not root", {"user": "0:0"}),
        ("not privileged", {"privileged": True}),
        ("bounded", {"pids_limit": None, "mem_limit": None}),
        ("loopback only", {"ports": ["5432:5432"]}),
        ("no socket mount", {"volumes": ["/var/run/docker.sock:/var/run/docker.sock"]}),
        ("secrets as files", {"environment": {"POSTGRES_PASSWORD": "x"}}),
    ],
)
def test_each_rule_catches_its_violation(rule: str, change: Service) -> None:
    broken = copy.deepcopy(COMPOSE)
    broken["services"]["pipeline"] |= change
    for key, value in change.items():
        if value is None:
            del broken["services"]["pipeline"][key]
    assert rule in violations(broken)


def test_the_image_copies_every_package_and_ends_as_a_user() -> None:
    copied = {line.split()[1] for line in DOCKERFILE.splitlines() if line.startswith("COPY ")}
    packages = {p.parent.name for p in ROOT.glob("*/__init__.py") if p.parent.name != "tests"}
    assert packages | {"dags", "dbt_project"} <= copied
    assert DOCKERFILE.index("USER 10001") > DOCKERFILE.rindex("RUN ")


def test_sources_of_the_image_exist() -> None:
    for line in DOCKERFILE.splitlines():
        if line.startswith("COPY "):
            for source in line.split()[1:-1]:
                assert (ROOT / source).exists(), source
