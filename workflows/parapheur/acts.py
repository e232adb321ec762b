"""What desks do with folders: every act of the book, in one place to ask for them.

Each verb is one transaction, checks who asks, writes the act in the book and in the folder's
journal, and moves the circuit on.
"""

from workflows.parapheur.correcting import abandon, correct
from workflows.parapheur.deciding import advise, approve, refuse, sign
from workflows.parapheur.mentions import mention
from workflows.parapheur.opening import ActRefused
from workflows.parapheur.passing import ask_opinion, bypass, give_opinion, transfer
from workflows.parapheur.remarks import annotate, mark_read, remove_annotation
from workflows.parapheur.reminding import remind_desk
from workflows.parapheur.resuming import resume
from workflows.parapheur.undoing import may_undo, send_back, undo

__all__ = [
    "ActRefused",
    "abandon",
    "advise",
    "annotate",
    "approve",
    "ask_opinion",
    "bypass",
    "correct",
    "give_opinion",
    "mark_read",
    "may_undo",
    "mention",
    "refuse",
    "remind_desk",
    "remove_annotation",
    "resume",
    "send_back",
    "sign",
    "transfer",
    "undo",
]
