"""Scan: an image becomes findings (Syft, then Grype), and the gate says whether they may pass."""
