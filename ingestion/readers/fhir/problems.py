"""What makes one resource unfit to be taken in."""

from __future__ import annotations


class Unfit(Exception):
    """The resource is quarantined. code: key of `messages.RULES`; field: a canonical column."""

    def __init__(self, code: str, field: str | None = None) -> None:
        self.code = code
        self.field = field
        super().__init__(f"{code} field {field or '-'}")


class Unused(Exception):
    """The resource is known and says nothing to store. code: an I- code of `messages.RULES`."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)
