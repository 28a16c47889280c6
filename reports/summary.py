"""The table a night ends with: the headline of each payor, side by side."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.settings import Settings
from reports import wording
from reports.figures import Figure, read_figures
from reports.health import Health, read_health
from reports.measures import CLASSES, NO_PROPOSAL, STATUSES
from reports.source import open_source
from warehouse.connection import connect

Column = dict[str, str]


def night_table(settings: Settings, payors: Sequence[str]) -> str:
    """Aligned plain text, one column per payor, of what readers see now."""
    return lay_out([(payor, _column(settings, payor)) for payor in payors])


def lay_out(columns: Sequence[tuple[str, Column]]) -> str:
    """Rows of label and values: labels to the left, values to the right."""
    labels = list(dict.fromkeys(label for _, column in columns for label in column))
    table = [["", *(payor for payor, _ in columns)]]
    table += [[label, *(column.get(label, "") for _, column in columns)] for label in labels]
    widths = [max(len(row[place]) for row in table) for place in range(len(table[0]))]
    lines = [
        "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]).rstrip()
        for row in table
    ]
    return "\n".join([lines[0], "-" * (sum(widths) + 2 * len(columns)), *lines[1:]])


def _column(settings: Settings, payor: str) -> Column:
    with connect(settings, "reporter") as conn:
        conn.execute("set transaction isolation level repeatable read, read only")
        source = open_source(conn, payor)
        figures = {figure.name: figure for figure in read_figures(source)}
        return column(figures, read_health(source))


def column(figures: dict[str, Figure], health: Health) -> Column:
    """label -> text for one payor."""
    release = health.release
    rows = {
        "Release": f"{release['release_id']} of {release['as_of']}" if release else "none yet",
        "Last night": _last_night(health),
        **_counts(figures),
        **_money(figures),
    }
    for name, count in health.gate_total.items():
        rows[f"Gates {name}"] = str(count)
    if health.is_held_back:
        rows["Stopped by"] = _stopped_by(health)
    return rows


def _stopped_by(health: Health) -> str:
    if health.blocking:
        return health.blocking[0].check_id
    return str((health.last_run or {}).get("reason") or "unfinished step")


def _last_night(health: Health) -> str:
    run = health.last_run
    return f"{run['as_of']} {run['state']}" if run else "none"


def _counts(figures: dict[str, Figure]) -> Column:
    listed = [
        ("Second opinions requested", "cases_requested"),
        ("  delivered", "cases_delivered"),
        ("  cancelled", "cases_cancelled"),
        *((f"Diagnosis {label.lower()}", f"diagnosis_{name}") for name, label in CLASSES.items()),
        ("Procedures proposed", "procedures_proposed"),
        *((f"  {_lower(label)}", f"status_{name}") for name, label in STATUSES.items()),
        ("  avoided, in closed cohorts", "procedures_avoided"),
        ("Cases without a proposal", f"status_{NO_PROPOSAL}"),
        ("Member months", "member_months"),
    ]
    return {label: _count(figures.get(name)) for label, name in listed}


def _lower(label: str) -> str:
    return label[:1].lower() + label[1:]


def _count(figure: Figure | None) -> str:
    if figure is None or figure.numerator is None:
        return "not known"
    return wording.number(figure.numerator)


def _money(figures: dict[str, Figure]) -> Column:
    rows = {}
    listed = (
        ("Modelled gross, all cohorts", "modelled_gross_all"),
        ("Modelled gross, closed cohorts", "modelled_gross"),
        ("Verified gross", "verified_gross"),
        ("Programme fees", "programme_fees"),
        ("Verified net", "verified_net"),
    )
    for label, name in listed:
        rows[label] = _amount(figures.get(name))
    net = figures.get("verified_net")
    rows["  95 % interval"] = (wording.interval(net) if net else "") or "not known"
    rows["  evidence grade"] = net.grade if net else "not known"
    roi = figures.get("roi_net")
    rows["Return on fees"] = _amount(roi)
    return rows


def _amount(figure: Figure | None) -> str:
    if figure is None or figure.value is None:
        return "not known"
    return wording.amount(figure, is_exact=True)
