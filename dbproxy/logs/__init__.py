"""Log lines: from the broker to Postgres in batches, read back in order, packed once their job is over."""
