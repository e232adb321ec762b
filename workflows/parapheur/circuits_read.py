"""Reads a circuit back as a list of steps, when it is drawn as one."""

from workflows.parapheur.circuits import Step


class NotAList(Exception):
    """This circuit is drawn otherwise than a list of steps; the text says where, in French."""


def read(content: bytes) -> list[Step]:
    """The steps of a circuit. Raises NotAList."""
    raise NotAList("la lecture des circuits arrive")
