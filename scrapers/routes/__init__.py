"""Read what a source lists, and decide what to ask next."""
