"""The State's door for acts (ACTES): messages, envelopes, and the ministry's gateway."""
