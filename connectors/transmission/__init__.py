"""The transmission service (TdT) that carries acts and accounts to the State: S²LOW, Pastell."""
