"""Webhook deliveries: claimed from dbproxy, decided by rules alone, carried out, and told in a sentence."""
