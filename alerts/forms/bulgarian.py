"""Bulgarian articles and plurals; the language has no cases (pure)."""

from __future__ import annotations

from alerts.forms.tables import Rules, Table


def names() -> Table:
    """What names become."""
    rules = Rules()
    for letter in "бвгджзклмнпрстфхцчшщ":
        rules.add(letter, letter, "- а ът ите и е ове овете")
    for letter in "лнрт":
        rules.add(letter, letter, "я ят")
    for letter in "аеиоуъюя":
        rules.add(f"{letter}й", letter, "й я ят и ите")
    rules.add("и", "-", "и ия ият ите")
    rules.add("а я", "=", "- та")
    rules.add("о е", "=", "- то")
    rules.add("и", "=", "- те")
    rules.add("о", "-", "ото")
    return rules.table()


def words() -> Table:
    """What common words become: with article, in every gender, singular and plural."""
    rules = Rules(names())
    rules.add("а я", "-", "и ите")
    rules.add("о е", "-", "а ата")
    rules.add("и", "-", "а ата о ото")
    for letter in "бвгджзклмнпрстфхцчшщ":
        rules.add(letter, letter, "а ата о ото ия ият")
    rules.add("ия", "-", "ии иите ията")
    return rules.table()
