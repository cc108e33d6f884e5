"""Rows of `make bench` on matching: articles like news of 3,000 characters, against what people use instead."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from itertools import islice

from alerts import matching, watchlist
from alerts.watchlist import Entity, Watch, Watchlist
from scrapers.article import Article
from tests.bench_texts import Newsroom
from tests.measure import cpu, row

_ARTICLES, _LENGTH = 60, 3_000
_TERMS, _QUERIES, _NAMES = 2_000, 5_000, 10_000


def rows() -> None:
    """Print every row on matching."""
    room = Newsroom(seed=3)
    articles = [one for one in islice(room.write(10 * _ARTICLES), _ARTICLES * 2) if len(one.text) > _LENGTH / 2]
    articles = [_cut(one) for one in articles[-_ARTICLES:]]
    dice = random.Random(4)
    # of what the room writes one word in six is a name or a subject of an event, as in news
    telling = sorted({word for one in articles for word in re.findall(r"[^\W\d_]{4,}", one.text)})
    unheard = ["".join(dice.choices("абвгдежзиклмнопрст", k=8)).title() for _ in range(30_000)]
    _terms(articles, dice.sample(telling, k=200) + unheard[: _TERMS - 200])
    _queries(articles, dice, dice.sample(telling, k=500) + dice.sample(unheard, k=6_000))
    _shipped(articles)
    _names(dice, unheard)


def _cut(article: Article) -> Article:
    return Article(article.source, article.url, article.title, (article.text * 2)[:_LENGTH], language=article.language)


def _terms(articles: Sequence[Article], terms: Sequence[str]) -> None:
    """As many words as queries, each of its own."""
    compiled = matching.compile(Watchlist(watches=tuple(Watch(id=f"w{n}", query=word) for n, word in enumerate(terms))))
    ours = cpu(lambda: [matching.match(one, compiled) for one in articles]) / len(articles)
    text = articles[0].text
    peer = cpu(lambda: [re.search(rf"\b{term}\b", text, re.IGNORECASE) for term in terms])
    told = f"one regular expression per term, {peer / ours:.0f} times"
    row("article against 2,000 terms", ours, peer, 1, f"{told}; {_found(articles, compiled)}")


def _queries(articles: Sequence[Article], dice: random.Random, words: Sequence[str]) -> None:
    """Queries of two to four words and phrases of all operators; the peer has each pattern compiled beforehand."""
    watches: list[Watch] = []
    while len(watches) < _QUERIES:
        a, b, c, d = (dice.choice(words) if dice.random() < 0.7 else _phrase(dice, words) for _ in range(4))
        forms = (
            f"{a} AND ({b} OR {c})",
            f"{a} NEAR/8 {b}",
            f"{a} OR {b} -{c}",
            f"title:{a} OR ({b} {c} {d})",
            f"{a} -{b}",
        )
        watches.append(Watch(id=f"w{len(watches)}", query=dice.choice(forms)))
    compiled = matching.compile(Watchlist(watches=tuple(watches)))
    ours = cpu(lambda: [matching.match(one, compiled) for one in articles]) / len(articles)
    patterns = [re.compile(rf"\b{re.escape(leaf.text)}\b", re.IGNORECASE) for leaf in compiled.leaves]
    text = articles[0].text
    peer = cpu(lambda: [pattern.search(text) for pattern in patterns])
    told = f"{len(patterns):,} compiled regular expressions, operators left out; {_found(articles, compiled)}"
    row("article against 5,000 queries", ours, peer, 1, told)


def _shipped(articles: Sequence[Article]) -> None:
    compiled = matching.compile(watchlist.load(None))
    ours = cpu(lambda: [matching.look(one, compiled) for one in articles]) / len(articles)
    names = [leaf.text for leaf in compiled.leaves]
    patterns = [re.compile(rf"\b{re.escape(name)}\b", re.IGNORECASE) for name in names]
    text = articles[0].text
    peer = cpu(lambda: [pattern.search(text) for pattern in patterns])
    told = f"{len(patterns):,} compiled regular expressions, no forms; {_found(articles, compiled)}"
    row("article against the shipped list", ours, peer, 1, told)


def _names(dice: random.Random, words: Sequence[str]) -> None:
    """A list of entities made ready, forms and all; the peer is one pattern of all names, without forms."""
    lists = [_named(dice, words) for _ in range(3)]  # each once: what was found of a word is kept
    left = iter(lists)
    ours = cpu(lambda: matching.compile(Watchlist(entities=next(left))))
    pattern = "|".join(rf"\b{re.escape(name)}\b" for one in lists[0] for group in one.names.values() for name in group)

    def build() -> None:
        re.purge()
        re.compile(pattern, re.IGNORECASE)

    row("10,000 names made ready", ours, cpu(build), 1, "one regular expression of all, no forms")


def _named(dice: random.Random, words: Sequence[str]) -> tuple[Entity, ...]:
    """Every other one with a first name."""
    ending = "".join(dice.choices("абвгдежзиклмн", k=2))
    surnames = [f"{word}{ending}" for word in words[:_NAMES]]
    names = [f"{dice.choice(words)} {name}" if n % 2 else name for n, name in enumerate(surnames)]
    return tuple(Entity(id=f"e{n}", names={dice.choice(("uk", "ru")): (name,)}) for n, name in enumerate(names))


def _phrase(dice: random.Random, words: Sequence[str]) -> str:
    return f'"{dice.choice(words)} {dice.choice(words)}"'


def _found(articles: Sequence[Article], compiled: matching.Compiled) -> str:
    count = sum(len(matching.match(one, compiled)) for one in articles)
    return f"{count / len(articles):.1f} matches per article"
