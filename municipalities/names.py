"""Danish alphabetical order. The embedded server has no Danish collation, so names are sorted by a stored key."""

import unicodedata

_LAST = {"æ": "{", "ø": "|", "å": "}"}


def sort_key(name: str) -> str:
    """A text that sorts by plain bytes as Danish sorts: æ, ø, å last, aa as å, accents ignored."""
    folded = name.casefold().replace("aa", "å")
    letters = (
        _LAST.get(char) or unicodedata.normalize("NFKD", char)[0] for char in unicodedata.normalize("NFC", folded)
    )
    return "".join(letters)


def initials(name: str) -> str:
    """First letters of the first and last name, as on the round badge."""
    words = name.split()
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper() if words else ""
