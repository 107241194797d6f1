"""The typeface of the pages for typst, which reads TrueType but not WOFF.

A WOFF file is a TrueType file whose tables are compressed one by one (W3C WOFF 1.0); unpacked it is what typst wants.
The files come with the design system at set-up; nothing is fetched, and no font of the machine is used.
"""

import functools
import struct
import tempfile
import zlib
from pathlib import Path

import typst
from django.contrib.staticfiles import finders
from django.core.exceptions import ImproperlyConfigured

FAMILY = "IBM Plex Sans"
_STYLES = ("Regular", "SemiBold", "Bold")
_HEADER, _ENTRY, _TABLE = struct.Struct(">4s4sIHHIHHIIIII"), struct.Struct(">4sIIII"), struct.Struct(">4sIII")


@functools.cache
def collection() -> typst.Fonts:
    """The three weights we print with, and typst's own typefaces as a fallback for signs they lack."""
    folder = Path(_folder().name)
    for style in _STYLES:
        (folder / f"{style}.ttf").write_bytes(unpacked(_path(style).read_bytes()))
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=[folder])


@functools.cache
def _folder() -> tempfile.TemporaryDirectory:
    """Typst opens fonts when it needs them, so the folder lives as long as the process."""
    return tempfile.TemporaryDirectory(prefix="servicecenter-fonts-")


def unpacked(woff: bytes) -> bytes:
    """The TrueType (or OpenType) file inside a WOFF file. Raises ValueError for anything else."""
    signature, flavour, _length, count, *_rest = _HEADER.unpack_from(woff)
    if signature != b"wOFF":
        raise ValueError("not a WOFF file")
    entries = [_ENTRY.unpack_from(woff, _HEADER.size + place * _ENTRY.size) for place in range(count)]
    offset = 12 + count * _TABLE.size
    directory, tables = b"", b""
    for tag, start, packed, size, checksum in entries:
        data = woff[start : start + packed]
        data = zlib.decompress(data) if packed < size else data
        directory += _TABLE.pack(tag, checksum, offset + len(tables), size)
        tables += data + b"\0" * (-size % 4)
    power = 1 << (count.bit_length() - 1)
    search = struct.pack(">HHHH", count, power * 16, power.bit_length() - 1, (count - power) * 16)
    return flavour + search + directory + tables


def _path(style: str) -> Path:
    name = f"dkfds/fonts/IBMPlexSans/complete/woff/IBMPlexSans-{style}.woff"
    found = finders.find(name)
    if not found:
        raise ImproperlyConfigured(f"{name} is missing. Run make setup: it comes with the package dkfds.")
    return Path(str(found))
