"""The State and its transmission service, for practice: what the sandbox is made of.

Written from the specifications, and apart from our own clients: the two agree on the wire
alone. `memory` holds everything, `prefecture` and `accountant` act as time passes, and the
`*_pages` modules speak HTTP.
"""
