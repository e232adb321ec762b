"""The API: what an organisation's own software may ask, with a key.

One declaration an operation (`declaring`) is what registers it, what reads and judges its
requests, and what its OpenAPI description is made of.
"""
