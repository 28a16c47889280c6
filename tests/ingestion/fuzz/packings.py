"""The ways a file is packed, and what can be got out of a packed file that was cut."""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib


def plain(content: bytes) -> bytes:
    return content


def gzipped(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)


def zipped(content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("claims.csv", content)
    return out.getvalue()


def members(content: bytes) -> bytes:
    """Gzip in several members, as concatenated files are."""
    step = max(1, len(content) // 5)
    parts = [content[at : at + step] for at in range(0, len(content), step)]
    return b"".join(gzip.compress(part, mtime=0) for part in parts)


PACKINGS = {"plain": plain, "gzip": gzipped, "zip": zipped, "members": members}


def whole_text(data: bytes, packing: str) -> bytes | None:
    """The text of a cut file where the cut left a complete container, else None."""
    if packing == "plain":
        return data
    if packing == "zip":
        return None
    text = b""
    while data:
        member = zlib.decompressobj(wbits=31)
        try:
            text += member.decompress(data)
        except zlib.error:
            return None
        if not member.eof:
            return None
        data = member.unused_data
    return text
