"""Tokens for forges and for the registry."""
