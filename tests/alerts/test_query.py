import pytest

from alerts import query
from alerts.errors import QueryError
from alerts.query import And, Named, Node, Not, Or, Term


def shape(node: Node) -> object:
    if isinstance(node, Term):
        return node.text
    if isinstance(node, Named):
        return f"@{node.entity}"
    if isinstance(node, Not):
        return ("not", shape(node.part))
    return ("and" if isinstance(node, And) else "or", *map(shape, node.parts))


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
        ("a NEAR/3 b", 3, "not built yet"),
        ("ATLEAST/3 a", 1, "not built yet"),
        ("title:Rutte", 1, "not built yet"),
        ('="US"', 1, "not built yet"),
        ("Шахед*", 1, "not built yet"),
        ("Шах*ед", 1, "not built yet"),
        ("NEAR/x a", 1, "not built yet"),
        ("url:example.org a", 1, "not built yet"),
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


def test_a_long_row_of_opening_brackets_is_no_recursion_error() -> None:
    with pytest.raises(QueryError):
        query.parse("(" * 9_000)


def test_leaves_come_from_left_to_right() -> None:
    tree = query.parse('a ("b c" OR @d) -e')
    assert [shape(leaf) for leaf in query.leaves(tree)] == ["a", "b c", "@d", "e"]


def test_an_or_keeps_its_parts() -> None:
    assert query.parse("a OR b") == Or((Term("a", 1), Term("b", 6)))
