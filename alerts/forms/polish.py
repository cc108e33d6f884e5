"""Polish declension, without diacritics as folded text has none (pure)."""

from __future__ import annotations

from alerts.forms.tables import Rules, Table

_HARD = "a u owi em e ie y i ow om ami ach"
_SOFTENED = "ia iu iem iowi ie i iow iom iami iach"


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
    for old, soft in (("y", "-"), ("ki", "k"), ("gi", "g")):
        rules.add(old, soft, "a ej e iej ie")
    for letter in "bcdfghjklmnprstwz":
        rules.add(f"{letter}a", letter, "- om ami ach")
        if letter in "knwl":
            for before in "bcdglmnprstwz":
                rules.add(f"{before}{letter}a", before, f"e{letter} ie{letter}")
    rules.add("ia ja", "-", "i j")
    return rules.table()


def _masculine(rules: Rules) -> None:
    for letter in "bcdfghjklmnprstvwxz":
        rules.add(letter, letter, f"- {_HARD}")
    for letter in "bcfmnpswz":
        rules.add(letter, letter, _SOFTENED)
    for old, new in (("t", "c"), ("d", "dz"), ("st", "sc"), ("zd", "zdz")):
        rules.add(old, old, f"- {_HARD}")
        rules.add(old, new, "ie i")
    for old, new in (("r", "rz"), ("k", "c"), ("g", "dz"), ("ch", "s")):
        rules.add(old, new, "e y")
    rules.add("ch", "ch", f"- {_HARD}")
    for letter in "bcdfghlmnprstwz":
        rules.add(f"{letter}ek", f"{letter}k", "a u owi iem i ow om ami ach")
        rules.add(f"{letter}ek", f"{letter}ek", "- a u owi iem i ow")
        rules.add(f"{letter}iec {letter}ec", f"{letter}c", "a u owi em e y ow om ami ach")
        rules.add(f"{letter}iec {letter}ec", "=", "- a u owi em")
        rules.add(f"{letter}el {letter}iel", f"{letter}l {letter}el {letter}iel", "a u owi em e i ow om ami ach")
        rules.add(f"{letter}er", f"{letter}r {letter}er", _HARD)
        rules.add(f"{letter}er", f"{letter}er {letter}", "ze zy")
        rules.add(f"{letter}ien", f"{letter}n", _SOFTENED)
        rules.add(f"{letter}ien", "=", f"- {_HARD} {_SOFTENED}")
    rules.add("aniec", "anc", "a u owi em e y ow om ami ach")
    rules.add("um", "u", "m a ow om ami ach")


def _adjectives(rules: Rules) -> None:
    rules.add("y", "-", "y ego emu ym i ych ymi - ow om ami ach")
    rules.add("i", "-", "i ego emu im ich imi iego iemu ow om ami ach")
    rules.add("ski cki dzki", "=", "- ego emu m ch mi")
    rules.add("ski", "s", "cy kich kim kimi")
    rules.add("cki dzki", "-", "ccy dzcy cy")
    rules.add("cki", "c", "cy")


def _feminine(rules: Rules) -> None:
    for letter in "bcdfghjklmnprstvwxz":
        rules.add(f"{letter}a", letter, "a y e o ej ie i owie")
    for old, new in (
        ("ka", "ce"),
        ("ga", "dze"),
        ("ra", "rze"),
        ("ta", "cie"),
        ("da", "dzie"),
        ("cha", "sze"),
        ("sta", "scie"),
        ("zda", "zdzie"),
    ):
        rules.add(old, new, "-")
        rules.add(old, old[:-1], "a y e o ej ie i iej")
    rules.add("ia", "i", "a e o i - ej")
    rules.add("ja", "j", "a i e o")


def _others(rules: Rules) -> None:
    for letter in "bcdfghjklmnprstvwz":
        rules.add(f"{letter}o", letter, "o a u owi em ie e y i")
    rules.add("ko", "k", "iem a i e")
    rules.add("ko", "c", "e")
    rules.add("ro", "rz", "e")
    rules.add("to", "c", "ie")
    rules.add("e", "-", "e ego emu ym ych ymi im ich imi a u em i y - om ami ach ow")
    rules.add("ie", "-", "ie iego iemu im ich imi ia iu iem ii")
    rules.add("cy", "-", "cow com cami cach czech ec iec")
    rules.add("emcy", "-", "emiec emcow emcom emcami emczech")
