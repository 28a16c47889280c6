"""Write docs/gates.md from the catalogue: `python -m expectations.docs` (--check compares)."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from expectations.register import GATES, HERE, Check, checks_of

PAGE = HERE.parent / "docs" / "gates.md"
HEAD = HERE / "gates_head.md"
TITLES = {
    "raw": "Raw: what came in tonight",
    "intermediate": "Intermediate: claims, coverage and cases",
    "marts": "Marts: what is about to be published",
}


def render() -> str:
    """The whole page."""
    sections = [HEAD.read_text(encoding="utf-8").rstrip()]
    for gate in GATES:
        sections.append(f"## {TITLES[gate]}")
        sections.append("\n".join([*_TABLE_HEAD, *(_line(check) for check in checks_of(gate))]))
    return "\n\n".join(sections) + "\n"


_TABLE_HEAD = (
    "| Check | Question | Relation | Rule | Severity | Not applicable when | Endangers |",
    "|---|---|---|---|---|---|---|",
)


def _line(check: Check) -> str:
    where = f"`{check.relation}`" + (f" `{check.column}`" if check.column else "")
    reasons = ", ".join(f"`{name}`" for name in check.na_rules) or "never"
    cells = (
        f"`{check.check_id}`",
        check.question,
        where,
        _rule(check),
        check.severity,
        reasons,
        check.marts_endangered,
    )
    return "| " + " | ".join(cells) + " |"


def _rule(check: Check) -> str:
    options = check.options
    name = f"[SQL](../expectations/rules/{check.check_id}.sql)" if check.check == "rule" else ""
    words = {
        "rule": name,
        "not_null": "not empty",
        "between": f"from {options.get('min')} to {options.get('max')}",
        "in_set": "one of: " + ", ".join(map(str, options.get("values", []))),
        "matches": "matches a pattern",
    }[check.check]
    share = options.get("mostly")
    return words if share is None else f"{words}, at least {100 * share:g} %"


def main(arguments: Sequence[str]) -> int:
    """Write the page, or with --check say whether it is up to date."""
    page = render()
    if "--check" in arguments:
        return 0 if _is_current(PAGE, page) else 1
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(page, encoding="utf-8")
    return 0


def _is_current(path: Path, page: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == page


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
