"""The performance figures: ``python -m tests.bench`` prints them and writes ``build/bench.json``."""
