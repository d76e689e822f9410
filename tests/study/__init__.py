"""The alarm study: how many alerts and sounds a clinic would hear, and whether every planted event is found.

``python -m tests.study [sessions]`` or ``make alarm-study``. It is no test: it reports, also where a goal is missed.
"""
