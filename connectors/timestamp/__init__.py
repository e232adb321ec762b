"""Asks a timestamp authority (RFC 3161) for tokens, and verifies them."""
