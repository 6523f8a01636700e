"""The plain Celery chain of seven empty tasks that the pipeline is measured against; no durable state at all."""

import os
import sys
import time

import redis
from celery import Celery, chain, signals

URL = os.environ["REDIS_URL"]
DONE = "bench:chain:done"
STEPS = 7

app = Celery("chain", broker=URL)
app.conf.update(
    task_ignore_result=True,
    worker_prefetch_multiplier=4,
    task_acks_late=False,  # the faster of the two: nothing is kept for a worker that dies
    broker_connection_retry_on_startup=True,
    worker_send_task_events=False,
    worker_hijack_root_logger=False,
)
signals.worker_ready.connect(lambda **kwargs: print("ready", flush=True), weak=False)
_client: redis.Redis | None = None


@app.task(name="step")
def step(is_last: bool = False) -> None:
    global _client
    if is_last:
        _client = _client or redis.Redis.from_url(URL)
        _client.incr(DONE)


def run(number: int) -> float:
    """Send `number` chains and wait for the last; runs a second."""
    client = redis.Redis.from_url(URL)
    client.delete(DONE)
    began = time.monotonic()
    for _ in range(number):
        chain(*[step.si() for _ in range(STEPS - 1)], step.si(True)).apply_async()
    while int(client.get(DONE) or 0) < number:
        time.sleep(0.005)
    return number / (time.monotonic() - began)


if __name__ == "__main__":
    print(run(int(sys.argv[1])))
