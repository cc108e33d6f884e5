"""English plurals, German and French basics (pure)."""

from __future__ import annotations

from alerts.forms.tables import Rules, Table

_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def plurals() -> Table:
    """Only -s, which a name takes in English and French alike."""
    return _plurals().table()


def english() -> Table:
    """Plurals; a possessive is a token of its own."""
    rules = _plurals()
    rules.add("s x z ch sh", "=", "es")
    for letter in "bcdfghjklmnpqrstvwxz":
        rules.add(f"{letter}y", letter, "ies")
    rules.add("man", "m", "en")
    return rules.table()


def german() -> Table:
    """Genitive and plural endings."""
    rules = Rules()
    for letter in _LETTERS:
        rules.add(letter, letter, "s es n en e er ern")
    return rules.table()


def french() -> Table:
    """Plurals and the feminine of adjectives."""
    rules = _plurals()
    for letter in _LETTERS:
        rules.add(letter, letter, "e es")
    rules.add("al", "a", "ux le les")
    rules.add("eau eu", "=", "x")
    return rules.table()


def _plurals() -> Rules:
    rules = Rules()
    for letter in _LETTERS:
        rules.add(letter, letter, "s")
    return rules
