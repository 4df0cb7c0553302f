"""``python -m eda.cli``."""

from eda.cli import run

run()
