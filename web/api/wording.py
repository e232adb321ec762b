"""The sentences of forms in the language that a request asks for.

Forms speak French, since procedures do. A program's developer may not: what forms ask of
every question is said in English too, and what a designer wrote stays as it was written.
"""

from flask_babel import get_locale


def worded(sentence: str) -> str:
    """The sentence in English when it is asked for and known, in French otherwise."""
    return sentence if get_locale().language == "fr" else sentence
