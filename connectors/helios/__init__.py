"""The State's door for accounts (HELIOS): PES checked, built, sent, and their answers read."""
