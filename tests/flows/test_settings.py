from pathlib import Path

import pytest

from flows import settings
from scrapers.errors import ConfigError


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VARTA_SECRETS_DIR", str(tmp_path))
    monkeypatch.delenv("VARTA_SMTP_URL", raising=False)
    monkeypatch.delenv("SLACK_WEBHOOK_URL", raising=False)
    return tmp_path


def test_a_secret_may_be_a_file(folder: Path) -> None:
    (folder / "SLACK_WEBHOOK_URL").write_text("https://hooks.example/x\n", encoding="utf-8")
    (folder / "VARTA_SMTP_URL").write_text("smtp://u:p@mail.example\n", encoding="utf-8")
    assert settings.secret("SLACK_WEBHOOK_URL") == "https://hooks.example/x"
    held = settings.load().smtp_url
    assert held is not None
    assert held.get_secret_value() == "smtp://u:p@mail.example"


def test_the_environment_wins_over_a_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "SLACK_WEBHOOK_URL").write_text("https://hooks.example/file", encoding="utf-8")
    monkeypatch.setenv("SLACK_WEBHOOK_URL", "https://hooks.example/environment")
    assert settings.secret("SLACK_WEBHOOK_URL") == "https://hooks.example/environment"


@pytest.mark.usefixtures("folder")
def test_a_secret_that_is_nowhere_is_none() -> None:
    assert settings.secret("SLACK_WEBHOOK_URL") is None


def test_a_secret_that_is_no_text_is_told_without_its_content(folder: Path) -> None:
    (folder / "SLACK_WEBHOOK_URL").write_bytes(b"\xff\xfe secret")
    with pytest.raises(ConfigError, match="SLACK_WEBHOOK_URL: its file in VARTA_SECRETS_DIR cannot be read") as told:
        settings.secret("SLACK_WEBHOOK_URL")
    assert "secret" not in str(told.value).replace("SECRETS", "")


def test_a_folder_of_secrets_that_is_not_there_is_no_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VARTA_SECRETS_DIR", "/nonexistent/secrets")  # as in every container without any
    assert settings.secret("SLACK_WEBHOOK_URL") is None
    settings.load()
