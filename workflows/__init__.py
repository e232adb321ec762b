"""The procedures: one folder a procedure, what an administration would recognise.

publication.py  checks a procedure's folder and freezes it as a numbered version
scenarios.py    plays a procedure's stories
letters/        what every procedure's letters share
grants/         grant requests: operations, tables, aids, one folder a procedure
"""
