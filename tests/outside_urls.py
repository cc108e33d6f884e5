"""Adapter for outside scoring: URL keys (contract, section 5)."""

from __future__ import annotations

from scrapers.urls import url_key

__all__ = ["url_key"]
