"""Accounts to the State's accountant: payment orders, PES, returns, budgets."""
