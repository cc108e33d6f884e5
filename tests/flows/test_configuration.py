"""The configuration is read once for as long as its files stay as they are."""

from __future__ import annotations

from pathlib import Path

from flows import house
from flows.settings import Settings


def settings(folder: Path) -> Settings:
    return Settings.model_validate({"home": folder / "var", "config_dir": folder})


def ids(folder: Path) -> list[str]:
    return [watch.id for watch in house.configure(settings(folder)).watchlist.watches]


def test_a_file_that_was_changed_counts_at_once_and_one_that_was_not_is_not_read_again(tmp_path: Path) -> None:
    file = tmp_path / "watchlist.yaml"
    file.write_text("watches: [{id: one, query: Rutte}]\n")
    assert ids(tmp_path) == ["one"]
    first = house.configure(settings(tmp_path))
    assert house.configure(settings(tmp_path)) is first
    file.write_text("watches: [{id: two, query: Rutte}]\n")
    assert ids(tmp_path) == ["two"]
    file.unlink()
    assert "two" not in ids(tmp_path)  # the shipped list


def test_a_run_matches_with_what_the_files_hold_now(tmp_path: Path) -> None:
    file = tmp_path / "watchlist.yaml"
    file.write_text("watches: [{id: one, query: Rutte}]\n")
    house.warm(settings(tmp_path))
    file.write_text("watches: [{id: one, query: Stoltenberg}]\n")
    with house.opened(settings(tmp_path)) as rooms:
        assert [watch.query for watch, _ in rooms.compiled.watches] == ["Stoltenberg"]
