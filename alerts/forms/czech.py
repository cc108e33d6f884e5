"""Czech declension, without diacritics as folded text has none (pure)."""

from __future__ import annotations

from alerts.forms.tables import Rules, Table

_HARD = "a u ovi em e i y u ove um ech ich"


def names() -> Table:
    """What capitalised words become."""
    rules = Rules()
    _masculine(rules)
    _adjectives(rules)
    _feminine(rules)
    _others(rules)
    return rules.table()


def words() -> Table:
    """What common words become: adjectives in every gender, feminine nouns in the plural."""
    rules = Rules(names())
    rules.add("y", "-", "a e ou")
    rules.add("i", "-", "iho")
    for letter in "bcdfghjklmnprstvz":
        rules.add(f"{letter}a", letter, "- am ami ach")
    return rules.table()


def _masculine(rules: Rules) -> None:
    for letter in "bcdfghjklmnprstvwxz":
        rules.add(letter, letter, f"- {_HARD}")
    for old, new in (("k", "c"), ("h", "z"), ("ch", "s"), ("g", "z"), ("r", "r")):
        rules.add(old, new, "i e ich")
        rules.add(old, old, f"- {_HARD}")
    for letter in "bcdfghlmnprstvz":
        rules.add(f"{letter}ek", f"{letter}k {letter}ek", _HARD)
        rules.add(f"{letter}ek", f"{letter}c {letter}ec", "i ich")
        rules.add(f"{letter}ec", f"{letter}c {letter}ec", f"{_HARD} u")
        rules.add(f"{letter}el {letter}er {letter}en", "=", _HARD)
        rules.add(f"{letter}el", f"{letter}l", _HARD)
        rules.add(f"{letter}er", f"{letter}r", _HARD)
        rules.add(f"{letter}en", f"{letter}n", f"{_HARD} i")
    rules.add("um", "um om u", "- u em a e y")
    rules.add("us", "us -", f"- {_HARD}")


def _adjectives(rules: Rules) -> None:
    rules.add("y", "-", "y eho emu em ym ych ymi i ove u um ech")
    rules.add("i", "-", "i iho imu im ich imi ho mu m u")
    rules.add("sky", "s", "ky keho kemu kem kym ti kych kymi tich tim")
    rules.add("cky", "c", "ky keho kemu kem kym ti kych kymi tich tim")


def _feminine(rules: Rules) -> None:
    for letter in "bcdfghjklmnprstvwxz":
        rules.add(f"{letter}a", letter, "a y e u o ou i ovi")
    for old, new in (("ka", "ce"), ("ga", "ze"), ("ha", "ze"), ("cha", "se")):
        rules.add(old, new, "-")
        rules.add(old, old[:-1], "a y e u o ou i ovi e")
    rules.add("ia ea", "-", "ia ie ii iu io iou i ea eu ee ei")
    rules.add("ova", "ov", "a e ou u y")


def _others(rules: Rules) -> None:
    rules.add("o", "-", "o a u em ovi e y")
    rules.add("e", "-", "e i u em ich im emi eho emu ym ych ymi - ete")
    rules.add("ie", "-", "ie ii i iich iim iemi")
    rules.add("ost", "ost", "- i mi em ech")
