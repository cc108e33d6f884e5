"""What the processes of tests share from their birth: the server that forks them imports this once."""

from __future__ import annotations

from alerts import watchlist

watchlist.shipped()
