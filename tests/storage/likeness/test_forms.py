from storage.likeness import clustering, forms
from storage.likeness.fingerprint import normal_words

CUT = normal_words("Аварійні відключення у Київській області через атаку")
OTHER = normal_words("Аварійні відключення у Полтавській області через атаку")


def test_a_form_has_another_name_in_title_and_text() -> None:
    assert forms.is_refilled("Відключення: Київська область", CUT, "Відключення: Полтавська область", OTHER)
    assert not forms.is_refilled("Відключення: Київська область", CUT, "Відключення: Київська область", CUT)
    assert not forms.is_refilled("Відключення: Київська область", CUT, "Відключення: Полтавська область", CUT)
    assert not forms.is_refilled("Київська область без світла", CUT, "Світло вимкнули й на Полтавщині", OTHER)


def test_new_figures_and_days_in_a_title_fill_in_no_form() -> None:
    assert not forms.is_refilled("Удар по Одесі: Двоє загиблих", ["двоє"], "Удар по Одесі: Пятеро загиблих", ["пятеро"])


def test_a_text_is_a_wall_when_no_title_has_to_do_with_it() -> None:
    wall = normal_words("Subscribe now to continue reading and get unlimited access to our journalism")
    assert forms.is_wall(("Odesa port insurance premiums jump", "Kharkiv opens third school"), wall)
    assert not forms.is_wall(("Odesa port insurance premiums jump", "Unlimited journalism for Kharkiv"), wall)
    assert not forms.is_wall(("Odesa", "Kharkiv opens third school"), wall)


def test_titles_foreign_to_the_other_article_tell_of_another_event() -> None:
    one, other = "Odesa port insurance premiums jump", "Kharkiv opens third school"
    terms, others = clustering.sketch(one, "subscribe").terms, clustering.sketch(other, "subscribe").terms
    assert clustering.is_foreign(one, other, terms, others)
    assert not clustering.is_foreign(one, other, terms, terms)
    assert not clustering.is_foreign("Odesa", other, terms, others)
