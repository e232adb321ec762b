"""Acts of the bodies and the State's control of their legality, as people see them."""
