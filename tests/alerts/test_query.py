import random
import re

import pytest

from alerts import matching, query, querytree
from alerts.errors import QueryError
from alerts.querytree import And, AtLeast, Fact, Named, Near, Node, Not, Or, Term, Within
from alerts.watchlist import Watchlist
from tests.builders import make_article
from tests.querytrees import random_tree


def shape(node: Node) -> object:  # noqa: PLR0911 - a case for each kind of node
    """The tree in short: tuples that begin with what joins the parts."""
    match node:
        case Term():
            return ("=" if node.case == "exact" else "") + node.text + ("*" if node.is_prefix else "")
        case Named():
            return f"@{node.entity}"
        case Fact():
            return f"{node.name}:{node.value}"
        case And():
            return ("and", *map(shape, node.parts))
        case Or():
            return ("or", *map(shape, node.parts))
        case Not():
            return ("not", shape(node.part))
        case Near():
            return (f"{'o' if node.is_ordered else ''}near/{node.words}", shape(node.left), shape(node.right))
        case AtLeast():
            return (f"atleast/{node.count}", shape(node.part))
        case Within():
            return (f"{node.field}:", shape(node.part))


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("drone", "drone"),
        ("drone strike", ("and", "drone", "strike")),
        ("drone AND strike", ("and", "drone", "strike")),
        ("drone OR strike", ("or", "drone", "strike")),
        ("drone | strike", ("or", "drone", "strike")),
        ("a b OR c d", ("or", ("and", "a", "b"), ("and", "c", "d"))),
        ("(a OR b) c", ("and", ("or", "a", "b"), "c")),
        ("a -b", ("and", "a", ("not", "b"))),
        ("a NOT b", ("and", "a", ("not", "b"))),
        ("a AND NOT (b OR c)", ("and", "a", ("not", ("or", "b", "c")))),
        ('"two words"', "two words"),
        ("«дві умови»", "дві умови"),
        ("“two words”", "two words"),
        ("@rutte AND (Ukraine OR Україна)", ("and", "@rutte", ("or", "Ukraine", "Україна"))),
        ("F-16", "F-16"),
        ("Знам'янка", "Знам'янка"),
        ('"and"', "and"),
        ("‹two words›", "two words"),
        ("„two words“", "two words"),
        ("„two words”", "two words"),
        ("»two words«", "two words"),
        ("”two words”", "two words"),
        ("‘two words’", "two words"),
        ("'two words'", "two words"),
        ("‘Знам’янка тепер’", "Знам’янка тепер"),
        ("rock 'n", ("and", "rock", "'n")),
        ('="US"', "=US"),
        ("=«Знам'янка»", "=Знам'янка"),
        ("Шахед*", "Шахед*"),
        ("long-rang*", "long-rang*"),
        ("a NEAR/5 b", ("near/5", "a", "b")),
        ("a NEAR b", ("near/10", "a", "b")),
        ("a ONEAR/0 b", ("onear/0", "a", "b")),
        ("a NEAR/2 b NEAR/3 c", ("near/3", ("near/2", "a", "b"), "c")),
        ("(a OR b) NEAR/50 @x", ("near/50", ("or", "a", "b"), "@x")),
        ("a NEAR/2 b c OR d", ("or", ("and", ("near/2", "a", "b"), "c"), "d")),
        ("NOT (a NEAR/2 b) c", ("and", ("not", ("near/2", "a", "b")), "c")),
        ("ATLEAST/3 a b", ("and", ("atleast/3", "a"), "b")),
        ("ATLEAST/3 (a OR @b)", ("atleast/3", ("or", "a", "@b"))),
        ("title:a b", ("and", ("title:", "a"), "b")),
        ("intitle:«a b»", ("title:", "a b")),
        ("lead:(a -b)", ("lead:", ("and", "a", ("not", "b")))),
        ("body: @a", ("body:", "@a")),
        ("TITLE:a", ("title:", "a")),
        ("title:a NEAR/3 title:b", ("near/3", ("title:", "a"), ("title:", "b"))),
        ("a source:ukrinform-en", ("and", "a", "source:ukrinform-en")),
        ('a source:"Kyiv Post"', ("and", "a", "source:kyiv post")),
        ("a site:www.nato.int", ("and", "a", "site:nato.int")),
        ("a -kind:state-media", ("and", "a", ("not", "kind:state-media"))),
        ("a lang:(uk OR ru | PL)", ("and", "a", ("or", "lang:uk", "lang:ru", "lang:pl"))),
        ("title:@rutte", ("title:", "@rutte")),
        ("title:Шахед*", ("title:", "Шахед*")),
        ("a lang:or", ("and", "a", "lang:or")),
        ("a country:UK", ("and", "a", "country:gb")),
        ("a author:Остап", ("and", "a", "author:остап")),
        ("near front", ("and", "near", "front")),
    ],
)
def test_a_query_reads_as_people_expect(text: str, tree: object) -> None:
    assert shape(query.parse(text)) == tree


@pytest.mark.parametrize(
    ("text", "column", "advice"),
    [
        ("", 1, "empty"),
        ("   ", 1, "empty"),
        ("a AND", 6, "ends after 'AND'"),
        ("a OR", 5, "ends after 'OR'"),
        ("OR a", 1, "a word is missing before it"),
        ("a AND AND b", 7, "unexpected 'AND'"),
        ("(a", 1, "never closed: add )"),
        ("a (b OR (c)", 3, "never closed: add )"),
        ("a)", 2, "closes nothing"),
        ("()", 2, "a word is missing"),
        ('x "a b', 3, 'never closed: add "'),
        ("«a b", 1, "never closed: add »"),
        ("NOT a", 1, "only says what must be absent"),
        ("a OR NOT b", 1, "only says what must be absent"),
        ("-a -b", 1, "only says what must be absent"),
        ("a and b", 3, "in capitals: AND"),
        ("a or b", 3, "in capitals: OR"),
        ("–", 1, "no letter or number"),
        ('"..."', 1, "no letter or number"),
        ("a NEAR/3", 9, "the query ends after 'NEAR/3': a word is missing"),
        ("NEAR/3 a", 1, "unexpected 'NEAR/3'"),
        ("a NEAR/3 (b c)", 3, "NEAR/3 joins words, phrases, @entities or OR groups of them only"),
        ("a NEAR/3 -b", 3, "NEAR/3 joins words"),
        ("NOT a NEAR/3 b", 7, "NEAR/3 joins words"),
        ("a ONEAR/3 ATLEAST/2 b", 3, "ONEAR/3 joins words"),
        ("a NEAR lang:uk", 3, "NEAR joins words"),
        ("a NEAR/51 b", 3, "NEAR takes a number from 0 to 50 behind a slash: write NEAR/5"),
        ("a ONEAR/x b", 3, "write ONEAR/5"),
        ("a NEAR/ b", 3, "write NEAR/5"),
        ("a NEAR 5 b", 8, "write NEAR/5 without a blank"),
        ("a near/5 b", 3, "write operators in capitals: NEAR/5"),
        ("ATLEAST a", 1, "ATLEAST takes a number from 1 to 1,000 behind a slash: write ATLEAST/3"),
        ("ATLEAST/0 a", 1, "write ATLEAST/3"),
        ("ATLEAST/3", 10, "ends after 'ATLEAST/3'"),
        ("ATLEAST/2 ATLEAST/2 a", 1, "ATLEAST/2 counts a word"),
        ("ATLEAST/2 (a b)", 1, "ATLEAST/2 counts a word"),
        ("ATLEAST/2 (a NEAR b)", 1, "ATLEAST/2 counts a word"),
        ("a titel:b", 3, "no field is called `titel:`; did you mean `title`?"),
        ("xyz:b", 1, "there are title, intitle"),
        ("title:", 1, "write a word, a phrase or a bracket behind title:"),
        ("title:-a", 1, "write the NOT before the field: NOT title:"),
        ("title:(a lead:b)", 10, "lead: stands within title:"),
        ("title:title:a", 1, "write a word"),
        ("https://example.org/a", 1, "write site:example.org"),
        ("source:tass", 1, "where to look: add a word or @entity that must be there"),
        ("a OR lang:uk", 1, "where to look"),
        ("a lang:ukrainian", 8, "the code of a language, such as uk or en, not `ukrainian`"),
        ("a lang:ua", 8, "did you mean `uk`?"),
        ("a country:Ukraine", 11, "the code of a country"),
        ("a kind:agancy", 8, "no source is of the kind `agancy`; did you mean `agency`?"),
        ("a kind:zzz", 8, "there are agency, outlet"),
        ("a site:example.org/news", 8, "takes a host alone"),
        ("a lang:(uk ru)", 3, "join values by OR"),
        ("a lang:@uk", 8, "lang: takes a value, or values in a bracket: lang:(a OR b)"),
        ("=US", 1, 'for this spelling alone write ="US"'),
        ('="US', 2, 'never closed: add "'),
        ("Шах*", 1, "at least 4 letters before it"),
        ("Су-34*", 1, "at least 4 letters"),
        ("*", 1, "at least 4 letters"),
        ("Шах*ед", 4, "only stand at the end of a word"),
        ("Шахед**", 6, "only stand at the end of a word"),
        ('"Шахед*"', 1, "`*` has no meaning in quotes"),
        ("(а+)+$", 3, "there are no regular expressions"),
        ("/foo/i", 1, "there are no regular expressions"),
        ("/foo.*bar/", 1, "there are no regular expressions"),
        ("foo.*bar", 5, "there are no regular expressions"),
        (r"\bNATO\b", 1, "there are no regular expressions"),
        ("[Uu]kraine", 1, "there are no regular expressions"),
        ("^NATO", 1, "there are no regular expressions"),
        ("a && b", 3, "write AND"),
        ("@Rutte", 1, "an entity is written as @id"),
        ('"air defence"~5', 14, "`~` has no meaning here"),
        ("Rutte^2", 6, "`^` has no meaning here"),
        ("drone, missile", 6, "`,` has no meaning here"),
        ("a !b", 3, "`!` has no meaning here"),
        ('"' + "word " * 10_001 + '"', 1, "more than 10,000 words"),
        ("a @Rutte!", 3, "@id"),
        ("(" * 51 + "a" + ")" * 51, 51, "nested deeper than 50"),
        ("word " * 10_001, 50_001, "more than 10,000 words"),
        ("a NOT NOT b", 3, "two NOTs"),
    ],
)
def test_a_mistake_is_answered_with_its_column_and_advice(text: str, column: int, advice: str) -> None:
    with pytest.raises(QueryError, match=f"^column {column}: ") as refused:
        query.parse(text)
    assert advice in str(refused.value)


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("ракета АБО дрон", "OR"),
        ("ракета И дрон", "AND"),
        ("ракета ОR дрон", "OR"),  # with a Cyrillic О
        ("a ＡＮＤ b", "AND"),
        ("a NEAR5 b", "NEAR/5"),
        ("a W/5 b", "NEAR/5"),
        ("title：Kyiv", "write :"),
        ("（Kyiv）", "write ("),
    ],
)
def test_what_looks_like_a_sign_of_the_language_is_no_word_that_never_comes(text: str, advice: str) -> None:
    with pytest.raises(QueryError, match=re.escape(advice)):
        query.parse(text)


def test_a_long_row_of_opening_brackets_is_no_recursion_error() -> None:
    with pytest.raises(QueryError):
        query.parse("(" * 9_000)


def test_leaves_come_from_left_to_right() -> None:
    tree = query.parse('a ("b c" OR @d) -e')
    assert [shape(leaf) for leaf in querytree.leaves(tree)] == ["a", "b c", "@d", "e"]


def test_an_or_keeps_its_parts() -> None:
    assert query.parse("a OR b") == Or((Term("a", 1), Term("b", 6)))


@pytest.mark.parametrize(
    "text",
    [
        "title:" * 9_000 + "a", "NOT " * 9_000 + "a", "ATLEAST/2 " * 9_000 + "a", "-(" * 9_000, "a NEAR " * 9_000,
        "a NEAR " * 4_000 + "a",
        "(" * 49 + "a" + " NEAR b NEAR c NEAR d NEAR e NEAR f)" * 49,
        "'" * 9_000, "'a " * 11_000, "„a " * 9_000, "(a OR " * 9_000, "lang:(" * 9_000, '"' * 9_001, "*" * 9_000,
    ],
)  # fmt: skip
def test_a_hostile_query_is_answered_and_not_died_of(text: str) -> None:
    with pytest.raises(QueryError):
        query.parse(text)


def test_the_deepest_query_that_is_read_can_be_written_and_asked() -> None:
    text = "(NOT title:z OR y AND x NEAR " * 48 + "a" + ")" * 48
    with pytest.raises(QueryError, match="NEAR joins"):
        query.parse(text)
    text = "(z OR y AND NOT " * 49 + "a" + ")" * 49 + " AND b"
    compiled = matching.compile_one(text, Watchlist())
    assert matching.match(make_article("b and z"), compiled)
    assert querytree.write(query.parse(text)).count("NOT") == 49


def test_ten_thousand_words_are_read() -> None:
    tree = query.parse("a NEAR/3 b OR " * 2_400 + "c")
    assert isinstance(tree, Or)
    assert len(tree.parts) == 2_401


def test_what_is_written_of_a_tree_reads_as_that_tree() -> None:
    dice = random.Random(5)
    for _ in range(500):
        tree = random_tree(dice)
        text = querytree.write(tree)
        again = query.parse(text)
        assert querytree.write(again) == text
        assert flat(shape(again)) == flat(shape(tree)), text


def flat(tree: object) -> object:
    """Without the brackets of an AND in an AND, or an OR in an OR."""
    if not isinstance(tree, tuple):
        return tree
    parts: list[object] = []
    for part in map(flat, tree[1:]):
        is_same = isinstance(part, tuple) and part[0] == tree[0] and tree[0] in ("and", "or")
        parts += part[1:] if is_same and isinstance(part, tuple) else [part]
    return (tree[0], *parts)
