"""Settings of all tests. Speed is measured by ``make bench``, never asserted: no property has a deadline."""

from hypothesis import settings

settings.register_profile("house", deadline=None, max_examples=30)
settings.load_profile("house")
