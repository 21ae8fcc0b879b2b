"""GitHub as the dashboard knows it: who signs in (states, exchange, admission), and how we are registered there."""
