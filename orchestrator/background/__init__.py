"""What background work is made of: named leases, queues and threads."""
