"""`init` and `payor add` can be repeated, and agree with their contracts."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
import yaml

from pipeline.settings import ROOT, Settings
from tests.conftest import PAYOR_YAML
from warehouse import (
    mart_contract,
    mart_revision,
    marts,
    migrate,
    raw_tables,
    reference_data,
    server,
)
from warehouse import payor as payors
from warehouse.connection import airflow_url, connect
from warehouse.payor_file import Payor, PayorFileError

TABLES = """
    select n.nspname || '.' || c.relname
    from pg_class as c
    inner join pg_namespace as n on c.relnamespace = n.oid
    where n.nspname not like 'pg\\_%' and n.nspname <> 'information_schema'
    order by 1
"""


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """An installation with one payor: `init` goes through all, and the session's has hundreds."""
    folder = tmp_path_factory.mktemp("own")
    found = Settings(root=ROOT, home=folder / "home")
    try:
        migrate.init(found)
        path = folder / "alone.yml"
        path.write_text(
            PAYOR_YAML.format(
                payor="alone", adjustments="replacement", currency="USD", bridge="", more=""
            )
        )
        payors.add(found, path)
        yield found
    finally:
        server.destroy(found)


def test_init_twice_is_the_same(own: Settings) -> None:
    with connect(own) as conn:
        before = conn.execute(TABLES).fetchall()
    first, second = migrate.init(own), migrate.init(own)
    assert first == second
    assert first.payors == ("alone",)
    assert first.checks > 0
    with connect(own) as conn:
        assert conn.execute(TABLES).fetchall() == before


def test_the_catalogue_is_the_mart_contract(settings: Settings) -> None:
    version, relations = mart_contract.load()
    with connect(settings) as conn:
        for relation in relations:
            stored = raw_tables.column_types(conn, "mart", relation.name)
            for name in marts.OURS:
                stored.pop(name)
            assert stored == relation.columns
            view = raw_tables.column_types(conn, "bi", relation.name)
            assert view == relation.columns
        tables = conn.execute(
            "select relation, contract_version from ops.mart_contract order by relation"
        ).fetchall()
        mart = conn.execute(
            "select tablename from pg_tables where schemaname = 'mart' order by tablename"
        ).fetchall()
    assert tables == [(relation.name, version) for relation in relations]
    assert [name for (name,) in mart] == [relation.name for relation in relations]


def test_the_dbt_models_are_the_mart_contract() -> None:
    """Read without dbt: a model that was changed alone is found before any night."""
    found = {}
    for path in (ROOT / "dbt_project" / "models" / "marts").rglob("*.yml"):
        for model in yaml.safe_load(path.read_text()).get("models") or []:
            meta = model.get("config", {}).get("meta", {}).get("mart")
            if meta:
                columns = {column["name"]: column["data_type"] for column in model["columns"]}
                found[model["name"]] = meta | {"columns": columns}
    expected = {
        relation.name: {
            "key": list(relation.key),
            "touch": relation.touch,
            "columns": relation.columns,
        }
        for relation in mart_contract.load()[1]
    }
    assert found == expected


def test_raw_tables_are_the_feed_contracts(settings: Settings, payor: Payor) -> None:
    contracts = [yaml.safe_load(path.read_text()) for path in raw_tables.CONTRACTS.glob("*.yml")]
    assert len(contracts) >= 6
    with connect(settings) as conn:
        for contract in contracts:
            stored = raw_tables.column_types(conn, f"raw_{payor.payor_id}", contract["feed"])
            kept = [c for c in contract["columns"] if c.get("kept_in") != "vault"]
            names = {column["name"] for column in kept}
            assert set(stored) == names | {"receipt_id", "record_no", "expansion_no"}


def test_every_reference_file_is_loaded_whole(settings: Settings) -> None:
    with connect(settings) as conn:
        for table in reference_data.TABLES:
            lines = (reference_data.FOLDER / f"{table}.csv").read_text().count("\n") - 1
            shared = "where payor_id is null" if table == "procedure_code" else ""
            row = conn.execute(f"select count(*) from reference.{table} {shared}".encode())
            assert row.fetchone() == (lines,)
            assert lines > 0


def test_reference_hash_follows_the_content(settings: Settings, tmp_path: Path) -> None:
    for path in reference_data.FOLDER.glob("*.csv"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "denial_code.csv").write_text("code,service_rendered,meaning\nX,true,Other\n")
    with connect(settings) as conn:
        before = reference_data.load(conn)
        assert reference_data.load(conn, tmp_path) != before
        assert conn.execute("select code from reference.denial_code").fetchall() == [("X",)]
        conn.rollback()


def test_low_back_pain_was_split_in_october_2021(settings: Settings) -> None:
    query = """
        select code
        from reference.diagnosis_code
        where
            code_system = 'icd-10-cm'
            and code like 'M545%%'
            and valid_from <= %(day)s
            and coalesce(valid_to, %(day)s) >= %(day)s
        order by code
    """
    with connect(settings, "transformer") as conn:
        before = conn.execute(query, {"day": "2021-09-30"}).fetchall()
        after = conn.execute(query, {"day": "2021-10-01"}).fetchall()
    assert before == [("M545",)]
    assert after == [("M5450",), ("M5451",), ("M5459",)]


def test_the_bridge_of_a_payor_is_replaced_not_doubled(
    settings: Settings, add_payor, tmp_path: Path
) -> None:
    header = ",".join(payors.payor_file.BRIDGE_COLUMNS)
    text = f"{header}\nnl-proc,K1,knee_arthroplasty,1,,,2020-01-01,,own\n"
    found = add_payor("bridge", bridge=text)
    payors.add(settings, settings.payors_dir / f"{found.payor_id}.yml")
    with connect(settings, "transformer") as conn:
        rows = conn.execute(
            "select code_prefix, effective_to from reference.procedure_code where payor_id = %s",
            (found.payor_id,),
        ).fetchall()
    assert rows == [("K1", None)]
    assert payors.get(settings, found.payor_id) == found


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("payor", "Bad Name"),
        ("currency", "XXX"),
        ("region", "moon"),
        ("time_zone", "America/Nowhere"),
        ("adjustments", "sometimes"),
        ("runout_months", -1),
        ("fees", {"pepm": 0.85}),
        ("procedure_bridge", "../elsewhere.csv"),
        ("sample_note", ""),
        ("sample_note", ["a", "list"]),
        ("sample_note", "x" * 301),
    ],
)
def test_a_bad_payor_file_is_refused(
    settings: Settings, payor: Payor, tmp_path: Path, field: str, value: object
) -> None:
    document = yaml.safe_load((settings.payors_dir / f"{payor.payor_id}.yml").read_text())
    path = tmp_path / "bad.yml"
    path.write_text(yaml.safe_dump(document | {"payor": "bad_plan", field: value}))
    with pytest.raises(PayorFileError) as caught:
        payors.add(settings, path)
    assert caught.value.field.startswith(field)
    with pytest.raises(payors.UnknownPayorError):
        payors.get(settings, "bad_plan")


def test_the_note_on_the_sample_is_kept_and_goes_with_the_key(
    settings: Settings, add_payor, tmp_path: Path
) -> None:
    found = add_payor("sampled")
    path = settings.payors_dir / f"{found.payor_id}.yml"
    document = yaml.safe_load(path.read_text())
    kept = []
    for change in ({"sample_note": "Every third\n  member. "}, {}):
        other = tmp_path / f"{len(kept)}.yml"
        other.write_text(yaml.safe_dump(document | change))
        payors.add(settings, other)
        with connect(settings, "reporter") as conn:
            row = conn.execute(
                "select sample_note from ops.payor where payor_id = %s", (found.payor_id,)
            ).fetchone()
        kept.append((payors.get(settings, found.payor_id).sample_note, row))
    assert found.sample_note is None
    assert kept == [("Every third member.", ("Every third member.",)), (None, (None,))]


def test_airflow_has_its_own_database_and_no_way_into_the_warehouse(settings: Settings) -> None:
    address = airflow_url(settings).replace("+psycopg2", "")
    with psycopg.connect(address) as conn:
        conn.execute("create table probe (n integer)")
        conn.rollback()
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(address.rsplit("/", 1)[0] + "/second_opinion")


def _manifest(**changes: object) -> dict[str, object]:
    node = {
        "name": "fct_x",
        "resource_type": "model",
        "config": {
            "meta": {"mart": {"key": ["payor_id", "case_key"], "touch": "case"}},
            "contract": {"enforced": True},
        },
        "columns": {
            "payor_id": {"name": "payor_id", "data_type": "TEXT"},
            "case_key": {"name": "case_key", "data_type": "text"},
            "amount": {"name": "amount", "data_type": "numeric(18, 4)"},
        },
    } | changes
    return {"nodes": {"model.p.fct_x": node}}


def test_the_contract_is_made_from_the_manifest(tmp_path: Path) -> None:
    found = mart_revision.relations(_manifest())
    path = tmp_path / "contract.json"
    version = mart_contract.dump(found, path)
    loaded, relations = mart_contract.load(path)
    assert loaded == version
    assert relations[0].columns["amount"] == "numeric(18,4)"
    assert relations[0].is_by_case


@pytest.mark.parametrize(
    "config",
    [
        {"meta": {"mart": {"key": ["case_key"], "touch": "case"}}, "contract": {"enforced": True}},
        {
            "meta": {"mart": {"key": ["payor_id"], "touch": "some"}},
            "contract": {"enforced": True},
        },
        {
            "meta": {"mart": {"key": ["payor_id"], "touch": "case"}},
            "contract": {"enforced": False},
        },
        {"meta": {}},
    ],
)
def test_an_unpublishable_model_is_refused(config: dict[str, object]) -> None:
    with pytest.raises(mart_revision.MartModelError):
        mart_revision.relations(_manifest(config=config))


def test_inits_at_once_do_not_meet(own: Settings) -> None:
    with ThreadPoolExecutor(3) as pool:
        results = list(pool.map(lambda _: migrate.init(own), range(3)))
    assert len({result.reference_hash for result in results}) == 1
