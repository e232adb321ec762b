"""The only place that speaks SpiffWorkflow: parsing, state, compaction, prediction, lint.

    model.py     a published diagram, ready to run: compile_model(files, key) and lint(files, …)
    process.py   one running instance in memory: start, restore, move, dump
    records.py   what a move leaves to be persisted          errors.py   what can go wrong

A folder goes through reading.py (safe XML), dialect.py and oddities.py (what is written),
diagram.py (plain facts), the rules of drawing, elements and meaning, and building.py.
An instance lives in tree.py; elements.py, joins.py, merging.py, events.py, loops.py and moments.py say
what tokens do; progress.py runs on; compaction.py forgets what is finished; codec.py writes the rest.
"""
