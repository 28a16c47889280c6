"""The `reference` verbs: exit codes, and the same facts for people and for machines."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.cli import main
from pipeline.doctor import examine
from pipeline.settings import Settings
from warehouse.connection import connect
from warehouse.payor_file import Payor

FILES = Path(__file__).parents[1] / "warehouse" / "codebook" / "files"
LOAD = ["reference", "load", "--kind", "icd-10-ca"]


@pytest.mark.usefixtures("settings")
def test_load_list_and_show(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text((FILES / "icd_10_who.csv").read_text().replace(",2019\n", ",\n"))
    assert main([*LOAD, "--release", "2022", "--json", str(path)]) == 0
    loaded = json.loads(capsys.readouterr().out)
    assert (loaded["state"], loaded["valid_from"], loaded["rows"]) == (
        "loaded",
        "2022-01-01",
        path.read_text().count("\n") - 1,
    )
    assert main([*LOAD, "--release", "2022", str(path)]) == 0
    assert "unchanged" in capsys.readouterr().out
    assert main(["reference", "list", "--kind", "icd-10-ca", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [(r["release"], r["row_count"], r["is_complete"]) for r in rows] == [
        ("2022", loaded["rows"], True)
    ]
    assert main(["reference", "show", "--kind", "icd-10-ca", "--code", "m17.1", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["releases"] == rows
    assert [c["parent_code"] for c in shown["codes"]] == ["M17"]
    assert main(["reference", "show", "--kind", "icd-10-ca"]) == 0
    assert "licence" in capsys.readouterr().out


@pytest.mark.usefixtures("settings")
def test_what_is_wrong_is_said_without_a_value(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "list.csv"
    path.write_text("code,label\nM17.1,a\nM17.1,secret\n")
    assert main([*LOAD, "--release", "2023", str(path)]) == 1
    told = capsys.readouterr()
    assert "E-REF-DUPLICATE in line 3" in told.err
    assert "secret" not in told.err + told.out and "M17" not in told.err + told.out
    assert main(["reference", "show", "--kind", "icd-10-ca", "--code", "Z99.9"]) == 1
    for wrong in (["--kind", "cpt"], ["--valid-from", "yesterday"], ["--release"]):
        with pytest.raises(SystemExit) as ended:
            main([*LOAD, "--release", "2023", *wrong, str(path)])
        assert ended.value.code == 2


def test_pinned_needs_a_release(
    add_payor: Callable[..., Payor], capsys: pytest.CaptureFixture[str]
) -> None:
    payor = add_payor("pinned")
    assert main(["reference", "pinned", "--payor", payor.payor_id]) == 1
    assert "E-REF-UNKNOWN" in capsys.readouterr().err
    assert main(["reference", "pinned", "--payor", "nobody_here"]) == 1


def test_lists_derived_by_older_rules_are_named(settings: Settings, tmp_path: Path) -> None:
    def found() -> dict[str, str]:
        (finding,) = [f for f in examine(settings) if f["what"] == "reference data"]
        return dict(finding)

    path = tmp_path / "list.csv"
    path.write_text("code\nM17.1\n")
    load = ["reference", "load", "--kind", "icd-10-tm", "--release", "2023", str(path)]
    assert main(load) == 0
    assert found()["state"] == "ok"
    with connect(settings) as conn:
        conn.execute("update reference.release set derived_with = 'older' where kind = 'icd-10-tm'")
    assert (found()["state"], "icd-10-tm 2023" in found()["detail"]) == ("stale", True)
    assert main(load) == 0
    assert found()["state"] == "ok"
    with connect(settings) as conn:
        conn.execute("delete from reference.diagnosis_code where code_system = 'icd-10-tm'")
        conn.execute("delete from reference.release where kind = 'icd-10-tm'")
