"""Zip archives, good and hostile, written entry by entry."""

from __future__ import annotations

import io
import stat
import warnings
import zipfile


def zipped(*entries: tuple[str, bytes], mode: int = stat.S_IFREG | 0o644) -> bytes:
    """An archive of (name, content) entries, names taken as they are."""
    out = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        warnings.simplefilter("ignore")  # names that come twice are meant
        for name, content in entries:
            info = zipfile.ZipInfo("x")
            info.filename = name
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = mode << 16
            archive.writestr(info, content)
    return out.getvalue()


def encrypted(content: bytes) -> bytes:
    """A good archive whose entry says that it is encrypted."""
    whole = bytearray(zipped(("file.csv", content)))
    whole[6] |= 1
    whole[whole.rindex(b"PK\x01\x02") + 8] |= 1
    return bytes(whole)


def understated(content: bytes) -> bytes:
    """An archive that declares one byte less than it holds."""
    whole = bytearray(zipped(("file.csv", content)))
    at = whole.rindex(b"PK\x01\x02") + 24
    size = int.from_bytes(whole[at : at + 4], "little") - 1
    whole[at : at + 4] = size.to_bytes(4, "little")
    return bytes(whole)
