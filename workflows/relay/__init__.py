"""The office as a transmission service: what its members send to the State through it."""
