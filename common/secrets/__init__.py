"""Secrets on their way: sealed for one service, masked in texts, tokens of services and of people."""
