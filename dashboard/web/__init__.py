"""What every page and call shares: errors, health, headers, static files."""
