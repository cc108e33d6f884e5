"""Which stored article a new one is, or translates, by what its publisher says of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from scrapers import urls
from scrapers.article import Article
from storage.likeness.fingerprint import key_hash
from storage.tables import AliasRow, ArticleRow

# a number that a publisher gives out twice in a month would be no id
_TOGETHER = timedelta(days=30)


class Publishers:
    """The stored articles to which publishers of a batch point, by their own ids and by hreflang links."""

    def __init__(self, session: Session, batch: Sequence[Article]) -> None:
        ids = {article.external_id for article in batch if article.external_id}
        links = {key: None for article in batch for key in _links(article)}
        named = select(ArticleRow).where(ArticleRow.external_id.in_(ids)).order_by(ArticleRow.id)
        self._by_id: dict[str, list[ArticleRow]] = {}
        for row in session.scalars(named) if ids else ():
            self._by_id.setdefault(row.external_id or "", []).append(row)
        linked = (
            select(AliasRow.url_key, ArticleRow)
            .join(ArticleRow, ArticleRow.id == AliasRow.article_id)
            .where(AliasRow.url_key.in_(links))
        )
        found = session.execute(linked).all() if links else ()
        self._by_link: dict[bytes, ArticleRow] = dict(found)  # type: ignore[arg-type]  # a Row is a tuple

    def same(self, article: Article) -> ArticleRow | None:
        """The article itself under another address: its source's own id, in the same language."""
        return next((row for row in self._near(article) if _is_same(row, article)), None)

    def translated(self, article: Article) -> ArticleRow | None:
        """The first stored version of this text in another language."""
        linked = (self._by_link[key] for key in _links(article) if key in self._by_link)
        others = [row for row in (*self._near(article), *linked) if _is_other_language(row, article)]
        return min(others, key=lambda row: row.translation_of or row.id, default=None)

    def add(self, row: ArticleRow, keys: Iterable[bytes]) -> None:
        """Let later articles of the batch find this one."""
        if row.external_id:
            self._by_id.setdefault(row.external_id, []).append(row)
        for key in keys:
            self._by_link.setdefault(key, row)

    def _near(self, article: Article) -> list[ArticleRow]:
        if not article.external_id:
            return []
        return [row for row in self._by_id.get(article.external_id, ()) if _are_near(row, article.published)]


def _links(article: Article) -> list[bytes]:
    return [key_hash(urls.url_key(url)) for _, url in article.translations]


def _is_same(row: ArticleRow, article: Article) -> bool:
    return row.source_id == article.source and row.language == article.language


def _is_other_language(row: ArticleRow, article: Article) -> bool:
    return bool(row.language and article.language and row.language != article.language)


def _are_near(row: ArticleRow, published: datetime | None) -> bool:
    if row.published_at is None or published is None:
        return True
    return abs(row.published_at - published) <= _TOGETHER
