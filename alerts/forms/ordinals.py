"""Endings written after the figures of an ordinal number: 47-ма, 47-ї, 47th (pure)."""

from __future__ import annotations

_UKRAINIAN = "й ий го ого му ому м им ім та тя ма ша га ва а я ї ої тої мої шої ій тій мій шій ту тю му шу гу ву у ю"
_UKRAINIAN += " ою тою мою шою ті те ге ме ше е і их тих ми ими"
_RUSSIAN = "й ый ий ой го ого его му ому ему м ым им ом ем я ая яя ей ю ую юю е ое ее ые ие х ых их ми ыми ими"
_ENDINGS = (frozenset((*_UKRAINIAN.split(), *_RUSSIAN.split())), frozenset(("st", "nd", "rd", "th")))


def same(ending: str) -> frozenset[str] | None:
    """Every ending that the same number may have in another case; None for what is no such ending."""
    return next((endings for endings in _ENDINGS if ending in endings), None)
