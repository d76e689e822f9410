"""The record: the journal of every chair and what is projected from it, in one SQLite file. See docs/journal.md."""
