"""The stand-in's own tests once more, with each call, answer and delivery judged by GitHub's document (conftest.py)."""

# ruff: noqa: F403
from tests.unit.github.test_apps import *
from tests.unit.github.test_feedback import *
from tests.unit.github.test_pushes import *
from tests.unit.github.test_repositories import *
from tests.unit.github.test_signin import *
