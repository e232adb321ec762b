"""Every verb that changes a process, one file a subject.

    step.py        the heart: lock an instance, move it, keep the result
    live.py        processes kept in memory between two steps
    cases.py       start, withdraw
    tasks.py       claim, release, complete
    calls.py       lease, answer, refuse, postpone and fail a remote call
    messages.py    receive a message, hand kept ones over
    signals.py     take what a case signals to the others of its body
    timers.py      fire what is due
    beginnings.py  start the cases that a message, a signal or a timer starts
    later.py       put off what cannot be done now
    incidents.py   retry, correct, answer by hand
    operations.py  skip, move, drop, cancel, suspend, migrate: what operators do to a case
    preview.py     the same, shown and taken back
    migration.py   take a case to another version
    suspension.py  what suspending stops, and how a case catches up
    jobs.py        the same asked of many cases
    partners.py    pause, breaker, calls a minute
    drafts.py      keep what is being typed, and its files
    publishing.py  freeze a version of a procedure
    membership.py  people, companies and the roles they hold

A command is one transaction and locks at most one instance; commands never nest.
"""
