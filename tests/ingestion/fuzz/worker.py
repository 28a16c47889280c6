"""A child process that checks files it is told of, within a limit of memory.

One job a line (path, tab, layout or nothing); one answer a line (JSON of what was said of it).
Whatever else it prints, or how it ends, is for its parent to judge.
"""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path

MEMORY = 2 << 30


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    from ingestion.check import check_file

    for line in sys.stdin:
        path, _, layout = line.rstrip("\n").partition("\t")
        report = check_file(Path(path), layout or None)
        said = {**report.as_json(), "text": report.as_text()}
        print(json.dumps(said), flush=True)


if __name__ == "__main__":
    main()
