"""Both courses of every case, for the answer key: what no file can say."""

from __future__ import annotations

from typing import Any

import numpy as np

from simulation.cases import Case
from simulation.episodes import TAIL_DAYS
from simulation.history import History
from simulation.office import paid_of
from simulation.timeline import NEVER, calendar_day, month_of

CaseTruth = dict[str, Any]


def case_truths(
    history: History, drafts: dict[int, Case], clinical: dict[int, str]
) -> dict[str, CaseTruth]:
    """Truth by consultation id, for delivered and cancelled cases of the block."""
    triggers = history.triggers
    costs = _costs(history, set(drafts))
    rows = {row.Index: row for row in triggers.loc[list(drafts)].itertuples()}
    return {
        case.consultation_id: _case(rows[trigger], case, clinical[trigger], costs.get(trigger, []))
        for trigger, case in drafts.items()
    }


def _case(row: Any, case: Case, clinical: str, costs: list[dict[str, Any]]) -> CaseTruth:
    return {
        "family": case.family.family_id,
        "status": case.status,
        "position": case.position,
        "severity": round(float(row.u), 6),
        "t0": calendar_day(row.t0_day).isoformat(),
        "matures_day": int(row.defer_end_day),
        "clinical_class": clinical,
        "miscoded": bool(case.miscoded),
        "p0": round(float(row.p0), 6),
        "p1": round(float(row.p1), 6),
        "operated": {"without": bool(row.y0), "with": bool(row.y1)},
        "operation_date": {"without": _day(row.y0_day), "with": _day(row.y1_day)},
        "performed_before": bool(row.performed_before),
        "death_date": {"without": _day(row.death0_day), "with": _day(row.death1_day)},
        "costs": costs,
        "fee": int(row.fee),
    }


def _day(number: int) -> str | None:
    """ISO day; none for never, and for days past any horizon."""
    if number == NEVER or number > 365 * 30:
        return None
    return calendar_day(number).isoformat()


def _costs(history: History, wanted: set[int]) -> dict[int, list[dict[str, Any]]]:
    """Dated costs of the window by month and component: allowed and paid, in both courses."""
    care, triggers = history.care, history.triggers
    at = care["trigger"].to_numpy()
    mask = np.zeros(len(triggers), dtype=bool)
    mask[list(wanted)] = True
    first = triggers["t0_day"].to_numpy()[at]
    last = triggers["defer_end_day"].to_numpy()[at] + TAIL_DAYS
    day = care["day"].to_numpy()
    inside = care[mask[at] & (day >= first) & (day <= last)]
    large = inside["kind"].isin(("operation", "induced")).to_numpy()
    table = inside.assign(
        month=month_of(inside["day"].to_numpy()), paid=paid_of(inside["amount"].to_numpy(), large)
    )
    for course in ("0", "1"):
        for name in ("amount", "paid"):
            table[f"{name}{course}"] = table[name].where(table[f"in{course}"], 0)
    sums = table.groupby(["trigger", "month", "component"], sort=True)[
        ["amount0", "amount1", "paid0", "paid1"]
    ].sum()
    out: dict[int, list[dict[str, Any]]] = {}
    for row in sums.reset_index().itertuples(index=False):
        out.setdefault(int(row.trigger), []).append(
            {
                "month": int(row.month),
                "component": row.component,
                "allowed": {"without": int(row.amount0), "with": int(row.amount1)},
                "paid": {"without": int(row.paid0), "with": int(row.paid1)},
            }
        )
    return out
