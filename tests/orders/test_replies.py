"""What the answers of outside systems mean to the pipeline."""

from datetime import timedelta

import pytest
import requests

from orders.pipeline.engine.errors import Transient
from orders.pipeline.engine.replies import sort_reply


@pytest.mark.parametrize(
    ("header", "pause"),
    [
        ("7", timedelta(seconds=7)),
        ("999999", timedelta(days=1)),
        ("Wed, 21 Oct 2015 07:28:00 GMT", timedelta(0)),
        ("Wed, 21 Oct 2015 07:28:00 -0000", None),  # a date that names no time zone
        ("²", None),
        ("soon", None),
    ],
)
def test_a_busy_receiver_is_given_the_pause_it_asks_for_where_it_can_be_read(header, pause):
    reply = requests.Response()
    reply.status_code, reply.headers["Retry-After"], reply._content = 503, header, b""
    with pytest.raises(Transient) as later:
        sort_reply("the warehouse", reply)
    assert later.value.retry_after == pause
