"""The procedures: one folder a procedure, what an administration would recognise.

publication.py  checks a procedure's folder and freezes it as a numbered version
scenarios.py    plays a procedure's stories, whose shape is checked by stories.py
trial.py        the same in an office that is thrown away afterwards
comparing/      what changed between two versions of a folder, in words
letters/        what every procedure's letters share
grants/         grant requests: operations, tables, aids, one folder a procedure
"""
