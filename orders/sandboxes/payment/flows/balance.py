"""The account's own book: a line for every charge, refund and refund that came back."""

from orders.sandboxes.payment.ledger import Book, Record
from orders.sandboxes.payment.objects.balance_transaction import fee_of, new_balance_transaction


def note_charge(book: Book, charge: Record) -> Record:
    """Write the line of a charge that succeeded and return the charge with its name."""
    amount = charge["amount"]
    line = new_balance_transaction(charge, "charge", amount=amount, fee=fee_of(amount), now=book.second)
    return book.save(charge | {"balance_transaction": book.add(line)["id"]})


def note_refund(book: Book, refund: Record) -> Record:
    line = new_balance_transaction(refund, "refund", amount=-refund["amount"], now=book.second)
    return book.save(refund | {"balance_transaction": book.add(line)["id"]})


def note_refund_failure(book: Book, refund: Record) -> Record:
    """Write that the money of a refund is back, and return the refund with the line's name."""
    line = new_balance_transaction(refund, "refund_failure", amount=refund["amount"], now=book.second)
    return book.save(refund | {"failure_balance_transaction": book.add(line)["id"]})
