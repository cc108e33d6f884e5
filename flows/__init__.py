"""Join scrapers, alerts and storage into runs: Prefect flows and the command line."""
