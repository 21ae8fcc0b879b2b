"""Reports to forges: written with the change that causes them, claimed like webhook deliveries, forgotten after 30 days."""
