"""Russian declension: names and common words, singular and plural (pure)."""

from __future__ import annotations

from alerts.forms.tables import Rules, Table

_HARD = "а у ом е ы ов ам ами ах"
_SOFT = "ь я ю ем и е ей ям ями ях"
_FEMININE = "ая ой ую ою"
_NEUTER = "ое ого ому ым ом"


def names() -> Table:
    """What capitalised words become: a man's name no woman's, a woman's no plural."""
    rules = Rules()
    _masculine(rules)
    _fleeting(rules)
    _adjectives(rules)
    _feminine(rules)
    _neuter(rules)
    _plural(rules)
    return rules.table()


def words() -> Table:
    """What common words become: adjectives in every gender, feminine and neuter nouns in the plural."""
    rules = Rules(names())
    rules.add("ый ой", "-", f"{_FEMININE} {_NEUTER}")
    for letter in "кгх":
        rules.add(f"{letter}ий", letter, f"{_FEMININE} {_NEUTER}")
    for letter in "нжчшщ":
        rules.add(f"{letter}ий", letter, "яя ей юю ею ее ая ую ое")
    for letter in "бвгджзклмнпрстфхцчшщ":
        rules.add(f"{letter}а", letter, "- ам ами ах ей")
        rules.add(f"{letter}я", letter, "ь ям ями ях ей")
        for before in "бвгджзйлмнпрстхш":
            if letter in "квнл":
                rules.add(f"{before}{letter}а", before, f"о{letter} е{letter}")
    for vowel in "иаеуь":
        rules.add(f"{vowel}я", vowel, "й ям ями ях")
    rules.add("ья", "-", "ей")
    rules.add("ие ье", "-", "ий иям иями иях ьям ьями ьях")
    return rules.table()


def _masculine(rules: Rules) -> None:
    for letter in "бвдзлмнпрстф":
        rules.add(letter, letter, f"- {_HARD}")
    for letter in "гкх":
        rules.add(letter, letter, "- а у ом е и ов ам ами ах")
    for letter in "жчшщ":
        rules.add(letter, letter, "- а у ем ом е и ей ам ами ах")
        rules.add(letter, letter, "ью")
    rules.add("ц", "ц", "- а у ем ом е ы ев ов ам ами ах")
    for letter in "бвгджзлмнпрстфц":
        rules.add(f"{letter}ь", letter, f"{_SOFT} ью")
    for letter in "чшжщ":
        rules.add(f"{letter}ь", letter, "ь и ью ей ам ами ах")
    for vowel in "аеоуюяыи":
        rules.add(f"{vowel}й", vowel, "й я ю ем е и ев ям ями ях")
    rules.add("ов ев ин ын", "=", f"- {_HARD} ым ых ыми")
    rules.add("анин янин", "ан ян", "е - ам ами ах")
    rules.add("анин янин", "=", _HARD)


def _fleeting(rules: Rules) -> None:
    """Where the last vowel drops: Павел, Павла."""
    for old, stem in (("ец", "ц"), ("лец", "льц"), ("аец", "айц"), ("еец", "ейц"), ("оец", "ойц")):
        rules.add(old, stem, "а у ем ом е ы ев ов ам ами ах")
        rules.add(old, old, "- а у ом е ем")
    for letter in "бвгджзлмнпрстхцчш":
        rules.add(f"{letter}ок {letter}ек", f"{letter}к", "а у ом е и ов ам ами ах")
        rules.add(f"{letter}ок {letter}ек", "=", "- а у ом е и ов ам ами ах")
        rules.add(f"{letter}ел {letter}ер {letter}ол", "=", f"- {_HARD}")
        rules.add(f"{letter}ел {letter}ол", f"{letter}л", _HARD)
        rules.add(f"{letter}ер", f"{letter}р", _HARD)
        rules.add(f"{letter}ень", f"{letter}н {letter}ен", f"{_SOFT} ью")
        rules.add(f"{letter}онь", f"{letter}н {letter}он", f"{_SOFT} ью")
    rules.add("лек лок", "льк", "а у ом е и ов ам ами ах")


def _adjectives(rules: Rules) -> None:
    rules.add("ый", "-", "ый ого ому ым ом ые ых ыми")
    rules.add("ой", "-", "ого ому ым им ом ые ие ых их ыми ими")
    for letter in "кгх":
        rules.add(f"{letter}ий", letter, "ий ого ому им ом ие их ими")
    for letter in "гх":
        rules.add(f"{letter}ий", letter, "ия ию ием ии иев иям иями иях")
    for letter in "бвджзлмнпрстфцчшщ":
        rules.add(f"{letter}ий", letter, "ий ия ию ием ии иев иям иями иях")
    for letter in "нжчшщ":
        rules.add(f"{letter}ий", letter, "его ему им ем ие их ими")
    rules.add("тий", "т", "ьего ьему ьим ьем ьи ьих ьими")
    rules.add("ая", "-", "ая ой ую ою")
    rules.add("яя", "-", "яя ей юю ею")
    for letter in "жчшщ":
        rules.add(f"{letter}ая", letter, "ая ей ую ею")


def _feminine(rules: Rules) -> None:
    for letter in "бвдзлмнпрстфц":
        rules.add(f"{letter}а", letter, "а ы е у ой ою ей")
    for letter in "гкхжчшщ":
        rules.add(f"{letter}а", letter, "а и е у ой ою ей ею")
    for letter in "бвгджзклмнпрстфхцчшщ":
        rules.add(f"{letter}я", letter, "я и е ю ей ею")
    for vowel in "еиоуюыь":
        rules.add(f"{vowel}я", vowel, "я и е ю ей ею ёй")
    rules.add("ая", "а", "я и е ю ей ею")


def _neuter(rules: Rules) -> None:
    rules.add("о", "-", "о а у ом е")
    rules.add("ство", "ств", "о а у ом е - ам ами ах")
    rules.add("ое", "-", "ое ого ому ым им ом")
    rules.add("ее", "-", "ее его ему им ем")
    rules.add("ие ье", "-", "ие ия ию ием ии ье ья ью ьем ьи")
    rules.add("е", "-", "е я ю ем и а у")


def _plural(rules: Rules) -> None:
    rules.add("ы", "-", "ы - ов ев ей ам ами ах")
    rules.add("и", "-", "и - ов ев ей ь й ам ям ами ями ах ях")
    for letter in "бвгджзлмнпрстхцчш":
        rules.add(f"{letter}ки", f"{letter}о {letter}е", "к")
        rules.add(f"{letter}ки", f"{letter}к", "и - ов ам ами ах")
    rules.add("цы", "ц", "ы ев ов ам ами ах")
    rules.add("ые", "-", "ые ых ым ыми")
    rules.add("ие", "-", "их им ими")
    rules.add("ане яне", "ан ян", "е - ам ами ах")
