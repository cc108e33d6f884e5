"""Turn a fetched page into an article."""
