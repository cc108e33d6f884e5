"""Stand-ins for the services outside, for `make demo` and the tests: all on 127.0.0.1."""
