"""Webhook deliveries: kept at once, claimed one at a time for each repository, forgotten after 30 days."""
