"""The only reader of the environment: VARTA_* variables and the secrets that YAML refers to."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from alerts.links import LEAST_SECRET, Links
from scrapers.errors import ConfigError

_LAST_PORT = 65_535
LEAST_TEXT_DAYS = 59  # as `storage.retention` has it, which takes long to import


class Settings(BaseSettings):
    """What the environment asks for. Paths are absolute; delays are seconds."""

    model_config = SettingsConfigDict(env_prefix="VARTA_", frozen=True, extra="ignore")

    home: Path = Path("var")
    database_url: SecretStr | None = None
    config_dir: Path | None = None
    smtp_url: SecretStr | None = None
    mail_from: str = ""
    allow_hosts: Annotated[frozenset[str], NoDecode] = frozenset()
    host_delay: Annotated[float, Field(ge=0, le=60)] = 1.0
    contact: str = ""
    keep_pages_days: Annotated[int, Field(ge=1, le=36_500)] = 90
    keep_pages_gb: Annotated[float, Field(gt=0, le=100_000, allow_inf_nan=False)] = 20.0
    keep_texts_days: Annotated[int, Field(ge=LEAST_TEXT_DAYS, le=36_500)] | None = None  # None: for ever
    embedder: str = ""
    keep_ledger_days: Annotated[int, Field(ge=30, le=36_500)] = 400
    links_url: str = ""
    links_secret: Annotated[SecretStr | None, Field(validate_default=True)] = None
    links_listen: str = "127.0.0.1:8030"

    @field_validator("keep_texts_days", mode="before")
    @classmethod
    def _empty_is_unset(cls, value: object) -> object:
        return None if value == "" else value

    @field_validator("allow_hosts", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return frozenset(part.strip().lower() for part in value.split(",") if part.strip())
        return value

    @field_validator("home", "config_dir")
    @classmethod
    def _absolute(cls, value: Path | None) -> Path | None:
        return value.expanduser().absolute() if value else value

    @field_validator("allow_hosts")
    @classmethod
    def _are_hosts(cls, value: frozenset[str]) -> frozenset[str]:
        for entry in value:
            if "/" in entry or " " in entry:
                raise ValueError(f"`{entry}` is not host or host:port, such as 127.0.0.1:8080")
        return value

    @field_validator("contact")
    @classmethod
    def _fits_a_header(cls, value: str) -> str:
        if not (value.isascii() and (value.isprintable() or not value)):
            raise ValueError("a user agent takes ASCII letters only, such as an address or a URL")
        return value

    @field_validator("links_url")
    @classmethod
    def _is_base(cls, value: str) -> str:
        parts = urlsplit(value)
        plain = parts.hostname in ("127.0.0.1", "localhost", "::1")
        if value and not (parts.hostname and (parts.scheme == "https" or (parts.scheme == "http" and plain))):
            raise ValueError("expected the address that readers reach, such as https://alerts.example.org")
        if parts.query or parts.fragment or "@" in parts.netloc or not value.isascii():
            raise ValueError("an address without user, query or fragment, in ASCII, such as https://alerts.example.org")
        return value.rstrip("/")

    @field_validator("links_secret")
    @classmethod
    def _is_long(cls, value: SecretStr | None, others: ValidationInfo) -> SecretStr | None:
        if others.data.get("links_url") and len(value.get_secret_value() if value else "") < LEAST_SECRET:
            raise ValueError(
                f"VARTA_LINKS_URL needs a secret of {LEAST_SECRET} characters or more: "
                "python3 -c 'import secrets; print(secrets.token_urlsafe(32))' makes one"
            )
        return value

    @field_validator("links_listen")
    @classmethod
    def _is_place(cls, value: str) -> str:
        host, colon, port = value.rpartition(":")
        if not (host and colon and port.isascii() and port.isdigit() and int(port) <= _LAST_PORT):
            raise ValueError(f"`{value}` is not host:port, such as 127.0.0.1:8030")
        return value

    @property
    def database(self) -> str:
        """URL of the article database; without a setting an SQLite file under `home`."""
        if self.database_url:
            return self.database_url.get_secret_value()
        return f"sqlite:///{self.home / 'varta.db'}"

    @property
    def links(self) -> Links | None:
        """What signs the actions of messages; None where no address for them is configured."""
        if not self.links_url or self.links_secret is None:
            return None
        return Links(self.links_url, self.links_secret.get_secret_value())

    @property
    def agent(self) -> str:
        """The user agent, with a contact when one is set."""
        return f"Varta/0.1 (news watch; {self.contact})" if self.contact else "Varta/0.1 (news watch)"

    @property
    def prefect_api_url(self) -> str:
        """Where this machine's Prefect server is expected."""
        return os.environ.get("PREFECT_API_URL") or "http://127.0.0.1:4200/api"

    @property
    def has_prefect_auth(self) -> bool:
        """Whether the client will authenticate to the Prefect server."""
        return bool(os.environ.get("PREFECT_API_AUTH_STRING"))

    def config_file(self, name: str) -> Path | None:
        """The user's `name` in the configuration folder, or None for the shipped default.

        Raises ConfigError when a folder is named that does not exist.
        """
        folder = self.config_dir
        if folder is None:
            folder = Path("config").absolute()
        elif not folder.is_dir():
            raise ConfigError(f"VARTA_CONFIG_DIR: {folder} is not a folder")
        path = folder / name
        try:
            path.lstat()
        except FileNotFoundError:
            return None
        except OSError as unreadable:
            raise ConfigError(f"{path}:1: cannot be read: {unreadable.strerror}") from None
        return path  # also a link that leads nowhere: that is a mistake to be told, not a missing file


def load() -> Settings:
    """Read the environment; raises ConfigError that names the variable and what was expected."""
    try:
        folder = _secrets_folder()
        return Settings(_secrets_dir=folder) if folder else Settings()
    except ValidationError as wrong:
        first = wrong.errors()[0]
        name = f"VARTA_{first['loc'][0]}".upper() if first["loc"] else "VARTA_*"
        raise ConfigError(f"{name}: {str(first['msg']).removeprefix('Value error, ')}") from None


def secret(name: str) -> str | None:
    """The value of the variable that YAML calls env:NAME, or None when neither it nor a file of that name is there."""
    if value := os.environ.get(name):
        return value
    folder = _secrets_folder()
    try:
        return (folder / name).read_text(encoding="utf-8").strip() or None if folder else None
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as unreadable:
        raise ConfigError(
            f"{name}: its file in VARTA_SECRETS_DIR cannot be read: {type(unreadable).__name__}"
        ) from None


def _secrets_folder() -> Path | None:
    """Where containers find secrets as files, one for each variable; an environment variable wins over a file."""
    folder = Path(os.environ.get("VARTA_SECRETS_DIR") or "/nonexistent")
    return folder if folder.is_dir() else None


def child_environment(extra: Mapping[str, Any]) -> dict[str, str]:
    """The environment of this process with `extra` on top, for a process that it starts."""
    return {**os.environ, **{name: str(value) for name, value in extra.items()}}


def set_for_this_process(extra: Mapping[str, Any]) -> None:
    """Set variables that libraries read by themselves, such as PREFECT_API_URL."""
    os.environ.update({name: str(value) for name, value in extra.items()})


def become(environment: Mapping[str, str]) -> None:
    """Have exactly these variables, as a process that was started with them."""
    os.environ.clear()
    os.environ.update(environment)
