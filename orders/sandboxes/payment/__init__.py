"""The payment sandbox: a local server that speaks the part of Stripe's API and of Stripe.js that we use.

It imports nothing of the project, keeps its own ledger in one SQLite file and runs alone:
``python -m orders.sandboxes.payment --port 8420 --ledger payment.sqlite3``.
"""
