"""A logistics company's system as far as a shop sees it: instructions in, shipments and signed webhooks out.

It stands for the warehouse in the demo and in the tests. It is a process of its own, knows nothing of the shop, and
keeps its own ledger, so that what it received can be counted from outside.
"""
