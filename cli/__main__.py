"""`./continuum`: one door for every chore."""

from __future__ import annotations

import importlib
import sys

import click

from cli.failure import last_screen
from cli.instance import DEFAULT, Instance

# command -> (module, one line of help); a command's module is imported when it is called, so that `--help` is quick.
COMMANDS = {
    "demo": ("demo", "Bring the platform up and take the example repository live."),
    "test": ("test", "Run every test, set-up included."),
    "doctor": ("doctor", "Check this machine without changing anything; for bug reports, too."),
    "up": ("platform", "Start Continuum, installing and building what is missing."),
    "down": ("platform", "Stop it; data is kept unless --volumes is given."),
    "status": ("platform", "Tell how each part is doing."),
    "run": ("runs", "Start a run of a repository."),
    "runs": ("runs", "List runs."),
    "logs": ("runs", "Print the log of a run."),
    "cancel": ("runs", "Cancel a run."),
    "retry": ("runs", "Restart a run from its failed stage."),
    "repos": ("repos", "List repositories."),
    "pushes": ("repos", "List the last pushes, and what became of each."),
    "deployments": ("repos", "List what was put live, and what is kept for rollback."),
    "rollback": ("repos", "Put an older version live again."),
    "secrets": ("repos", "List, set and delete a repository's secrets."),
    "tokens": ("accounts", "List, make and delete API tokens."),
    "users": ("accounts", "List, invite and change local accounts."),
    "db": ("database", "The vulnerability database: status, import."),
    "sbom": ("sbom", "Write what Continuum's own images and lock files consist of."),
    "bench": ("bench", "Measure, side by side, and write docs/performance.md."),
}


class Commands(click.Group):
    def list_commands(self, context):
        return list(COMMANDS)

    def get_command(self, context, name):
        if name not in COMMANDS:
            return None
        module, _ = COMMANDS[name]
        return getattr(importlib.import_module(f"cli.commands.{module}"), name)

    def format_commands(self, context, formatter):
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--instance", default=DEFAULT, envvar="CONTINUUM_INSTANCE", show_default=True,
              help="Name of the installation on this machine.")
@click.pass_context
def continuum(context: click.Context, instance: str) -> None:
    """Continuum: from a repository with a Dockerfile to a tested container that takes traffic.

    Exit codes: 0 success, 1 the run failed, 2 usage, 3 platform error.
    """
    context.obj = Instance(instance)


def main() -> None:
    try:
        continuum(prog_name="./continuum")
    except Exception as problem:      # the last resort: whatever it is, the reader gets a next step, not a traceback
        text, code = last_screen(problem, sys.argv[1:])
        click.echo(text, err=True)
        sys.exit(code)


if __name__ == "__main__":
    main()
