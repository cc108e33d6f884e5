"""Say whether two texts are editions of one bulletin: the same words around other numbers (pure)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

_SHARE = 0.25  # of the numbers that can be compared, more differ in editions; .57 and more do in daily bulletins
_MANY = 3  # so many differ in no copy, however many constants stand beside them
_CONTEXT = 3  # words beside a number by which its place is known
_COUNTED = """
two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen
nineteen twenty thirty forty fifty sixty seventy eighty ninety
monday tuesday wednesday thursday friday saturday sunday
два дві двох двома двоє три трьох трьома троє чотири чотирьох четверо пять пяти пятьох пятеро шість шести шістьох
сім семи сімох вісім восьми вісьмох девять девяти девятьох десять десяти десятьох
одинадцять дванадцять тринадцять чотирнадцять пятнадцять шістнадцять сімнадцять вісімнадцять девятнадцять двадцять
тридцять сорок пятдесят шістдесят сімдесят вісімдесят девяносто
понеділок понеділка вівторок вівторка середа середу середи четвер четверга пятниця пятницю пятниці
субота суботу суботи неділя неділю неділі
две двумя двое трех тремя трое четыре четырех шесть шестеро семь восемь
одиннадцать двенадцать тринадцать четырнадцать пятнадцать шестнадцать семнадцать восемнадцать девятнадцать двадцать
тридцать пятьдесят шестьдесят семьдесят восемьдесят
понедельник понедельника вторник вторника среда среду среды четверг пятница пятницу пятницы
суббота субботу субботы воскресенье воскресенья
"""  # numbers and days of the week as words, as `normal_words` folds them: two soldiers, on Monday
_NUMBERS = frozenset(_COUNTED.split())


def is_edition(words: Sequence[str], others: Sequence[str]) -> bool:
    """Whether numbers differ in places that are the same but for them, seen from both texts.

    Both, because a text that holds the other one has numbers more, and what is embedded agrees in all of its own.
    """
    return all(
        differing >= _MANY or differing > _SHARE * (agreeing + differing)
        for agreeing, differing in (_compare(words, others), _compare(others, words))
    )


def masked(words: Sequence[str]) -> tuple[str, ...]:
    """`words` with every number replaced by the same mark."""
    return tuple("#" if is_number(word) else word for word in words)


def is_number(word: str) -> bool:
    """Whether a folded word is a number or a day of the week."""
    return word[0].isdigit() or word in _NUMBERS


def _compare(words: Sequence[str], others: Sequence[str]) -> tuple[int, int]:
    """How many numbers of `words` stand in the same place of `others`, and for how many another one does."""
    beside: dict[tuple[str, ...], set[str]] = defaultdict(set)
    between: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for number, before, after in _placed(others):
        beside[before].add(number)
        beside[after].add(number)
        between[before[-2:] + after[:2]].add(number)
    agreeing = differing = 0
    for number, before, after in _placed(words):
        if number in beside.get(before, ()) or number in beside.get(after, ()):
            agreeing += 1
        elif before[-2:] + after[:2] in between:
            differing += 1
    return agreeing, differing


def _placed(words: Sequence[str]) -> Iterator[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    """Each number with the words before and after it, in which other numbers do not count."""
    marked = ("", *masked(words), "")
    for place, word in enumerate(words, 1):
        if marked[place] == "#":
            yield word, marked[max(0, place - _CONTEXT) : place], marked[place + 1 : place + 1 + _CONTEXT]
