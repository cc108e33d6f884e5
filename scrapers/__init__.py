"""Find, fetch and read articles; knows no database and no alerts."""
