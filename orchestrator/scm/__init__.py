"""What forges say: repositories, refs, pull requests and webhooks."""
