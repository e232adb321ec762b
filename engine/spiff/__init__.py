"""The only place that speaks SpiffWorkflow: parsing, state, compaction, prediction, lint.

model.py     a published diagram, ready to run: compile(files) and lint(files)
process.py   one running instance in memory: start, restore, move, dump
"""
