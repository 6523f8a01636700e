"""A mail server that delivers nowhere: it keeps what it was handed, counts it, and shows it as a mailbox."""
