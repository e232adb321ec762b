"""The signature book on i-Parapheur 5's « standard » addresses, so that its callers can move.

The same keys open it (`Authorization: Bearer ebg_…`), the same commands and rules serve it:
a tenant is the key's body, a desk one of its desks, a folder one of `web.api.folders`.
"""
