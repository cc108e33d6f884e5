"""Keep articles, matches and deliveries in SQLite or PostgreSQL."""
