"""Whether a file is the payor's own, by what it says outside its rows."""

from __future__ import annotations

from ingestion.errors import Refused
from ingestion.reader import FileReader
from ingestion.source import SourceReader
from ingestion.terms import Terms


def verify_owner(reader: FileReader | SourceReader, terms: Terms) -> None:
    """Raises Refused E-TENANT for a trailer or an envelope of another payor.

    An envelope is looked at when the payor's names were agreed: sender or receiver is one of them.
    """
    if isinstance(reader, FileReader):
        trailer = reader.trailer
        if trailer and trailer.payor and trailer.payor not in terms.own_names:
            raise Refused("E-TENANT", trailer.line, found="unknown-code")
        return
    if terms.deliveries.names and not all(
        set(party).intersection(terms.own_names) for party in reader.parties
    ):
        raise Refused("E-TENANT", found="unknown-code")
