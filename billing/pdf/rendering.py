"""A template and its data become a PDF: PDF/UA-1 and PDF/A-2a, without the network and without the clock."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import typst

from billing.pdf.fonts import collection

FOLDER = Path(__file__).parent
STANDARDS: Any = ["ua-1", "a-2a"]


def render(template: str, data: dict, *, at: datetime) -> bytes:
    """The PDF of `template` (a .typ file beside this one) with `data`.

    `at` is the instant that the document bears, an aware datetime: that of its figures, not that of printing, so that
    the same figures are the same bytes. Raises typst.TypstError for a template that does not compile.
    """
    result = typst.compile(
        FOLDER / template, root=FOLDER, font_paths=collection(), ignore_system_fonts=True, format="pdf",
        sys_inputs={"data": json.dumps(data, ensure_ascii=False, sort_keys=True)}, pdf_standards=STANDARDS,
        timestamp=int(at.timestamp()),
    )  # fmt: skip
    if not isinstance(result, bytes):
        raise TypeError("typst gave no PDF")
    return result
