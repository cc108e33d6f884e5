from __future__ import annotations

import os
import subprocess
import sys

import pytest

from storage.likeness import shingles
from tests.storage.builders import BODY, OTHER

SCRIPT = "import sys; from storage.likeness import shingles; print(sorted(shingles.read(sys.argv[1]).keys))"
CHINESE = (
    "乌克兰总统周三在布鲁塞尔会见了北约秘书长，双方讨论了防空系统的交付、前线局势以及战后安全保障等问题。"
    "秘书长表示，盟国将继续提供支持，直到达成公正而持久的和平。会谈结束后，两人共同会见了记者。"
)
THAI = "ประธานาธิบดียูเครนพบกับเลขาธิการนาโตที่กรุงบรัสเซลส์ในวันพุธเพื่อหารือเกี่ยวกับการป้องกันภัยทางอากาศและการสนับสนุน"


def test_fingerprints_are_the_same_in_every_process() -> None:
    found = {
        subprocess.run(
            [sys.executable, "-c", SCRIPT, BODY],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert found == {f"{sorted(shingles.read(BODY).keys)}\n"}


def test_stored_fingerprints_stay_valid_until_the_version_changes() -> None:
    assert shingles.VERSION == 1
    assert list(shingles.read("Mark Rutte named two conditions").keys) == [1794443497470751951, 835413644387299471]
    assert sum(shingles.read(BODY).keys) == 56363349450377386531


def test_fingerprints_fit_a_signed_column_of_64_bits() -> None:
    assert all(0 <= key < 2**63 for key in shingles.read(BODY * 20).keys)


def test_a_part_keeps_the_fingerprints_that_the_whole_has_there() -> None:
    whole = shingles.read(f"{OTHER} {BODY} {OTHER[::-1]}")
    part = shingles.read(BODY)
    inside = {key for key, place in whole.keys.items() if whole.shingles[place] in set(part.shingles)}
    assert inside
    assert inside <= part.keys.keys()


def test_a_short_text_has_fingerprints_and_a_long_one_few_a_word() -> None:
    assert len(shingles.read("one two three four five six seven").keys) == 4
    long = shingles.read(" ".join(f"word{n}" for n in range(4000)))
    assert 400 < len(long.keys) < 650


def test_a_text_shorter_than_a_shingle_has_none() -> None:
    assert not shingles.read("Air raid alert").keys
    assert not shingles.read("").keys


@pytest.mark.parametrize("written", ["1,263", "1 263", "1\u00a0263", "1\u202f263", "1'263", "1.263"])
def test_a_number_is_one_word_however_its_thousands_are_set_apart(written: str) -> None:
    assert shingles.read(f"lost {written} soldiers").words == ("lost", "1263", "soldiers")


def test_a_decimal_is_one_word() -> None:
    assert shingles.read("at UAH 41.2135 today, 12 of 300").words == ("at", "uah", "412135", "today", "12", "of", "300")


def test_latin_letters_in_a_cyrillic_word_are_the_cyrillic_ones() -> None:
    assert shingles.read("Mосква зaявила").words == shingles.read("Москва заявила").words
    assert shingles.read("Patriot у Києві").words == ("patriot", "у", "києві")


def test_stress_marks_quotes_and_soft_hyphens_do_not_count() -> None:
    assert shingles.read("Зеле\u0301нський: п’ять об\u00adстрілів").words == ("зеленський", "пять", "обстрілів")


@pytest.mark.parametrize("text", [CHINESE, THAI])
def test_a_script_without_word_spaces_is_found_by_a_part(text: str) -> None:
    whole, part = shingles.read(text), shingles.read(text[: len(text) * 2 // 3])
    assert len(part.shingles) > 10
    assert len(set(part.shingles) & set(whole.shingles)) > 0.9 * len(part.shingles)
    assert part.keys.keys() & whole.keys.keys()


def test_two_characters_of_a_script_without_word_spaces_count_as_a_word() -> None:
    assert shingles.read("乌克兰总统会见了北约秘书长").size == 6
    assert shingles.read("乌克兰总统会见了北约秘书长" * 3 + " NATO").size == 20


@pytest.mark.parametrize("text", ["слово " * 900_000, "я" * 5_000_000, "乌" * 1_700_000, "1 234 " * 800_000])
def test_of_five_megabytes_a_bounded_part_is_read(text: str) -> None:
    read = shingles.read(text)
    assert read.is_cut
    assert len(read.words) <= shingles.LONGEST
    assert len(read.keys) < 10


def test_broken_characters_are_no_error() -> None:
    assert shingles.read("one \ud800 two\x00three fo\udfffur five " * 3).keys
