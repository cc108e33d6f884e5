"""Russian declension: names and common words, singular and plural (pure)."""

from __future__ import annotations

from alerts.forms.tables import Rules, Table

_HARD = "а у ом е ы ов ам ами ах"
_GUTTURAL = "а у ом е и ов ам ами ах"
_SOFT = "я ю ем е и ей ям ями ях"
_CONSONANTS = "бвгджзклмнпрстфхцчшщ"


def names() -> Table:
    """What capitalised words become: a man's name no woman's, a woman's no plural."""
    return _names().table()


def words() -> Table:
    """What common words become: adjectives in every gender, feminine and neuter nouns in the plural."""
    rules = _names()
    rules.add("ый ой", "-", "ая ой ую ою ое")
    for letter in "кгх":
        rules.add(f"{letter}ий", letter, "ая ой ую ою ое")
    for letter in "нжчшщ":
        rules.add(f"{letter}ий", letter, "яя ей юю ею ее ая ую")
    rules.add("ая", "-", "ые ых ым ыми ие их им ими")  # крылатая ракета, крылатых ракет
    rules.add("яя ее", "-", "ие их им ими")
    for letter in _CONSONANTS:
        rules.add(f"{letter}а", letter, "- ам ами ах ей")
        rules.add(f"{letter}я", letter, "ь ям ями ях ей")
        rules.add(f"{letter}о", letter, "- ам ами ах а")
    for before in "бвгджзйлмнпрстхшчь":
        for letter in "квнлрм":
            rules.add(f"{before}{letter}а {before}{letter}о", before.strip("ьй") or "-", f"о{letter} е{letter}")
        for letter in "лн":
            rules.add(f"{before}{letter}я", before.strip("ьй") or "-", f"е{letter} е{letter}ь")
    for vowel in "иаеуь":
        rules.add(f"{vowel}я", vowel, "й ям ями ях")
    rules.add("ья", "-", "ей ей")
    rules.add("ие", "и", "й ям ями ях")
    rules.add("ье", "ь", "ям ями ях ев")
    rules.add("ье", "-", "ий")
    return rules.table()


def _names() -> Rules:
    rules = Rules()
    _masculine(rules)
    _fleeting(rules)
    _adjectives(rules)
    _feminine(rules)
    _neuter(rules)
    _plural(rules)
    return rules


def _masculine(rules: Rules) -> None:
    for letter in "бвдзлмнпрстф":
        rules.add(letter, letter, _HARD)
    for letter in "гкх":
        rules.add(letter, letter, _GUTTURAL)
    for letter in "жчшщ":
        rules.add(letter, letter, "- а у ем ом е и ей ам ами ах")
    rules.add("ц", "ц", "- а у ем ом е ы ев ов ам ами ах")
    for letter in "бвгджзлмнпрстфц":
        rules.add(f"{letter}ь", letter, f"{_SOFT} ью")
    for letter in "чшжщ":
        rules.add(f"{letter}ь", letter, "ь и ью ей ам ами ах")
    for vowel in "аеиоуыэюя":
        rules.add(f"{vowel}й", vowel, "й я ю ем е и ев ям ями ях")
    rules.add("ов ев ин ын", "=", "ым ых ыми")
    rules.add("нин", "н", "е ам ами ах -")  # киевлянин, киевляне


def _fleeting(rules: Rules) -> None:
    """Where the last vowel drops: Павел, Павла; Елец, Ельца; Заяц, Зайца."""
    for old, stem in (("ец", "ц"), ("лец", "льц"), ("нец", "ньц"), ("аец", "айц"), ("еец", "ейц"), ("яц", "йц")):
        rules.add(old, stem, "а у ем ом е ы ев ов ам ами ах")
    rules.add("оец", "ойц", "а у ем ом е ы ев ов ам ами ах")
    for old, stem in (("ок ек", "к"), ("лок лек", "льк"), ("аек оек еек", "йк"), ("нек", "ньк")):
        rules.add(old, stem, "а у ом е и ов ам ами ах")
    for vowel in "аоеу":
        rules.add(f"{vowel}ек", f"{vowel}йк", "а у ом е и ов ам ами ах")
    for letter in "бвгджзкмнпстхфчш":
        rules.add(f"{letter}ел {letter}ол", f"{letter}л", _HARD)
        rules.add(f"{letter}ер", f"{letter}р", _HARD)
    for letter in "бвгджзклмпрстхчш":
        rules.add(f"{letter}ень {letter}онь", f"{letter}н", _SOFT)
    rules.add("лев", "льв", "а у ом е ы ов")
    for letter in "бвлт":
        rules.add(f"{letter}ей", f"{letter}ь", "я ю ем е и ев ям ями ях")  # Соловей, Соловья


def _adjectives(rules: Rules) -> None:
    rules.add("ый", "-", "ого ому ым ом ые ых ыми")
    rules.add("ой", "-", "ого ому ым им ом ые ие ых их ыми ими")
    for letter in "кгх":
        rules.add(f"{letter}ий", letter, "ого ому им ом ие их ими")
    for letter in "нжчшщ":
        rules.add(f"{letter}ий", letter, "его ему им ем ие их ими")
    for letter in "тжчгбвн":  # третий, Божий
        rules.add(f"{letter}ий", f"{letter}ь", "его ему им ем и их ими я ей ю е")
    rules.add("ая", "-", "ой ую ою")
    rules.add("яя", "-", "ей юю ею")
    for letter in "жчшщ":
        rules.add(f"{letter}ая", letter, "ей ую ею")


def _feminine(rules: Rules) -> None:
    for letter in "бвдзлмнпрстфц":
        rules.add(f"{letter}а", letter, "а ы е у ой ою")
    for letter in "гкхжчшщц":
        rules.add(f"{letter}а", letter, "а и е у ой ою ей ею")
    for letter in _CONSONANTS:
        rules.add(f"{letter}я", letter, "я и е ю ей ею")
    for vowel in "аеиоуюыьэй":
        rules.add(f"{vowel}я", vowel, "я и е ю ей ею")
    for letter in "бвгджзклмнпрстфх":  # a family: Сковороды, Сковород
        rules.add(f"{letter}а", letter, "ам ами ах")


def _neuter(rules: Rules) -> None:
    rules.add("о", "-", "о а у ом е")
    rules.add("ство", "ств", "- ам ами ах")
    rules.add("ое", "-", "ого ому ым им ом ые ие ых их ыми ими")
    rules.add("ее", "-", "его ему им ем")
    rules.add("е", "-", "е я ю ем и а у")
    rules.add("ье", "ь", "я ю ем и")
    rules.add("ье", "и", "е я ю ем и")


def _plural(rules: Rules) -> None:
    rules.add("ы", "-", "ы - ов ев ей ам ами ах")
    rules.add("и", "-", "и - ов ев ей ь й ам ям ами ями ах ях")
    for before in "бвгджзйлмнпрстхцчшь":
        for letter in "квнлр":
            rules.add(f"{before}{letter}и {before}{letter}ы", before.strip("ьй") or "-", f"о{letter} е{letter}")
    rules.add("ые", "-", "ых ым ыми")
    rules.add("ие", "-", "их им ими ия ию ием ии")
    rules.add("ии", "и", "й ям ями ях ев")
    rules.add("не", "н", "ам ами ах -")  # россияне
