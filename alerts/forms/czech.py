"""Czech declension, without diacritics, as folded text has none (pure)."""

from __future__ import annotations

from alerts.forms.tables import Rules, Table

_HARD = "a u ovi em e i y um ech ich"
_OF_THE_NAME = "uv ova ovo ovu ovy ove ovou ovych ovym ovymi"
_CONSONANTS = "bcdfghjklmnprstvwxz"


def names() -> Table:
    """What capitalised words become: a man's name no woman's, a woman's no plural."""
    rules = _names()
    for letter in _CONSONANTS:
        rules.add(letter, letter, "ove")  # a family; brexitové is an adjective
        rules.add(letter, letter, "uv ovo ovu ovy ovych ovym ovymi")  # his: Trumpův; Trumpova may be she
    return rules.table()


def words() -> Table:
    """What common words become: adjectives in every gender, feminine and neuter nouns in the plural."""
    rules = _names()
    for letter in _CONSONANTS:
        rules.add(f"{letter}y", letter, "a e ou")
    for letter in "nvktlrc":  # řízená střela, řízených střel
        rules.add(f"{letter}a", letter, "e ych ym ymi")
        rules.add(f"{letter}a {letter}o", letter, "- am ami ach a um ech y")
    for before in "bcdhklmnprstvz":
        for letter in "knvlrb":
            rules.add(f"{before}{letter}a {before}{letter}o", before, f"e{letter}")
    rules.add("ie", "i", "i im emi ich")
    rules.add("e", "-", "- emi im ich")
    return rules.table()


def _names() -> Rules:
    rules = Rules()
    _masculine(rules)
    _fleeting(rules)
    _adjectives(rules)
    _feminine(rules)
    _others(rules)
    _plural(rules)
    return rules


def _masculine(rules: Rules) -> None:
    for letter in _CONSONANTS:
        rules.add(letter, letter, _HARD)
    for old, new in (("k", "ci ce cich"), ("h g", "zi ze zich"), ("ch", "si se sich"), ("r", "ri")):
        rules.add(old, new, "-")
    rules.add("um", "om", "- u em a e y")  # dům, domu
    rules.add("ul", "ol", "u em e y")  # stůl, stolu
    rules.add("um us", "-", _HARD)  # Julius, Julia; centrum, centra
    rules.add("uv", "-", _OF_THE_NAME)
    for vowel in "aeiouy":
        rules.add(f"{vowel}j", vowel, "j je ji jem jovi ju")
    rules.add("an", "an", "e um y ech -")


def _fleeting(rules: Rules) -> None:
    """Where the last vowel drops: Babinec, Babince; Hašek, Haška; Pavel, Pavla."""
    for letter in "bcdfghjklmnprstvz":
        rules.add(f"{letter}ek", letter, "ka ku kovi kem ky kove kum cich ci")
        rules.add(f"{letter}ec", letter, "ce cem ci cu covi cove cum cich")
        for last in "lrnv":
            rules.add(f"{letter}e{last}", f"{letter}{last}", _HARD)


def _adjectives(rules: Rules) -> None:
    rules.add("y", "-", "y eho emu em ym ych ymi i ove")
    rules.add("i", "i", "- ho mu m ch mi")
    rules.add("yj ij", "-", "eho emu em ym")  # Zelenskyj
    rules.add("sky", "-", "sti stich stim")
    rules.add("cky", "-", "cti")
    rules.add("ki", "k", "eho emu em ym ych y")  # Morawieckého
    rules.add("a", "-", "a e ou")


def _feminine(rules: Rules) -> None:
    for letter in _CONSONANTS:
        rules.add(f"{letter}a", letter, "a y e u o ou i ovi ove")
    for old, new in (("ka", "ce"), ("ga ha", "ze"), ("cha", "se")):
        rules.add(old, new, "-")
    rules.add("ia ea", "-", "ie ii iu io iou i ea eu ee ei eou")
    for letter in "nlzscdtrj":  # Plzeň, Sibiř, Boleslav
        rules.add(letter, letter, "i ii")


def _others(rules: Rules) -> None:
    rules.add("o", "-", "o a u em")
    for letter in "bcdfghjlmnprstvz":  # a man's: Fico, Fica, Ficovi; Irsko is no Irský
        rules.add(f"{letter}o", letter, "ovi e y")
    rules.add("e", "-", "e i u em im emi ete eti eho emu ym")
    rules.add("i", "i", "- mi ch m")
    rules.add("u", "u", "- a ovi em")
    rules.add("ko", "k", "ovi")  # Lukašenko


def _plural(rules: Rules) -> None:
    rules.add("ce", "c", "- im ich emi")  # Pardubice
    rules.add("ove", "-", "u um y ech -")  # Britové, Britů
    rules.add("e", "-", "u um y ech ich ych ym ymi")
    for old, new in (("ci", "k"), ("zi", "h"), ("si", "ch"), ("ri", "r")):
        rules.add(old, new, "u um y ich")
    rules.add("i", "-", "u um y ich")
    rules.add("y", "-", "- u um ech am ach ami ich")
    for before in "bcdhklmnprstvz":
        for letter in "bnkrlv":
            rules.add(f"{before}{letter}y", before, f"e{letter}")
