"""Reads parsed YAML strictly: every complaint names the contract and the place in it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ingestion.errors import ContractError


class Node:
    """One mapping of a contract file, read with a complaint that names its place."""

    def __init__(self, contract: str, where: str, value: Any) -> None:
        if not isinstance(value, dict):
            raise ContractError(contract, where, "is not a mapping")
        self.contract, self.where, self.value = contract, where, value

    def fail(self, key: str, problem: str) -> ContractError:
        return ContractError(self.contract, f"{self.where}.{key}".lstrip("."), problem)

    def only(self, *keys: str) -> None:
        for key in self.value:
            if key not in keys:
                raise self.fail(str(key), "is not a key of this contract")

    def get(self, key: str, kind: type | tuple[type, ...]) -> Any:
        if key not in self.value:
            raise self.fail(key, "is missing")
        return self._typed(key, self.value[key], kind)

    def optional(self, key: str, kind: type, default: Any) -> Any:
        return self._typed(key, self.value[key], kind) if key in self.value else default

    def _typed(self, key: str, value: Any, kind: type | tuple[type, ...]) -> Any:
        # bool is an int in Python, not in a contract
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is int):
            raise self.fail(key, "has the wrong type")
        return value

    def choice(self, key: str, allowed: Iterable[str]) -> str:
        value = self.get(key, str)
        if value not in allowed:
            raise self.fail(key, f"is not one of {', '.join(allowed)}")
        return str(value)

    def names(self, key: str, allowed: Iterable[str] | None = None) -> tuple[str, ...]:
        values = self.get(key, list)
        for value in values:
            if not isinstance(value, str):
                raise self.fail(key, "holds something that is not text (quote it)")
            if allowed is not None and value not in allowed:
                raise self.fail(key, f"names {value}, which is unknown here")
        return tuple(values)

    def node(self, key: str) -> Node:
        return Node(self.contract, f"{self.where}.{key}".lstrip("."), self.get(key, dict))

    def nodes(self) -> list[tuple[str, Node]]:
        return [(str(key), self.node(key)) for key in self.value]
