"""English plurals, German and French basics (pure)."""

from __future__ import annotations

from alerts.forms.tables import Rules, Table

_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def english() -> Table:
    """Plurals; a possessive is a token of its own."""
    rules = Rules()
    for letter in _LETTERS:
        rules.add(letter, letter, "- s")
    rules.add("s x z ch sh", "=", "- es")
    for letter in "bcdfghjklmnpqrstvwxz":
        rules.add(f"{letter}y", letter, "y ys ies")
    rules.add("man", "m", "an ans en")
    return rules.table()


def german() -> Table:
    """Genitive and plural endings."""
    rules = Rules()
    for letter in _LETTERS:
        rules.add(letter, letter, "- s es n en e er ern")
    return rules.table()


def french() -> Table:
    """Plurals and the feminine of adjectives."""
    rules = Rules()
    for letter in _LETTERS:
        rules.add(letter, letter, "- s e es")
    rules.add("al", "a", "l ux le les")
    rules.add("eau eu", "=", "- x s")
    return rules.table()
