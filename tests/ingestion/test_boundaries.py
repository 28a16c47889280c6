"""What this package may depend on."""

from __future__ import annotations

import subprocess
import sys

FOREIGN = ("airflow", "dbt", "great_expectations", "pandas", "warehouse", "pipeline")


def test_ingestion_stands_alone() -> None:
    program = (
        "import sys, ingestion, ingestion.check, ingestion.docs;"
        f"print([name for name in {FOREIGN} if name in sys.modules], len(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    found, _, count = done.stdout.strip().rpartition(" ")
    assert found == "[]"
    assert int(count) > 50
