"""The service's door: S²LOW's addresses, for the applications of member bodies."""
