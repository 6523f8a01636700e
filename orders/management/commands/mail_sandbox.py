"""`manage.py mail_sandbox`: becomes `python -m orders.sandboxes.mail`, which loads nothing of the shop."""

from orders.sandboxes.command import SandboxCommand


class Command(SandboxCommand):
    help = "Runs the mail sandbox, a process of its own; --help lists its options."
    module = "orders.sandboxes.mail"
