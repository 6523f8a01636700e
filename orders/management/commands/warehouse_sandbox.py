"""`manage.py warehouse_sandbox`: becomes `python -m orders.sandboxes.warehouse`, which loads nothing of the shop."""

from orders.sandboxes.command import SandboxCommand


class Command(SandboxCommand):
    help = "Runs the warehouse sandbox, a process of its own; --help lists its options."
    module = "orders.sandboxes.warehouse"
