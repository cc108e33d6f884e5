"""Match articles against the watchlist and turn matches into delivered messages."""
