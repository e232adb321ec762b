"""The 21 messages of ACTES: their `values`, their `writing`, their `reading`."""
