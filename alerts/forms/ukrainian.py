"""Ukrainian declension: names and common words, singular and plural (pure)."""

from __future__ import annotations

from alerts.forms.tables import Rules, Table

_HARD = "а у ові ом і е и ів ам ами ах"
_GUTTURAL = "а у ові ом і и ів ам ами ах"
_SOFT = "я ю еві ем і е ів ей ям ями ях"
_HISSING = "а у еві ем і е ів ей ам ами ах"
_PLURAL = "ів ам ами ах"
_CONSONANTS = "бвгґджзклмнпрстфхцчшщ"


def names() -> Table:
    """What capitalised words become: a man's name no woman's, a woman's no plural."""
    return _names().table()


def words() -> Table:
    """What common words become: adjectives in every gender, feminine and neuter nouns in the plural."""
    rules = _names()
    rules.add("ий", "-", "а ої ій у ою е")
    rules.add("ній", "н", "я ьої ю ьою є")
    for letter in "нвктлжшчщгх":  # крилата ракета, крилатих ракет
        rules.add(f"{letter}а {letter}е", letter, "их им ими")
    rules.add("ня нє", "н", "іх ім іми")
    for letter in _CONSONANTS:
        rules.add(f"{letter}а", letter, "- ам ами ах")
        rules.add(f"{letter}я", letter, "ь ей ям ями ях")
        rules.add(f"{letter}е {letter}о", letter, "- а ої ій у ою")
    for before in "бвгджзйлмнпрстхшч":
        for letter in "квнлр":
            rules.add(f"{before}{letter}а {before}{letter}о", before, f"о{letter} е{letter}")
        for letter in "лн":
            rules.add(f"{before}{letter}я", before, f"е{letter}ь")
    for letter in "бвгджзклмнрстхч":  # школа, шкіл; гора, гір
        rules.add(f"о{letter}а е{letter}а о{letter}о е{letter}о", f"і{letter}", "-")
    for vowel in "іаеу":
        rules.add(f"{vowel}я", vowel, "й ї ям ями ях")
    rules.add("ійна", "оєн", "-")  # війна, воєн
    rules.add("ій", "о", "ю я єм єві ї їв ям ями ях")  # бій, бою
    return rules.table()


def _names() -> Rules:
    rules = Rules()
    _masculine(rules)
    _closed_syllables(rules)
    _fleeting(rules)
    _adjectives(rules)
    _feminine(rules)
    _neuter(rules)
    _plural(rules)
    return rules


def _masculine(rules: Rules) -> None:
    for letter in "бвдзлмнпрстф":
        rules.add(letter, letter, _HARD)
    for letter in "гґкх":
        rules.add(letter, letter, _GUTTURAL)  # without е: Покровське is another town than Покровськ
    for letter, hiss, voice in ("гзж", "ґзж", "кцч", "хсш"):
        rules.add(letter, hiss, "і")
        rules.add(letter, voice, "е")
    for letter in "жчшщц":
        rules.add(letter, letter, f"{_HISSING} ові ом и")
    for letter in "жчш":
        rules.add(letter, letter + letter, "ю")  # ніччю
    rules.add("р", "р", "я ю еві ем")  # лікаря, Ігорем
    for letter in "бвгдзлмнпрстфц":
        rules.add(f"{letter}ь", letter, _SOFT)
    for letter in "дзлнстц":
        rules.add(f"{letter}ь", letter + letter, "ю")  # сталлю
    for vowel in "аеєіоуюяи":
        rules.add(f"{vowel}й", vowel, "й я ю єві єм ї є їв ям ями ях")
    rules.add("ов ев єв ин ін їн", "=", "им их ими")
    rules.add("нин", "н", "и ам ами ах -")  # громадянин, громадяни


def _closed_syllables(rules: Rules) -> None:
    """Where і of a closed syllable opens: Харків, Харкова; Канів, Канева; Тернопіль, Тернополя."""
    for letter in "бвгджзклмнпрстхчш":
        rules.add(f"і{letter}", f"о{letter}", _HARD + (" еві ем" if letter in "чшж" else ""))
    for letter in "внрл":
        rules.add(f"і{letter}", f"е{letter}", _HARD)
    rules.add("ів", "ов ев ів", "им их ими")
    rules.add("їв", "єв їв", f"{_HARD} им их ими")
    for letter, hiss, voice in ("гзж", "кцч", "хсш"):
        rules.add(f"і{letter}", f"о{hiss}", "і")
        rules.add(f"і{letter}", f"о{voice}", "е")
    for old, new in (("літ", "льот"), ("лід", "льод"), ("міст", "мост"), ("ріст", "рост")):
        rules.add(old, new, _HARD)
    for letter in "бвмпф":
        rules.add(letter, f"{letter}'", "ю")  # кров'ю
    for letter in "дзлнстц":
        rules.add(f"і{letter}ь", f"о{letter} е{letter}", _SOFT)
    for letter in "бпвмр":
        rules.add(f"{letter}'ять", letter, "'яті 'ятьма 'ятьох")
    rules.add("ість", "ост", "і и ей ям ями ях")
    rules.add("ість", "іст", "ю")


def _fleeting(rules: Rules) -> None:
    """Where the last vowel drops: Кравець, Кравця; Бузок, Бузка; січень, січня; Павел, Павла."""
    for old, stem in (("ець", "ц"), ("лець", "льц"), ("нець", "ньц"), ("єць", "йц"), ("оєць", "ійц")):
        rules.add(old, stem, "я ю еві ем і ів ям ями ях")
    rules.add("ець", "ч", "е")
    for old, stem in (("ок ек", "к"), ("лок льок", "льк"), ("йок єк", "йк")):
        rules.add(old, stem, "а у ові ом и ів ам ами ах")
    rules.add("ок ек", "ч", "е")
    for letter in "бвгджзкмнпстхфчш":
        rules.add(f"{letter}ел {letter}ол", f"{letter}л", _HARD)
        rules.add(f"{letter}ер", f"{letter}р", _HARD)
    for letter in "бвгджзклмпрстхчш":
        rules.add(f"{letter}ень {letter}онь", f"{letter}н", _SOFT)
    rules.add("лень", "льн", _SOFT)
    rules.add("ждень", "жн", _SOFT)
    rules.add("ей", "'", "я ю єві єм ї їв ям ями ях")  # Воробей, Вороб'я


def _adjectives(rules: Rules) -> None:
    rules.add("ий", "-", "ого ому им ім і их ими")
    rules.add("ой", "-", "ого ому им ім і их ими")
    for letter in "нжчш":
        rules.add(f"{letter}ій", letter, "ього ьому ім і іх іми")
    rules.add("їй", "-", "його йому їм ї їх їми")


def _feminine(rules: Rules) -> None:
    for letter in "бвгґджзклмнпрстфх":
        rules.add(f"{letter}а", letter, "а и і у ою о ої ій")
    for letter, hiss in ("гз", "кц", "хс", "ґз"):
        rules.add(f"{letter}а", hiss, "і")
    for letter in "жчшщц":
        rules.add(f"{letter}а", letter, "а і у ею е ої ій ою")
    for letter in _CONSONANTS:
        rules.add(f"{letter}я", letter, "я і ю ею е")
    rules.add("ня", "н", "ьої ій ьою")  # Всесвітня
    for letter in "нтжлсчдзш":
        rules.add(f"{letter}{letter}я", letter + letter, "ям і ями ях")
        rules.add(f"{letter}{letter}я", letter, "ь")
    for vowel in "аеєиіїоуюяй'":
        rules.add(f"{vowel}я", vowel, "я ї ю єю є ям")
    for letter in "бвгґджзклмнпрстфх":  # a man's: Сковорода, Сковороди і родина Сковород
        rules.add(f"{letter}а", letter, "ам ами ах")


def _neuter(rules: Rules) -> None:
    rules.add("о", "-", "о а у ові ом і")
    rules.add("ко", "к", f"и {_PLURAL}")
    rules.add("ко", "ц", "і")
    rules.add("ло", "л", "е")
    for letter in "влтнр":
        rules.add(f"{letter}о", letter, "- ам ами ах")
    rules.add("е", "-", "е я ю ем і а у ого ому им ім")
    for letter in "рлщч":
        rules.add(f"{letter}е", letter, "ям ями ях ам ами ах ів ь -")
    rules.add("нє", "н", "ього ьому ім")
    rules.add("є", "-", "є я ю єм ї його йому їм")


def _plural(rules: Rules) -> None:
    rules.add("и", "-", "и - ів ей ам ами ах")
    for before in "бвгджзйлмнпрстхцчшь":
        for letter in "квнлр":
            rules.add(f"{before}{letter}и", before.strip("ь") or "-", f"о{letter} е{letter}")
        for letter in "лн":
            rules.add(f"{before}{letter}і", before.strip("ь") or "-", f"е{letter}ь")
    for letter in "бвгджзклмнпрстхч":
        rules.add(f"о{letter}и е{letter}и", f"і{letter}", "-")
    rules.add("івлі", "івель", "-")
    rules.add("і", "-", "і ів ь ей ям ями ях ам ами ах их им ими іх ім іми -")
    rules.add("ї", "-", "ї їв й ям ями ях їх їм їми")
