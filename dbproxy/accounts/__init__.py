"""People: accounts, what proves them (passwords, sessions, tokens), and what they may do in a repo."""
