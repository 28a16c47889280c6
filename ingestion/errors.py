"""Errors of ingestion. They carry places and codes, never a value of the data."""

from __future__ import annotations


class IngestionError(Exception):
    """Base class of everything this package raises on purpose."""


class ContractError(IngestionError):
    """A contract file is wrong.

    contract: its file name; where: the key path; problem: what is wrong there.
    """

    def __init__(self, contract: str, where: str, problem: str) -> None:
        self.contract = contract
        self.where = where
        self.problem = problem
        super().__init__(f"contract {contract}, {where}: {problem}")


class UnknownContractError(ContractError):
    """There is no contract of that name."""


class Refused(IngestionError):
    """A whole file is refused.

    code: key of `messages.RULES`; line: 1-based physical line; field: a contract column name;
    found: one of `messages.FOUND` with an optional count.
    """

    def __init__(
        self,
        code: str,
        line: int | None = None,
        field: str | None = None,
        found: str | None = None,
    ) -> None:
        self.code = code
        self.line = line
        self.field = field
        self.found = found
        super().__init__(f"{code} line {line or '-'} field {field or '-'}")


class Held(Refused):
    """A whole file waits for a steward; nothing of it enters before.

    earlier: receipt it may be a second version of; columns: contract columns of its header.
    """

    def __init__(
        self,
        code: str,
        line: int | None = None,
        field: str | None = None,
        found: str | None = None,
        earlier: int | None = None,
        columns: tuple[str, ...] = (),
    ) -> None:
        super().__init__(code, line, field, found)
        self.earlier = earlier
        self.columns = columns


class FileUnreadableError(IngestionError):
    """A file is not there or cannot be read. errno: the system's number; the name stays out."""

    def __init__(self, errno: int | None) -> None:
        self.errno = errno
        super().__init__(f"E-READ a file cannot be read (errno {errno})")


class LoadFailedError(IngestionError):
    """The database did not take a file; nothing of it was stored, and it may be tried again.

    sqlstate: the database's error class (the database's own text may quote data and is dropped).
    """

    def __init__(self, receipt_id: int, sqlstate: str | None) -> None:
        self.receipt_id = receipt_id
        self.sqlstate = sqlstate
        super().__init__(f"receipt {receipt_id}: the database answered {sqlstate or 'nothing'}")
