from __future__ import annotations

import pytest

from scrapers import yamlfile
from scrapers.errors import ConfigError

LISTS = "\n".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9) if n else 'x, x'}]" for n in range(12))
MERGES = "\n".join(
    f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}]}}" if n else "a0: &a0 {k: v}" for n in range(12)
)


@pytest.mark.parametrize("bomb", [LISTS, MERGES])
def test_aliases_that_stand_for_a_multitude_are_refused_with_the_line(bomb: str) -> None:
    with pytest.raises(ConfigError, match=r"f\.yaml:\d+: not valid YAML: .* more than 100000 nodes"):
        yamlfile.parse(bomb, "f.yaml")


@pytest.mark.parametrize("text", ["a: &a [*a]", "a: &a {b: *a}", "a: &a\n  b: &b [*a]\nc: *b", "a: &a {<<: *a}"])
def test_an_alias_that_holds_itself_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match=r"f\.yaml:\d: not valid YAML: aliases that hold themselves"):
        yamlfile.parse(text, "f.yaml")


def test_an_alias_of_nothing_is_refused_with_its_line() -> None:
    with pytest.raises(ConfigError, match=r"f\.yaml:2: .*undefined alias"):
        yamlfile.parse("a: 1\nb: *nobody", "f.yaml")


def test_ordinary_aliases_are_read_with_their_lines() -> None:
    found = yamlfile.parse("a: &a [x, y]\nb: *a\nc: {<<: &d {k: v}}\ne: *d", "f.yaml")
    assert found.content == {"a": ["x", "y"], "b": ["x", "y"], "c": {"k": "v"}, "e": {"k": "v"}}
    assert found.line(("e",)) == 4


def test_a_file_of_many_entries_is_no_bomb() -> None:
    text = "words:\n" + "".join(f"  - {{id: w{n}, names: [a, b, c]}}\n" for n in range(5000))
    assert len(yamlfile.parse(text, "f.yaml").content["words"]) == 5000
