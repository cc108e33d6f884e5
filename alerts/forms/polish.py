"""Polish declension, without diacritics, as folded text has none (pure)."""

from __future__ import annotations

from alerts.forms.tables import Rules, Table

_HARD = "a u owi em ie e y i owie ow om ami ach"
_SOFT = "ia iu iem iowi ie i iow iom iami iach"
_CONSONANTS = "bcdfghjklmnprstvwxz"


def names() -> Table:
    """What capitalised words become: a man's name no woman's, a woman's no plural."""
    return _names().table()


def words() -> Table:
    """What common words become: adjectives in every gender, feminine and neuter nouns in the plural."""
    rules = _names()
    for letter in "bcdfhjlmnprstwz":
        rules.add(f"{letter}y", letter, "a ej e")
    rules.add("ki gi", "=", "ej e")
    rules.add("ki", "k", "a")
    rules.add("gi", "g", "a")
    rules.add("ni pi wi", "=", "a ej e")
    for letter in "nwtclzr":  # rakieta balistyczna, rakiet balistycznych
        rules.add(f"{letter}a", letter, "e ych ym ymi")
    rules.add("ka", "k", "ie ich im imi")
    for letter in _CONSONANTS:
        rules.add(f"{letter}a {letter}o", letter, "- om ami ach")
    for before in "bcdglmnprstwz":
        for letter in "knwlr":
            rules.add(f"{before}{letter}a {before}{letter}o", before, f"e{letter} ie{letter}")
    rules.add("ia ja", "-", "i j")
    rules.add("nie cie", "-", "n c")
    rules.add("jna", "jen", "-")
    return rules.table()


def _names() -> Rules:
    rules = Rules()
    _masculine(rules)
    _fleeting(rules)
    _foreign(rules)
    _adjectives(rules)
    _feminine(rules)
    _neuter(rules)
    _plural(rules)
    return rules


def _masculine(rules: Rules) -> None:
    for letter in _CONSONANTS:
        rules.add(letter, letter, _HARD)
    for letter in "bcfmnpswz":
        rules.add(letter, letter, _SOFT)
    rules.add("k g", "=", "iem")
    rules.add("rzec", "rc", "a u owi em e y ow")
    for old, new in (("t", "cie ci"), ("d", "dzie dzi"), ("st", "scie sci"), ("zd", "zdzie"), ("r", "rze rzy")):
        rules.add(old, new, "-")
    for old, new in (("k", "cy ce"), ("g", "dzy dze"), ("ch", "si sze"), ("sl", "slow")):
        rules.add(old, new, "-")
    for old, new in (("ad", "edzie"), ("at", "ecie"), ("az", "ezi ez"), ("ab", "eb")):  # Dąb, Dębu; Zjazd, zjeździe
        rules.add(old, new, "- a u owi em ie y")
    rules.add("lab", "leb", "ia iowi iem iu ie")  # Gołąb
    rules.add("azd iazd", "ezdzie", "-")
    rules.add("anin", "an", "ie - om ami ach")


def _fleeting(rules: Rules) -> None:
    """Where the last vowel drops: Czarnek, Czarnka; Sosnowiec, Sosnowca; Paweł, Pawła."""
    for letter in "bcdfghklmnprstwz":
        rules.add(f"{letter}ek {letter}iek", f"{letter}k", "a u owi iem i ow om ami ach cie")
        rules.add(f"{letter}iec {letter}ec", f"{letter}c", "a u owi em e y ow om ami ach")
        rules.add(f"{letter}iec {letter}ec", letter, "cze")
        rules.add(f"{letter}el {letter}iel", f"{letter}l", "a u owi em e i ow om ami ach")
        rules.add(f"{letter}er", f"{letter}r", _HARD)
        rules.add(f"{letter}er", letter, "rze rzy")
        rules.add(f"{letter}ien {letter}en", f"{letter}n", _SOFT)
        rules.add(f"{letter}iew", f"{letter}w", "a u owi em ie")
        rules.add(f"{letter}iol", f"{letter}l", "a owi em e y ow")  # Kozioł
    rules.add("rzel", "rl", "a owi em e y ow")
    rules.add("ystok", "egostoku emustokowi ymstokiem ymstoku", "-")  # Białystok is two words


def _foreign(rules: Rules) -> None:
    """Foreign names: Romneya, Kennedy'ego, Farage'a, Fico i Ficy, Putina."""
    for vowel in "aeou":
        rules.add(f"{vowel}y", f"{vowel}y", "a owi em u")
    rules.add("u", "u", "a owi em")
    for vowel in "aeiouy":
        rules.add(vowel, vowel, "'a 'owi 'em 'u 'ie 'ego 'emu 'm 'go 'mu")
    for letter in _CONSONANTS:
        rules.add(letter, letter, "'a 'owi 'em 'u 'ie")
    rules.add("e y", "=", "go mu m ego emu")


def _adjectives(rules: Rules) -> None:
    rules.add("y", "-", "y ego emu ym i ych ymi")
    rules.add("i", "=", "- ego emu m ch mi")
    rules.add("ry", "rz", "y")
    rules.add("ski", "sc", "y")
    rules.add("cki", "cc", "y")
    rules.add("a", "-", "a ej")


def _feminine(rules: Rules) -> None:
    for letter in _CONSONANTS:
        rules.add(f"{letter}a", letter, "a y e o ie i owie om ach ow")
    for old, new in (("ka", "ce"), ("ga", "dze"), ("ra", "rze"), ("ta", "cie"), ("da", "dzie"), ("cha", "sze"),
                     ("sta", "scie"), ("zda", "zdzie"), ("sla", "sle")):  # fmt: skip
        rules.add(old, new, "-")
    rules.add("ka", "ki", "ej")
    rules.add("ia", "i", "a e o i - ej")
    rules.add("ea", "e", "a e i o")
    for letter in "ndstczjlw":
        rules.add(letter, letter, "ia i")
    for letter in "sncdz":  # Łódź, wieś, sól
        rules.add(letter, letter, "ia")


def _neuter(rules: Rules) -> None:
    rules.add("o", "-", "o a u owi em ie e y i ow")
    rules.add("ko", "ki", "em")
    rules.add("ko", "c", "e")
    rules.add("ro", "rz", "e")
    rules.add("to", "ci", "e")
    rules.add("do", "dzi", "e")
    rules.add("e", "-", "e u a em ego emu ym im")
    rules.add("ie", "i", "a u em ego emu m i")
    rules.add("um", "u", "m a ow om ami ach")


def _plural(rules: Rules) -> None:
    rules.add("y i e", "-", "- ow om ami ach i y ych ym ymi ich im imi")
    rules.add("chy", "sz", "ech")
    rules.add("gry", "gier grzech", "-")
    for old, stem in (("ci", "t"), ("sci", "st"), ("dzi", "d"), ("cy", "k"), ("dzy", "g"), ("rzy", "r"), ("si", "ch"),
                      ("owie", "-")):  # fmt: skip
        rules.add(old, stem, "ow om ami ach -")
    rules.add("cy", "c", "ech - ow om ami ach")
    rules.add("scy", "sk", "ich im imi")
    rules.add("ccy", "ck", "ich im imi")
    rules.add("mcy", "m", "iec czech")
    rules.add("ni", "n", "ych ym ymi ow om ami ach -")
    rules.add("anie", "an", "- ow om ami ach")
    rules.add("ie", "i", "- om ami ach")
    for before in "bcdglmnprstwz":
        rules.add(f"{before}ki", before, "ek")
        rules.add(f"{before}ny {before}wy {before}ry", before, "en ien ew ier")
