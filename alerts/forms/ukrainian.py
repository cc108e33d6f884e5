"""Ukrainian declension: names and common words, singular and plural (pure)."""

from __future__ import annotations

from alerts.forms.tables import Rules, Table

_HARD = "а у ові ом ем і е и ів ам ами ах"
_SOFT = "я ю еві ем і е ь ів ям ями ях ей"
_AFTER_VOWEL = "й я ю єві єм ї є їв ям ями ях"
_ADJECTIVE = "ий ого ому им ім і их ими"
_FEMININE = "а ої ій у ою"
_NEUTER = "е ого ому им ім"


def names() -> Table:
    """What capitalised words become: a man's name no woman's, a woman's no plural."""
    rules = Rules()
    _masculine(rules)
    _closed_syllables(rules)
    _fleeting(rules)
    _adjectives(rules)
    _feminine(rules)
    _neuter(rules)
    _plural(rules)
    return rules.table()


def words() -> Table:
    """What common words become: adjectives in every gender, feminine and neuter nouns in the plural."""
    rules = Rules(names())
    rules.add("ий", "-", f"{_FEMININE} {_NEUTER}")
    rules.add("ний", "н", "я ьої ій ю ьою є ього ьому ім і іх іми")
    for letter in "бвгґджзклмнпрстфхцчшщ":
        rules.add(f"{letter}а", letter, "- ам ами ах")
        rules.add(f"{letter}я", letter, "ь ям ями ях ей")
        for before in "бвгджзйлмнпрстхш":
            if letter in "квнл":
                rules.add(f"{before}{letter}а", before, f"о{letter} е{letter}")
                rules.add(f"{before}{letter}а", before + letter, "- а и і у ою о ам ами ах")
    rules.add("ка", "ц", "і")
    rules.add("ія ая ея уя", "=", "-")
    for vowel in "іаеу":
        rules.add(f"{vowel}я", vowel, "й ям ями ях")
    return rules.table()


def _masculine(rules: Rules) -> None:
    for letter in "бвгґдзклмнпрстфх":
        rules.add(letter, letter, f"- {_HARD}")
    for letter, hiss, voice in (("г", "з", "ж"), ("к", "ц", "ч"), ("х", "с", "ш"), ("ґ", "з", "ж")):
        rules.add(letter, hiss, "і")
        rules.add(letter, voice, "е")
    for letter in "жчшщц":
        rules.add(letter, letter, "- а у еві ові ем ом і е ів ам ами ах ей")
        rules.add(letter, letter + letter, "ю")
    rules.add("р", "р", "я ю еві ем ям ями ях")
    for letter in "бвгдзлмнпрстфц":
        rules.add(f"{letter}ь", letter, _SOFT)
        rules.add(f"{letter}ь", letter + letter, "ю")
    for vowel in "аеєоуюя":
        rules.add(f"{vowel}й", vowel, _AFTER_VOWEL)
    rules.add("ій", "і", "й я ю єві єм ї є їв ям ями ях")
    rules.add("ов ев єв ин ін їн", "=", f"- {_HARD} им их ими")
    rules.add("ин", "-", "и ів ам ами ах")


def _closed_syllables(rules: Rules) -> None:
    """Where і of a closed syllable opens into о or е: Харків, Харкова."""
    for letter in "бвгджзклмнпрстхчш":
        plain = {"г": "зі же", "к": "ці че", "х": "сі ше"}.get(letter, "")
        rules.add(f"і{letter}", f"і{letter} о{letter} е{letter}", f"{_HARD} еві им их ими")
        for end in plain.split():
            rules.add(f"і{letter}", "і о е", end)
        if letter in "жчш":
            rules.add(f"і{letter}", f"і{letter}{letter}", "ю")
            rules.add(f"і{letter}", f"і{letter} о{letter} е{letter}", "ей")
    for letter in "дзлнрстц":
        rules.add(f"і{letter}ь", f"і{letter} о{letter} е{letter}", _SOFT)
        rules.add(f"і{letter}ь", f"і{letter}{letter} о{letter}{letter}", "ю")
    rules.add("ість", "ост", _SOFT)
    rules.add("ість", "іст", "ю ь")
    rules.add("їв", "єв їв", f"{_HARD} им их ими")
    rules.add("їзд", "їзд", _HARD)


def _fleeting(rules: Rules) -> None:
    """Where the last vowel drops: Кравець, Кравця."""
    for old, stems in (("ець", "ц"), ("лець", "льц лц"), ("єць", "йц"), ("аєць", "айц"), ("оєць", "ійц")):
        rules.add(old, stems, "я ю еві ем і е ів ям ями ях ь")
    for letter in "бвгджзлмнпрстхцчш":
        rules.add(f"{letter}ок {letter}ек", f"{letter}к", "а у ові ом у и ів ам ами ах")
        rules.add(f"{letter}ок {letter}ек", f"{letter}ц", "і")
        rules.add(f"{letter}ок {letter}ек", f"{letter}ч", "е")
        rules.add(f"{letter}ел {letter}ер {letter}ол", "=", _HARD)
        rules.add(f"{letter}ел {letter}ол", f"{letter}л", _HARD)
        rules.add(f"{letter}ер", f"{letter}р", _HARD)
        rules.add(f"{letter}ень", f"{letter}н {letter}ен", _SOFT)
        rules.add(f"{letter}онь", f"{letter}н {letter}он", _SOFT)
        rules.add(f"{letter}ель", f"{letter}ел", _SOFT)
    rules.add("ок ек", "=", "а у ові ом и ів ам ами ах")
    rules.add("лок", "лк льк", "а у ові ом и ів ам ами ах")


def _adjectives(rules: Rules) -> None:
    rules.add("ий", "-", _ADJECTIVE)
    rules.add("ой", "-", "ого ому им ім ій")
    for letter in "нжчш":
        rules.add(f"{letter}ій", letter, "ій ього ьому ім і іх іми ія ію ієві ієм ії іє іїв іям іями іях")


def _feminine(rules: Rules) -> None:
    for letter in "бвгґджзклмнпрстфх":
        rules.add(f"{letter}а", letter, "а и і у ою о ої ій ові ів")
    for letter, hiss in (("г", "з"), ("к", "ц"), ("х", "с"), ("ґ", "з")):
        rules.add(f"{letter}а", hiss, "і")
    for letter in "жчшщц":
        rules.add(f"{letter}а", letter, "а і у ею ою о ої ій еві")
    for letter in "бвгґджзклмнпрстфхцчшщ":
        rules.add(f"{letter}я", letter, "я і ю ею е еві ям")
    for letter in "нтжлсчдз":
        rules.add(f"{letter}{letter}я", letter + letter, "я ю ям і ею е ями ях")
        rules.add(f"{letter}{letter}я", letter, "ь")
    for vowel in "аеєиіїоуюя'":
        rules.add(f"{vowel}я", vowel, "я ї ю єю є єві ям")


def _neuter(rules: Rules) -> None:
    rules.add("о", "-", "о а у ові ом і")
    for letter in "бвгґджзклмнпрстфхчшщц":
        rules.add(f"{letter}о", letter, "о а у ові ом і")
    rules.add("ко", "к", "у ові и ів ам ами ах")
    rules.add("ко", "ц", "і")
    for letter in "влтн":
        rules.add(f"{letter}о", letter, "- ам ами ах")
    rules.add("ство", "ств", "о а у ові ом і - ам ами ах")
    rules.add("е", "-", "е я ю ем і ям ями ях ів а у ого ому им ім их ими")
    rules.add("є", "-", "є я ю єм ї ього ьому ім")


def _plural(rules: Rules) -> None:
    rules.add("и", "-", "и - ів ей ам ами ах")
    for letter in "бвгджзлмнпрстхцчш":
        rules.add(f"{letter}ки", f"{letter}к", "и ів ам ами ах -")
        rules.add(f"{letter}ки", f"{letter}о", "к")
    rules.add("і", "-", "і ів ь ей ям ями ях ам ами ах их им ими іх ім іми -")
    rules.add("ї", "-", "ї їв й ям ями ях їх їм їми")
