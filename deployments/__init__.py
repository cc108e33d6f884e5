"""Start Prefect with every flow deployed on its schedule."""
