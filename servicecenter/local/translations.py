"""The Danish catalogue: found in the code, brought up to date, checked and compiled without GNU gettext.

python -m servicecenter.local.translations compile|check|update [--with PIECE.po ...]

`update` adds new strings and drops those that no code uses; a string that lacks its Danish may take it from a piece.
`check` fails on strings that are missing, untranslated, fuzzy, no longer used, or broken in their placeholders.
"""

import argparse
import io
import os
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

from servicecenter.local.places import CHECKOUT

CATALOGUE = CHECKOUT / "servicecenter" / "locale" / "da" / "LC_MESSAGES" / "django.po"
SOURCES = ["billing", "municipalities", "servicecenter", "templates", "tickets"]
TEMPLATES = {".html", ".txt"}
LAZY = {f"{name}_lazy": DEFAULT_KEYWORDS[name] for name in ("gettext", "ngettext", "pgettext", "npgettext")}
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[sd]|\{\w*\}")
FIELDS_THAT_ONLY_AGE = (
    b'"Report-Msgid-Bugs-To',
    b'"POT-Creation-Date',
    b'"PO-Revision-Date',
    b'"Last-Translator',
    b'"Language-Team',
    b'"Generated-By',
)
KEYWORDS = DEFAULT_KEYWORDS | LAZY | {"gettext_noop": None}


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="translations", description=__doc__)
    parser.add_argument("action", choices=["compile", "check", "update"])
    parser.add_argument("--with", dest="pieces", nargs="*", type=Path, default=[], metavar="PIECE.po")
    options = parser.parse_args(arguments)
    if options.action == "compile":
        compile_catalogue(read(CATALOGUE), CATALOGUE.with_suffix(".mo"))
        return 0
    if options.action == "update":
        write(updated(read(CATALOGUE), strings_of_the_code(), [read(piece) for piece in options.pieces]), CATALOGUE)
    faults = list(faults_of(read(CATALOGUE), strings_of_the_code()))
    print(*faults, sep="\n", end="\n" if faults else "")
    return 1 if faults else 0


def strings_of_the_code(checkout: Path = CHECKOUT) -> Catalog:
    found = Catalog(locale="da", project="Servicecenter")
    for path in _sources(checkout):
        code = path.read_text(encoding="utf-8")
        if path.suffix in TEMPLATES:
            code = f"({templatize(code, origin=str(path))})"  # within brackets the indents of a page mean nothing
        for line, string, comments, context in extract("python", io.BytesIO(code.encode()), KEYWORDS, ["Translators:"]):
            place = (path.relative_to(checkout).as_posix(), line)
            found.add(string, locations=[place], auto_comments=comments, context=context)
    return found


def _sources(checkout: Path) -> Iterator[Path]:
    for folder in SOURCES:
        for path in sorted((checkout / folder).rglob("*")):
            if path.suffix in TEMPLATES | {".py"} and "migrations" not in path.parts:
                yield path


def updated(catalogue: Catalog, used: Catalog, pieces: Iterable[Catalog] = ()) -> Catalog:
    """The strings in use, with their Danish from the catalogue or else from the first piece that has it."""
    result = Catalog(locale="da", project="Servicecenter", header_comment="", fuzzy=False)
    for message in used:
        if message.id:
            danish = next(
                (text for source in (catalogue, *pieces) if (text := _danish(source, message))), message.string
            )
            result.add(
                message.id,
                danish,
                locations=message.locations,
                flags=message.flags - {"fuzzy"},
                auto_comments=message.auto_comments,
                context=message.context,
            )
    return result


def _danish(source: Catalog, message: Message) -> Any:
    """A plural that the source knows only in the singular counts as unknown, and the other way round."""
    known = source.get(message.id, message.context)
    if known is None or not is_translated(known) or known.pluralizable != message.pluralizable:
        return None
    return known.string


def is_translated(message: Message) -> bool:
    texts = message.string if isinstance(message.string, (list, tuple)) else [message.string]
    return bool(texts) and all(texts) and not message.fuzzy


def faults_of(catalogue: Catalog, used: Catalog) -> Iterator[str]:
    """One line per fault; none means that the catalogue is complete."""
    for message in used:
        if message.id:
            known = catalogue.get(message.id, message.context)
            if known is None or known.pluralizable != message.pluralizable:
                yield f"{_place(message)}: missing in the catalogue: {_first(message)!r}"
            elif not is_translated(known):
                yield f"{_place(message)}: {'fuzzy' if known.fuzzy else 'untranslated'}: {_first(message)!r}"
    for message in catalogue:
        if message.id and used.get(message.id, message.context) is None:
            yield f"{CATALOGUE.name}: no longer used: {_first(message)!r}"
        if message.id and is_translated(message) and not _has_same_placeholders(message):
            yield f"{CATALOGUE.name}: other placeholders than in English: {_first(message)!r}"


def _has_same_placeholders(message: Message) -> bool:
    """All of them, and no others. A plural may leave out the number where it says “one”."""
    english, danish = _placeholders(message.id), _placeholders(message.string)
    return set().union(*danish) <= set().union(*english) and (message.pluralizable or danish == english)


def _placeholders(texts: Any) -> list[set[str]]:
    return [set(PLACEHOLDER.findall(text)) for text in (texts if isinstance(texts, (list, tuple)) else [texts])]


def _place(message: Message) -> str:
    return "{}:{}".format(*message.locations[0])


def _first(message: Message) -> str:
    return str(message.id[0] if message.pluralizable else message.id)


def read(path: Path) -> Catalog:
    if not path.exists():
        return Catalog(locale="da", project="Servicecenter")
    with path.open("rb") as file:
        return read_po(file, locale="da", abort_invalid=True)


def write(catalogue: Catalog, path: Path) -> None:
    """In the order of the strings and without line numbers, so that a change touches only its own lines."""
    path.parent.mkdir(parents=True, exist_ok=True)
    buffer = io.BytesIO()
    write_po(buffer, catalogue, width=110, sort_output=True, include_lineno=False)
    lines = buffer.getvalue().lstrip().splitlines(keepends=True)
    _replace(path, b"".join(line for line in lines if not line.startswith(FIELDS_THAT_ONLY_AGE)))


def compile_catalogue(catalogue: Catalog, path: Path) -> None:
    buffer = io.BytesIO()
    write_mo(buffer, catalogue)
    _replace(path, buffer.getvalue())


def _replace(path: Path, content: bytes) -> None:
    """Whole or not at all: a server may be reading it."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.write_bytes(content)
    draft.replace(path)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
