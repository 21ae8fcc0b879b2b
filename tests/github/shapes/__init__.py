"""How GitHub spells what it answers."""
