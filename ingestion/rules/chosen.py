"""Which rules of a feed hold for a layout, and what becomes of the rows that break them."""

from __future__ import annotations

from dataclasses import replace

from ingestion.contract import Feed, Layout
from ingestion.rules.rule import Rule

DEFAULT = "default"


def rules_of(feed: Feed, layout: Layout) -> list[Rule]:
    """Rules that are not switched off, with the layout's own actions."""
    said = layout.row_rules
    rules = [
        replace(rule, action=said.get(rule.name, said.get(DEFAULT, rule.action)))
        for rule in feed.rules
    ]
    return [rule for rule in rules if rule.action != "off"]


def may_hold(rule: Rule, layout: Layout) -> bool:
    """Whether the rule can put rows into quarantine, at once or beyond a share."""
    return rule.action == "quarantine" or rule.code in layout.limits


def holds(rule: Rule, broken: int, rows: int, layout: Layout) -> bool:
    """Whether the rows that break the rule are quarantined. A warning is, beyond its share."""
    if rule.action == "quarantine":
        return True
    limit = layout.limits.get(rule.code)
    return limit is not None and limit.is_passed(broken, rows)
