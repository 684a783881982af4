"""Cache warming: keys filled before clients ask."""
