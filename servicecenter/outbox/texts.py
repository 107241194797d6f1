"""Words that are made when a mail is sent, and stand in no table: a link that opens an account is a secret."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Text:
    subject: str
    text: str
    html: str = ""


class NothingToSay(Exception):
    """The reason for the mail has gone since it was queued; the text says why, for the administrator."""


Maker = Callable[[dict], Text]
_makers: dict[str, Maker] = {}


def text_maker(name: str) -> Callable[[Maker], Maker]:
    """Register a function under the name that mails are queued with. It runs in the mail's scope; apps do this in
    `AppConfig.ready`, so that a worker knows it too. It may raise NothingToSay."""

    def register(maker: Maker) -> Maker:
        if _makers.setdefault(name, maker) is not maker:
            raise ValueError(f"Two functions make the text {name}.")
        return maker

    return register


def knows(name: str) -> bool:
    return name in _makers


def make(name: str, data: dict) -> Text:
    return _makers[name](data)
