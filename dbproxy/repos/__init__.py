"""Repos: the tracked source repositories, what they show in lists, and who may do what in them."""
