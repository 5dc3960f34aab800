"""The notes' programs are run by test_run.py, not imported."""

collect_ignore = ["programs"]
