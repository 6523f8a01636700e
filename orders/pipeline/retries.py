"""How long the pipelines wait for outside systems that do not answer, before a person has to look."""

from datetime import timedelta

from orders.pipeline.engine.graph import Retry

PATIENT = Retry(attempts=12, base=timedelta(seconds=2), cap=timedelta(minutes=10))
# While the buyer pays, an outage of the provider is outlasted for as long as the order can be paid at all.
WHILE_PAYING = Retry(attempts=80, base=timedelta(seconds=1), cap=timedelta(minutes=1))
