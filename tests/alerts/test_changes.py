import random

import pytest

from alerts import changes
from alerts.changes import ChangeKind, Version
from alerts.worddiff import PieceKind, hunks, words
from storage.likeness.fingerprint import normal_words

EN = (
    "The contact group met in Brussels on Wednesday. Mark Rutte named two conditions for the security of Ukraine "
    "after the war.\n\n"
    "He said that the first was the strongest possible place at the table, and the second an agreement that keeps "
    "Russia from attacking again. Officials did confirm the wording of the text to reporters.\n\n"
    "Allies in Europe and Canada invested 485 billion dollars in defence in 2024, a fifth more than in the year "
    "before. The money went into ammunition, air defence and the repair of armoured vehicles, and almost all of "
    "the military aid of the last three years came from them."
)
UK = (
    "Контактна група зібралася у Брюсселі в середу. Очільник Альянсу Марк Рютте назвав дві умови безпеки України "
    "після війни.\n\n"
    "За його словами, перша умова полягає у найсильнішій позиції за столом переговорів, а друга в угоді, яка не "
    "дасть Росії напасти знову. Речник підтвердив журналістам зміст документа.\n\n"
    "Союзники в Європі та Канаді вклали в оборону 485 мільярдів доларів, на п'яту частину більше, ніж торік. "
    "Гроші пішли на боєприпаси, протиповітряну оборону та ремонт бронетехніки, яку передали бригадам на сході."
)
RU = (
    "Контактная группа собралась в Брюсселе в среду. Глава альянса Марк Рютте назвал два условия безопасности "
    "Украины после войны.\n\n"
    "По его словам, первое условие состоит в сильной позиции за столом переговоров, а второе в соглашении, "
    "которое удержит Россию от нового нападения. Представитель подтвердил журналистам содержание документа.\n\n"
    "Союзники в Европе и Канаде вложили в оборону 485 миллиардов долларов, на пятую часть больше, чем год назад. "
    "Деньги пошли на боеприпасы, противовоздушную оборону и ремонт бронетехники, которую передали бригадам."
)
MORE = (
    "\n\nLater on Wednesday the ministers of nine countries signed a plan for joint purchases, which the parliaments "
    "are to approve by the summer, and agreed to meet again in Ramstein in April with the heads of the staffs."
)
TITLE = {EN: "Rutte names two conditions", UK: "Рютте назвав дві умови", RU: "Рютте назвал два условия"}


def kind(text: str, *edits: tuple[str, str], title: str = "", partial: bool = False) -> ChangeKind | None:
    new = text
    for old, put in edits:
        assert old in new
        new = new.replace(old, put, 1)
    return changes.classify(Version(TITLE[text], text), Version(title or TITLE[text], new, partial))


@pytest.mark.parametrize(
    ("text", "old", "new", "expected"),
    [
        # nothing that counts
        (EN, "Brussels", "BRUSSELS", None),
        (EN, "table, and", "table — and", None),
        (UK, "п'яту", "п’я\u00adту", None),
        (RU, "за столом", "за\u00a0столо\u0301м", None),
        (RU, "удержит", "удёржит", None),
        # slips of the pen
        (EN, "ammunition", "amunition", ChangeKind.TYPO),
        (EN, "strongest", "strognest", ChangeKind.TYPO),
        (EN, "air defence", "airdefence", ChangeKind.TYPO),
        (UK, "боєприпаси", "боєприпас", ChangeKind.TYPO),
        (UK, "Брюсселі", "Брюсселю", ChangeKind.TYPO),  # another case of a name
        (RU, "противовоздушную", "противовздушную", ChangeKind.TYPO),
        # a few words without a fact
        (EN, "strongest possible place", "firmest place", ChangeKind.MINOR),
        (EN, "to reporters", "later", ChangeKind.MINOR),
        (UK, "Гроші пішли на", "Кошти витратили на", ChangeKind.MINOR),
        (RU, "Деньги пошли на", "Средства направили на", ChangeKind.MINOR),
        # a fact put right
        (EN, "485 billion", "458 billion", ChangeKind.CORRECTION),
        (EN, "485 billion", "485 million", ChangeKind.CORRECTION),
        (EN, "two conditions for", "three conditions for", ChangeKind.CORRECTION),
        (EN, "in Europe and Canada", "in Europe and Norway", ChangeKind.CORRECTION),
        (EN, "did confirm", "did not confirm", ChangeKind.CORRECTION),
        (EN, "possible place", "impossible place", ChangeKind.CORRECTION),
        (UK, "485 мільярдів", "485 мільйонів", ChangeKind.CORRECTION),
        (UK, "Речник підтвердив", "Речник не підтвердив", ChangeKind.CORRECTION),
        (UK, "Канаді", "Норвегії", ChangeKind.CORRECTION),
        (RU, "485", "468", ChangeKind.CORRECTION),
        (RU, "Канаде", "Норвегии", ChangeKind.CORRECTION),
        (RU, "Представитель подтвердил", "Представитель не подтвердил", ChangeKind.CORRECTION),
        # said to be wrong
        (EN, "The contact", "Correction: the group met on Wednesday, not on Tuesday.\n\nThe contact", "correction"),
        (EN, "The contact", "(Corrects day in paragraph 1)\n\nThe contact", "correction"),
        (EN, "came from them.", "came from them.\n\nAn earlier version of this article misspelt a name.", "correction"),
        (EN, "came from them.", "came from them.\n\nThis story has been corrected.", "correction"),
        (UK, "Контактна", "ВИПРАВЛЕНО: змінено назву міста.\n\nКонтактна", "correction"),
        (UK, "Контактна", "Уточнено (12.02): змінено назву міста.\n\nКонтактна", "correction"),
        (RU, "Контактная", "В предыдущей версии новости город был назван неверно.\n\nКонтактная", "correction"),
        (RU, "Контактная", "Исправлено: другой город.\n\nКонтактная", "correction"),
        # said to be newer, or more of it
        (EN, "The contact", "UPDATED: more from the ministers.\n\nThe contact", "update"),
        (UK, "Контактна", "Оновлено: додано слова міністра.\n\nКонтактна", "update"),
        (RU, "Контактная", "(Обновлено)\n\nКонтактная", "update"),
        (EN, "came from them.", "came from them." + MORE, "update"),
        (EN, "485 billion dollars", "486 billion dollars" + MORE, "update"),  # a figure of a story that goes on
        (EN, "after the war.", "after the war, and Kyrylo Budanov added a third in the evening.", "update"),
        (UK, "яку передали", "уточнення графіка, який передали", "minor"),  # a word alone says nothing
        (EN, "the wording of the text", "the corrected wording", "minor"),
    ],
)
def test_kinds_of_change(text: str, old: str, new: str, expected: str | None) -> None:
    assert kind(text, (old, new)) == expected


def test_a_number_with_and_without_separator_is_one_number() -> None:
    text = "The ministry counted 12,500 shells in the depots of the region before the new year, and no more came."
    assert changes.classify(Version("", text), Version("", text.replace("12,500", "12500"))) is ChangeKind.TYPO
    assert changes.classify(Version("", text), Version("", text.replace("12,500", "1,250"))) is ChangeKind.CORRECTION


def test_the_time_stamp_of_a_page_corrects_nothing() -> None:
    old, new = f"Last updated: 12 February 2025, 14:05\n\n{EN}", f"Last updated: 13 February 2025, 09:30\n\n{EN}"
    assert changes.classify(Version("", old), Version("", new)) is ChangeKind.MINOR


def test_a_rewritten_headline_is_an_update_and_a_polished_one_is_minor() -> None:
    assert kind(EN, title="What Ukraine may hope for after the war, according to NATO") is ChangeKind.UPDATE
    assert kind(EN, title="Rutte sets two conditions") is ChangeKind.MINOR
    assert kind(EN, title="Rutte names three conditions") is ChangeKind.CORRECTION


@pytest.mark.parametrize("text", [EN, UK, RU])
@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.7])
def test_the_head_of_a_text_is_a_cut_page(text: str, share: float) -> None:
    head = text[: text.rfind(" ", 0, int(len(text) * share))]
    assert changes.classify(Version("x", text), Version("x", head)) is ChangeKind.TRUNCATED
    assert changes.classify(Version("x", text), Version("Other title", head + " …")) is ChangeKind.TRUNCATED


@pytest.mark.parametrize("invitation", ["Subscribe now to read the full article.", "Читайте далі за підпискою."])
def test_an_invitation_to_subscribe_does_not_make_a_cut_page_an_update(invitation: str) -> None:
    head = EN.split("\n\n", maxsplit=1)[0]
    assert changes.classify(Version("x", EN), Version("x", f"{head}\n\n{invitation}")) is ChangeKind.TRUNCATED


def test_a_page_that_breaks_off_near_its_end_is_cut() -> None:
    assert changes.classify(Version("x", EN), Version("x", EN[:-40] + "...")) is ChangeKind.TRUNCATED


def test_an_article_that_its_outlet_shortened_is_an_update() -> None:
    first, second, third = EN.split("\n\n")
    without_middle = f"{first}\n\n{third}"
    without_last_sentence = EN[: EN.index(" The money went")] + " The money went into ammunition and air defence."
    assert changes.classify(Version("x", EN), Version("x", without_middle)) is ChangeKind.UPDATE
    assert changes.classify(Version("x", EN), Version("x", without_last_sentence)) is ChangeKind.UPDATE
    rewritten = "The ministers met, and nothing came of it, said the host. " + second
    assert changes.classify(Version("x", EN), Version("x", rewritten)) is ChangeKind.UPDATE


def test_a_partial_version_never_replaces_a_whole_one_and_the_whole_one_updates_it() -> None:
    assert kind(EN, ("485", "486"), partial=True) is ChangeKind.TRUNCATED
    teaser = Version("Rutte names two conditions", "Rutte named two conditions in Brussels.", partial=True)
    assert changes.classify(teaser, Version("Rutte names two conditions", EN)) is ChangeKind.UPDATE


def test_words_are_those_that_make_the_same_text() -> None:
    chance = random.Random(4)
    letters = "аёЇй e\u0301'’Ж1½ﬁ…—«»\u00ad\u200b_İß \n,.١"
    for _ in range(500):
        text = "".join(chance.choices(letters, k=30))
        assert [word.key for word in words(text)] == normal_words(text)


def test_the_difference_shows_what_was_removed_and_added_with_words_around() -> None:
    new = EN.replace("485 billion", "«486» billion").replace("to reporters", "")
    shown = changes.diff(Version("Title", EN), Version("Title", new))
    assert [(one.kind, one.text.strip()) for one in shown if one.kind is not PieceKind.EQUAL] == [
        (PieceKind.REMOVED, "to reporters."),
        (PieceKind.REMOVED, "485"),
        (PieceKind.ADDED, "486»"),
    ]
    assert shown[0].text.startswith(" […] ")
    assert sum(len(one.text.split()) for one in shown) < 60
    assert changes.diff(Version("Title", EN), Version("TITLE", EN)) == ()


def test_replaying_the_difference_gives_the_new_words() -> None:
    chance = random.Random(7)
    for _ in range(200):
        old = [chance.choice("abcdefgh") for _ in range(chance.randrange(60))]
        new = [letter for letter in old if chance.random() > 0.2]
        for _ in range(chance.randrange(8)):
            new.insert(chance.randrange(len(new) + 1), chance.choice("abcxyz"))
        made, place = [], 0
        for a, b, c, d in hunks(old, new):
            made += old[place:a] + new[c:d]
            place = b
        assert made + old[place:] == new


@pytest.mark.parametrize("width", [1, 50])
def test_long_and_hostile_texts_are_compared_and_nothing_is_lost(width: int) -> None:
    chance = random.Random(9)
    old = [str(chance.randrange(width)) for _ in range(30_000)]
    new = [str(chance.randrange(width)) for _ in range(28_000)]
    old[10_000:10_000] = new[9_000:9_000] = ["only", "here"]
    made, place = [], 0
    for a, b, c, d in hunks(old, new):
        made += old[place:a] + new[c:d]
        place = b
    assert made + old[place:] == new


def test_texts_of_megabytes_are_told_apart() -> None:
    long = " ".join(f"word{number}" for number in range(200_000))
    assert changes.classify(Version("", long), Version("", long.replace("word7 ", "term7 "))) is ChangeKind.UPDATE
    assert changes.classify(Version("", long), Version("", long[:400_000])) is ChangeKind.TRUNCATED
    shown = changes.diff(Version("", long), Version("", long.replace("word150000 ", "term ")))
    assert [one.text.strip() for one in shown if one.kind is not PieceKind.EQUAL] == ["word150000", "term"]


@pytest.mark.parametrize(
    "unit", ["—\n\n", "(", "стаття ", "Correction ", "1 ", "Updated 2025\n\n", "A. ", "'", "a\u0301"]
)
def test_a_text_made_to_be_slow_is_told_from_another(unit: str) -> None:
    text = unit * 30_000
    assert changes.classify(Version("", text + "end here"), Version("", "start " + text)) is not None
