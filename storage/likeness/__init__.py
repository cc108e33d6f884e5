"""Say which texts repeat one another, tell one event, or changed; pure."""
