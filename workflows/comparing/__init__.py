"""What changed between two versions of a procedure's folder, in words.

    compare(before, after)      two folders (file name → content) give the files that differ

Everything is pure: no database, no request. Each change names the element it is about, and
says what it was and what it is. What only moves on the drawing is told apart.
"""

from workflows.comparing.changes import Change, Detail, FileChange, Line
from workflows.comparing.folders import compare

__all__ = ["Change", "Detail", "FileChange", "Line", "compare"]
