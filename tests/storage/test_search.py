"""What search finds: as much as a watch would, on both engines, whatever is asked."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text

from alerts import matching, normalize
from alerts.errors import QueryError
from alerts.facts import Facts
from alerts.matching import Compiled
from alerts.watchlist import Entity, Watchlist
from scrapers.article import Article
from storage import articles, lookup, retention, search
from storage.engine import reading, transaction
from storage.likeness import gist
from storage.lookup import StoredArticle
from storage.tables import ArticleRow
from tests.storage.builders import BODY, NOON, OTHER, article

_WORDS = (
    "Rutte", "Рютте", "рютте", "РЮТТЕ", "US", "us", "NATO", "nato", "Patriot", "patriot", "F-16", "F16",
    "f", "16", "T-72", "Ка-52", "п'ять", "пʼять", "пять", "дев’яносто", "ёлка", "елка", "Ёлка", "за́мок",
    "замок", "Orbán", "Orbán", "orban", "Łódź", "İstanbul", "straße", "ﬁn", "йод", "и\u0306од", "soft\u00adhyphen",
    "zero\u200bwidth", "д'Артаньян", "it's", "its", "o'neil", "№5", "km²", "½", "100", "1,000", "١٢",
    "中文", "安", "שלום", "مرحبا", "😀", "👩‍🚀", "ⴰⵣⵓⵍ", "𞤀𞤣", "ԯ", "ԩ", "𝐀𝐁", "Ⅷ", "ǆ", "ﬀ", "ª", "the",
    "the", "the", "of", "and", "і", "в", "на", "не", "та", "Зеленський", "Зеленського", "зеленським", "ракета", "ракет",
    "missiles", "missile", "drone's", "Zelensky", "zelenskyi",
)  # fmt: skip
_GAPS = (
    " ", " ", " ", " ", ", ", ". ", "-", "–", " «", "» ", "'", "\n", "\n\n", "/", " (", "  ", "\u00a0", "\t",
    "\ufeff", "_",
)  # fmt: skip
_ENTITIES = (
    Entity(id="rutte", names={"en": ("Mark Rutte", "Rutte"), "uk": ("Рютте",)}, not_=("Rutte the",)),
    Entity(id="jet", names={"en": ("F-16", "Ка-52")}, needs=("NATO", "@rutte")),
    Entity(id="place", names={"en": ("Łódź",)}, weak={"en": ("the us", "замок")}, needs=("of",), case="any"),
    Entity(id="exact", names={"uk": ("П'ять", "за́мок")}, case="exact"),
    Entity(id="president", names={"uk": ("Володимир Зеленський", "Зеленський"), "ru": ("Зеленский",)}),
)
_HOSTILE = (
    "", " ", '"', '""', "''", "'", "(", ")", "()", "a AND", "OR", "NOT a", "-a", "--", "; DROP TABLE article", "a; b",
    "' OR 1=1 --", "NEAR", "NEAR(a b)", "a NEAR/2 b", "title:rutte", "{title body}: a", "title : a", "^rutte", "rut*",
    '"rut"*', '"rut" *', "a + b", "a AND NOT b", "NOT (NOT a)", "a | b", "a & b",
    "!a", "a <-> b", "a <2> b", "a:*", "a:A",
    "'a':1", "\\", "\\'", "a\\", "%", "_", "$1", ":asked", "?", "?1", "@", "@nobody", "@rutte", "@RUTTE", "\0",
    "a\0b", '"a\0b"', "\ud800", '"\udfff a"', "rutte \ud83d", "😀", '"😀 rutte"', "👩‍🚀", "\u202eettur",
    "שלום", "مرحبا عالم",
    "中文", '"中 文"', "\ufeff", "\u200b", "а́", "é", "e\u0301", "İ", "ß", "ﬁ", "№", "½", "١٢", "𞤀𞤣", '"𞤀𞤣"', "ⴰⵣⵓⵍ",
    "…", "×", '"…"',
    '"rutte" "…"', "rutte OR …", "rutte,", "[rutte]", "rutte?", "#rutte", "c++", "d'", "'d", "d''a", "''''", "«rutte»",
    "“rutte”", "„rutte”", "„rutte", "rutte AND AND us", "rutte OR OR us", "and", '"and"', "AND AND AND", "a" * 70_000,
    "п" * 40_000, '"' + "слово " * 9_000 + '"', " OR ".join(f"w{n}" for n in range(4_990)),
    " ".join(f"w{n}" for n in range(9_990)), " OR ".join(f'"the w{n} us"' for n in range(2_400)),
    " OR ".join("ქ" * 60 + f" {n}" for n in range(2_000)), "(" * 50 + "rutte" + ")" * 50, "(" * 51 + "rutte" + ")" * 51,
    "(" * 5_000, "rutte " + "NOT us " * 3_000, "(rutte OR " * 49 + "us" + ")" * 49,
    "".join("(the AND (of OR " for _ in range(24)) + "rutte" + "))" * 24,
    "".join("(the OR (us AND NOT " for _ in range(24)) + "rutte" + "))" * 24,
    "tsquery", "to_tsquery('a')", "rank", "bm25",
    "SELECT", "MATCH 'x'", "article_search", "rowid", "a\nb", "a\tb", "a\u00a0b", "a\u2028b", "a.b",
    "a/b", "a-b", "-a b", "a -b",
)  # fmt: skip


@pytest.fixture(params=[1000, 0], ids=["few", "many"])
def few(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways to the candidates: all at once, and by date."""
    monkeypatch.setattr(search, "_FEW", request.param)
    monkeypatch.setattr(search, "_WINDOW", 7)


def _compiled(query: str) -> Compiled:
    return matching.compile_one(query, Watchlist(entities=_ENTITIES))


def _save(engine: Engine, batch: Sequence[Article]) -> None:
    with transaction(engine) as session:
        articles.save(session, [gist.take(one) for one in batch], NOON)


def _found(engine: Engine, query: str, **asked: Any) -> list[str]:
    with reading(engine) as session:
        return [found.article.url.rsplit("/", 1)[1] for found in search.find(session, _compiled(query), **asked)]


def _scanned(stored: Sequence[tuple[str, Article]], compiled: Compiled) -> list[str]:
    return [name for name, one in stored if matching.match(one, compiled)]


def _stored(engine: Engine) -> list[tuple[str, Article]]:
    with reading(engine) as session:
        return [
            (one.url.rsplit("/", 1)[1], Article(one.source, one.url, one.title, one.text, language=one.language))
            for one in lookup.articles(session)
        ]


def _text(dice: random.Random, most: int) -> str:
    return "".join(dice.choice(_WORDS) + dice.choice(_GAPS) for _ in range(dice.randint(0, most)))


def _query(dice: random.Random, depth: int = 0) -> str:
    kind = dice.random()
    if depth > 3 or kind < 0.4:
        return dice.choice(_WORDS)
    if kind < 0.6:
        return (
            '"'
            + "".join(dice.choice(_WORDS) + dice.choice((" ", " ", "-", "'")) for _ in range(dice.randint(1, 3)))
            + '"'
        )
    if kind < 0.66:
        return f"@{dice.choice(_ENTITIES).id}"
    if kind < 0.7:
        return _special(dice)
    parts = [_query(dice, depth + 1) for _ in range(dice.randint(2, 3))]
    if kind < 0.8:
        return f"({' OR '.join(parts)})"
    return f"({parts[0]} {' '.join(dice.choice(('', 'AND ', 'NOT ')) + part for part in parts[1:])})"


def _special(dice: random.Random) -> str:
    """What is asked of more than the words."""
    one, other = (dice.choice((*_WORDS, "@rutte", "@president", '"the us"', "(the OR of)")) for _ in range(2))
    return dice.choice(
        (
            f"({one} {dice.choice(('NEAR/2', 'ONEAR/9', 'NEAR'))} {other})",
            f"ATLEAST/2 {one}",
            f"{dice.choice(('title', 'lead', 'body'))}:({one} OR {other})",
            f"{dice.choice(('Rutt', 'Зелен', 'missi', 'замо', 'Ка-52ab', 'стра́', 'dron'))}*",
            f'="{one.strip(chr(34))}"',
            f"({one} {dice.choice(('lang:uk', '-lang:en', 'source:wire', 'source:(daily OR x)', 'site:wire.test'))})",
        )
    )


def _many(seed: int, number: int) -> list[Article]:
    """Articles of odd words; every fifth of them after an older one, as a backfill stores it."""
    dice = random.Random(seed)
    return [
        article(
            url=f"https://wire.example/a/{n}",
            title=_text(dice, 5) or "x",
            text=_text(dice, 30) + (f" the{n}" if dice.random() < 0.9 else ""),
            published=NOON - timedelta(hours=dice.randint(0, 400))
            if n % 5 == 0
            else NOON - timedelta(minutes=number - n),
            source=dice.choice(("wire", "daily")),
            language=dice.choice(("en", "uk", "ru")),
        )
        for n in range(number)
    ]


def test_search_finds_what_a_watch_would_for_random_texts_and_queries(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    _save(engine, _many(1, 60))
    stored, dice = _stored(engine), random.Random(2)
    asked = hits = 0
    while asked < 250:
        query = _query(dice)
        try:
            compiled = _compiled(query)
        except QueryError:
            continue
        asked += 1
        expected = _scanned(stored, compiled)
        hits += bool(expected)
        for few, window in ((1000, 64), (0, 7)):  # all candidates at once, and by date
            monkeypatch.setattr(search, "_FEW", few)
            monkeypatch.setattr(search, "_WINDOW", window)
            assert _found(engine, query) == expected, query
    assert hits > 125


def test_search_asks_in_the_language_of_watches(engine: Engine) -> None:
    texts = {
        1: ("Ракети над Києвом", "Зеленського чекають у Брюсселі.\n\nЖодної ракети не збито.", "uk"),
        2: ("Missiles", "Zelenskyi awaits missiles and more missiles. A missile fell.", "en"),
        3: ("Шахедами по Одесі", "Сили ППО збили 20 шахедів.", "uk"),
    }
    _save(
        engine,
        [
            article(url=f"https://wire.example/a/{key}", title=title, text=body, language=language)
            for key, (title, body, language) in texts.items()
        ],
    )
    for query, expected in {
        "@president": ["1", "2"],
        "ракета": ["1"],
        "title:ракета": ["1"],
        "lead:ракета": [],
        "body:ракета": ["1"],
        "шахед*": ["3"],
        "Шахед*": ["3"],
        "missile NEAR/2 fell": ["2"],
        "missile ONEAR/2 Zelenskyi": [],
        "ATLEAST/3 missile": ["2"],
        "ATLEAST/5 missile": [],
        '="missile"': ["2"],
        '="Zelensky"': [],
        "(ракета OR шахед) lang:uk": ["1", "3"],
        "(missile OR ракета) -lang:en": ["1"],
        "missile source:wire": ["2"],
        "missile source:daily": [],
        "missile site:wire.example": ["2"],
    }.items():
        assert sorted(_found(engine, query)) == expected, query


def test_what_sources_tell_narrows_a_search(engine: Engine) -> None:
    sources = {"wire": Facts(frozenset(("wire", "the wire")), "agency", "ua"), "daily": Facts(kind="outlet")}
    _save(engine, [article(), article(url="https://daily.example/a/2", source="daily", title="Rutte", text=OTHER)])
    with reading(engine) as session:
        for query, expected in {
            "Rutte kind:agency": ["wire"],
            "Rutte country:UA": ["wire"],
            'Rutte source:"The Wire"': ["wire"],
            "Rutte -kind:agency": ["daily"],
            "Rutte kind:(agency OR outlet)": ["wire", "daily"],
            "Rutte kind:official": [],
        }.items():
            compiled = matching.compile_one(query, Watchlist(), sources)
            found = {one.article.source for one in search.find(session, compiled)}
            assert found == set(expected), query


def test_a_search_stops_after_many_articles_read_in_vain_and_says_where(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    _save(
        engine,
        [
            article(
                url=f"https://wire.example/a/{n}", title=f"t{n}", text=f"us w{n}", published=NOON - timedelta(days=n)
            )
            for n in range(9)
        ],
    )
    monkeypatch.setattr(search, "MOST_MISSED", 5)
    with reading(engine) as session:
        in_vain = search.find(session, _compiled("US"))
        assert (list(in_vain), in_vain.stopped_at) == ([], NOON - timedelta(days=4))
        all_found = search.find(session, _compiled("us"))
        assert (len(list(all_found)), all_found.stopped_at) == (9, None)


def test_words_are_the_texts_of_tokens() -> None:
    dice = random.Random(7)
    odd = [*map(chr, (*range(0x250), *range(0x300, 0x530), *range(0x1E00, 0x2200), *range(0xFB00, 0xFB07)))]
    for _ in range(3_000):
        written = "".join(dice.choice((dice.choice(_WORDS), dice.choice(odd), " ", "a", "и")) for _ in range(12))
        assert normalize.words(written) == [token.text for token in normalize.tokens(written)], ascii(written)


def test_hostile_queries_find_what_a_watch_would_or_are_refused(engine: Engine) -> None:
    dice = random.Random(3)
    signs = "".join(_WORDS) + "\"'()*^:-|&!<>{}[]\\%_;,.@#~+=/?\0\ud800\u202e\n\t " * 4
    queries = [*_HOSTILE, *("".join(dice.choices(signs, k=dice.randint(1, 14))) for _ in range(400))]
    _save(engine, _many(4, 25))
    stored, refused = _stored(engine), 0
    for query in queries:
        try:
            compiled = _compiled(query)
        except QueryError:
            refused += 1
            continue
        assert _found(engine, query) == _scanned(stored, compiled), query[:80]
    assert 100 < refused < len(queries) - 100


def test_letters_and_capitals_mean_to_search_what_they_mean_to_a_watch(engine: Engine) -> None:
    one = article(
        title="НАТО", text="П’ять Ка-52 видели у елки. Це за п’ять хвилин: новый за\u0301мок.\n\nOrbán told us."
    )
    _save(engine, [one])
    found = (
        "п'ять", "пʼять", '"П’ЯТЬ"', "елки", "ёлки", "замок", "за́мок", "Orban", "Orbán", '"orban"',
        '"новый замок"', '"Ка 52"',
        "Ка-52", "НАТО", "нато", '"us"', '"told US"', '"видели у ЕЛКИ"',
    )  # fmt: skip
    missed = (
        "П’ЯТЬ",
        "пять",
        "замо",
        "US",
        '"НАТО п ять"',
        '"замок Orban"',
        '"НАТО П’ять"',
        "Хвилин-новый",
        "rutte",
        '"told"s',
    )
    assert [query for query in found if not _found(engine, query)] == []
    assert [query for query in missed if _found(engine, query)] == []


def test_parts_of_a_query_may_stand_in_title_and_text_but_a_phrase_stands_in_one(engine: Engine) -> None:
    _save(engine, [article(title="Talks with Mark", text="Rutte came to Kyiv.")])
    assert _found(engine, "Mark AND Kyiv") == ["1"]
    assert _found(engine, '"Mark Rutte"') == []


@pytest.mark.usefixtures("few")
def test_filters_and_limit_choose_among_the_newest_first(engine: Engine) -> None:
    _save(engine, _many(5, 90))
    with reading(engine) as session:
        every = list(lookup.articles(session))
    compiled = _compiled("the OR of")
    matched = [one for one in every if matching.match(Article("s", one.url, one.title, one.text), compiled)]
    at = {one.id: one.published or one.first_seen for one in every}
    middle = at[matched[len(matched) // 2].id]
    wanted: tuple[tuple[dict[str, Any], Callable[[StoredArticle], bool]], ...] = (
        ({"since": middle}, lambda one: at[one.id] >= middle),
        ({"until": middle}, lambda one: at[one.id] < middle),
        ({"source": "daily"}, lambda one: one.source == "daily"),
        ({"language": "uk", "since": middle}, lambda one: one.language == "uk" and at[one.id] >= middle),
        ({"source": "daily", "until": middle}, lambda one: one.source == "daily" and at[one.id] < middle),
    )
    for kept, holds in wanted:
        expected = [one.url.rsplit("/", 1)[1] for one in matched if holds(one)]
        assert expected
        assert _found(engine, "the OR of", **kept) == expected
        assert _found(engine, "the OR of", limit=3, **kept) == expected[:3]
    assert _found(engine, "the", since=NOON + timedelta(days=1)) == []


def test_the_snippet_is_the_sentence_that_shows_why(engine: Engine) -> None:
    _save(engine, [article()])
    with reading(engine) as session:
        (found,) = search.find(session, _compiled('"strongest possible place"'))
    assert "strongest possible place" in found.snippet


def test_a_common_word_does_not_read_the_whole_table(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    _save(engine, _many(6, 120))
    monkeypatch.setattr(search, "_FEW", 10)
    monkeypatch.setattr(search, "_WINDOW", 16)
    read: list[int] = []
    given = lookup.by_id

    def counted(session: Any, ids: Sequence[int]) -> dict[int, StoredArticle]:
        read.extend(ids)
        return given(session, ids)

    monkeypatch.setattr(lookup, "by_id", counted)
    assert len(_found(engine, "the", limit=5)) == 5
    assert len(read) <= 40


def test_a_changed_article_is_found_by_its_new_words_only(engine: Engine) -> None:
    _save(engine, [article(), article(url="https://wire.example/a/2", title="Storm", text=OTHER)])
    _save(engine, [article(title="Rutte adds a third condition", text=BODY.replace("Brussels", "Ramstein"))])
    assert _found(engine, "Ramstein AND third") == ["1"]
    assert _found(engine, "Brussels") == []
    assert _found(engine, "Odesa") == ["2"]
    _is_sound(engine)


def test_an_article_whose_text_was_let_go_is_found_by_its_title(engine: Engine) -> None:
    _save(engine, [article(published=NOON - timedelta(days=400))])
    with transaction(engine) as session:
        assert retention.drop_texts(session, NOON + timedelta(days=500), 100, 10)
    assert _found(engine, "Rutte") == ["1"]
    assert _found(engine, "Brussels") == []
    _is_sound(engine)


def test_text_that_no_engine_takes_is_found_as_it_was_stored(engine: Engine) -> None:
    _save(
        engine,
        [article(title="Zalu\0zhnyi \ud800", text="Valerii Zalu\0zhnyi met Budanov\ud83d\ude00 and Syr\udc00skyi.")],
    )
    assert _found(engine, "Zaluzhnyi AND Budanov") == ["1"]
    _save(engine, [article(title="Zaluzhnyi", text="Nothing of what was said there before remains of this article.")])
    assert _found(engine, "Budanov") == []
    _is_sound(engine)


def test_a_phrase_is_found_at_the_end_of_a_long_article(engine: Engine) -> None:
    crowded = "the word " * 400 + "of Black Sea"
    far = " ".join(f"w{n}" for n in range(17_000)) + " Black Sea"
    cut = "w" * 90 + " word" * 45_000 + " Black Sea"
    _save(
        engine,
        [
            article(url=f"https://wire.example/a/{n}", title=f"t{n}", text=body)
            for n, body in enumerate((crowded, far, cut, "Sea Black", "a Black sea port"), 1)
        ],
    )
    assert sorted(_found(engine, '"Black Sea"')) == ["1", "2", "3", "5"]
    assert sorted(_found(engine, '"the word"')) == ["1"]
    assert _found(engine, '"w16998 w16999"') == ["2"]


def test_texts_at_the_limits_of_an_engine_are_stored(engine: Engine) -> None:
    signs = [chr(n) for n in (*range(0x4E00, 0x9FFF), *range(0x20000, 0x2A6DF), *range(0x30000, 0x3134A))]
    texts = [
        "".join(signs),
        "ქ" * 199_000,
        " ".join("ა" + chr(0x10D0 + n % 33) * (n // 33 + 1) for n in range(3_000)),
        "a'" * 99_000,
    ]
    _save(engine, [article(url=f"https://wire.example/a/{n}", title=f"t{n}", text=one) for n, one in enumerate(texts)])
    assert _found(engine, signs[5]) == ["0"]
    assert _found(engine, "ქ" * 199_000) == ["1"]
    assert _found(engine, "ააა") == ["2"]


@pytest.mark.usefixtures("few")
def test_articles_of_an_earlier_version_are_found_before_they_are_indexed(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    _save(engine, [article(), article(url="https://wire.example/a/2", title="Storm", text=OTHER)])
    with transaction(engine) as session:
        row = session.get_one(ArticleRow, 1)
        search.forget(session, [row])
        row.indexed = 0
    assert _found(engine, "Rutte") == ["1"]
    with reading(engine) as session:
        assert search.unindexed(session) == 1
    monkeypatch.setattr(search, "MOST_UNINDEXED", 0)
    assert _found(engine, "Rutte") == []
    with transaction(engine) as session:
        assert articles.reread(session, 10) == 1
    assert _found(engine, "Rutte") == ["1"]
    _is_sound(engine)


def test_to_forget_what_was_never_indexed_or_to_index_twice_spoils_nothing(engine: Engine) -> None:
    _save(engine, [article()])
    with transaction(engine) as session:
        row = session.get_one(ArticleRow, 1)
        search.forget(session, [row])
        search.forget(session, [row])
        again = gist.take(article())
        search.index(session, [(row, again)])
        search.index(session, [(row, again)])
    assert _found(engine, "Rutte") == ["1"]
    _is_sound(engine)
    with transaction(engine) as session:
        search.forget(session, [session.get_one(ArticleRow, 1)])
    assert _found(engine, "Rutte") == []


def _is_sound(engine: Engine) -> None:
    """Every stored article has its words in the index, and nothing else has."""
    if engine.dialect.name == "postgresql":
        return
    with transaction(engine) as session:
        rows = session.execute(text("SELECT id FROM article_search_docsize")).scalars().all()
        assert sorted(rows) == sorted(session.scalars(text("SELECT id FROM article WHERE indexed > 0")))
        session.execute(text("INSERT INTO article_search (article_search) VALUES ('integrity-check')"))
