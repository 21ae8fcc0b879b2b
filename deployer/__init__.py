"""Deployer: an image becomes a candidate, a candidate becomes live; rollback, stop, runtime logs, usage."""
