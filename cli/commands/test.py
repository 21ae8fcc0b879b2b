"""test: every test, all of its set-up included."""

from __future__ import annotations

import sys

import click

from cli.instance import Instance
from cli.testing import GROUPS, Session


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("groups", nargs=-1)
@click.option("--quick", is_flag=True, help="What needs no Docker; under a minute.")
@click.option("--all", "everything", is_flag=True,
              help="Also switch off the protections that were noticed before and have not changed.")
@click.option("--figures", is_flag=True, help="Print the figures of the structure and run no test.")
@click.option("--keep", is_flag=True, help="Leave the test installation running, for a quick next time.")
@click.option("--screenshots", is_flag=True, help="Write the pages' screenshots to docs/screenshots/.")
@click.option("-k", "select", help="Only tests that match, as pytest's -k.")
@click.pass_obj
def test(instance: Instance, groups: tuple[str, ...], quick: bool, everything: bool, figures: bool, keep: bool,
         screenshots: bool, select: str | None) -> None:
    """Run every test, or GROUPS of them: unit contract e2e browser faults security."""
    unknown = set(groups) - set(GROUPS)
    if unknown:
        raise click.UsageError(f"unknown group {', '.join(sorted(unknown))}; the groups are {' '.join(GROUPS)}")
    wanted = ("unit",) if quick else groups or GROUPS
    session = Session(wanted, instance, keep=keep, screenshots=screenshots, select=select,
                      everything=everything)
    sys.exit(session.figures() if figures else session.run())
