"""Parse the DAG folder in a process of its own and print what is in it as JSON (see test_bag)."""

import json
import sys

from airflow.dag_processing.dagbag import DagBag

bag = DagBag(dag_folder=sys.argv[1])
facts = {
    "errors": list(bag.import_errors),
    "heavy": sorted(m for m in ("pandas", "great_expectations", "dbt") if m in sys.modules),
    "dags": {
        dag_id: {
            "doc": dag.doc_md or "",
            "tags": sorted(dag.tags),
            "owner": dag.owner,
            "schedule": str(dag.schedule),
            "catchup": dag.catchup,
            "max_active_runs": dag.max_active_runs,
            "params": sorted(dag.params),
            "tasks": {
                t.task_id: {
                    "retries": t.retries,
                    "rule": getattr(t.trigger_rule, "value", str(t.trigger_rule)),
                    "upstream": sorted(t.upstream_task_ids),
                }
                for t in dag.tasks
            },
        }
        for dag_id, dag in bag.dags.items()
    },
}
print(json.dumps(facts))
