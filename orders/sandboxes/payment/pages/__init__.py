"""The pages for people: the hosted page, 3-D Secure, the card frame, and the sandbox's own ledger."""
