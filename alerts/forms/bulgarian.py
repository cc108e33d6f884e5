"""Bulgarian articles and plurals; the language has no cases (pure)."""

from __future__ import annotations

from alerts.forms.tables import Rules, Table

_CONSONANTS = "бвгджзклмнпрстфхцчшщ"


def names() -> Table:
    """What capitalised words become."""
    return _names().table()


def words() -> Table:
    """What common words become: with article, in every gender, singular and plural."""
    rules = _names()
    rules.add("а я", "-", "и ите")
    for letter in _CONSONANTS:
        rules.add(f"{letter}о", letter, "а ата")
        rules.add(f"{letter}и", letter, "а ата о ото")
        rules.add(letter, letter, "и ите е ове овете а ата о ото ия ият")
    rules.add("ия", "-", "ии иите")
    return rules.table()


def articles() -> Table:
    """Only the articles, which look like nothing Ukrainian or Russian."""
    rules = Rules()
    for letter in _CONSONANTS:
        rules.add(letter, letter, "ът ите")
    rules.add("а я", "=", "та")
    rules.add("о е", "=", "то")
    rules.add("и", "=", "те")
    return rules.table()


def _names() -> Rules:
    rules = Rules()
    for letter in _CONSONANTS:
        rules.add(letter, letter, "- а ът")
    for letter in "лнрт":
        rules.add(letter, letter, "я ят")
    for letter in "аеиоуъюя":
        rules.add(f"{letter}й", letter, "й я ят и ите")
    for letter in _CONSONANTS:  # Върховен, Върховния; Павел, Павле; отец, отци
        rules.add(f"{letter}ен {letter}ър {letter}ъл", f"{letter}н {letter}р {letter}л", "ия ият а ата о ото и ите")
        rules.add(f"{letter}ец", f"{letter}ц", "и ите")
    rules.add("иен", "ийн", "ия ият а ата о ото и ите")
    rules.add("ял", "ел", "ия ият и ите")
    rules.add("и", "-", "и ия ият ите")
    rules.add("а я", "=", "- та")
    rules.add("о е", "=", "- то")
    rules.add("и", "=", "- те")
    for old, new in ("кц", "гз", "хс"):
        rules.add(old, new, "и ите")
    return rules
