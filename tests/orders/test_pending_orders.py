"""What waits for payment is found among many orders of one member without reading them all."""

import pytest
from django.db import connection

from orders.models import Order

pytestmark = pytest.mark.django_db


def test_the_pending_orders_of_a_member_have_an_index_of_their_own(alice):
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")  # of so few rows it would read all
    pending = Order.objects.visible_to(alice).filter(state=Order.State.PENDING_PAYMENT).order_by()
    assert "order_pending_of_user" in pending.explain()
