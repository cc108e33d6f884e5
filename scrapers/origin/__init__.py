"""Find the outlet that a text names as its origin."""
