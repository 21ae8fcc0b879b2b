"""Who is there (identity), from what (sessions, tokens), and what they may do (rights, csrf)."""
