"""What the groups that need the platform share: the test installation, seen as a user sees it."""
