"""`manage.py kintone_sandbox`: becomes `python -m orders.sandboxes.kintone`, which loads nothing of the shop."""

from orders.sandboxes.command import SandboxCommand


class Command(SandboxCommand):
    help = "Runs the kintone sandbox, a process of its own; --help lists its options."
    module = "orders.sandboxes.kintone"
