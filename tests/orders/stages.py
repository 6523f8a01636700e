"""Stages for small pipelines of the tests' own: what every declaration must say, said once."""

from datetime import timedelta
from functools import partial

from orders.pipeline.engine import graph
from orders.pipeline.engine.graph import parks

transactional = partial(graph.transactional, failure=parks("support"))
external = partial(graph.external, failure=parks("support"), system="them")
wait = partial(graph.wait, failure=parks("support"), deadline=timedelta(days=365))
