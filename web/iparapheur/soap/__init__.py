"""i-Parapheur 4's web service (SOAP 1.1), so that the software which speaks it can move.

A thin shape over the same functions as the rest of the API: an application's key is the
password, one of its desks the login.
"""
