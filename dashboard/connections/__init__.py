"""Connections whose client keeps us waiting: how long each may, and how many there may be."""
