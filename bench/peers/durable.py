"""DBOS with seven empty steps by its queue: run with its own environment (`bench/requirements.txt`).

python durable.py work NAME        a worker process that takes workflows from the queue until it is ended
python durable.py run N            puts N workflows into the queue, waits for the last, prints runs a second
"""

import logging
import os
import sys
import time

from dbos import DBOS, DBOSClient, EnqueueOptions

URL = os.environ["DBOS_URL"]
STEPS = 7
IN_FLIGHT = int(os.environ.get("DBOS_IN_FLIGHT", "4"))
logging.disable(logging.WARNING)


def work(name: str) -> None:
    DBOS(config={"name": "bench", "system_database_url": URL, "executor_id": name, "run_admin_server": False})

    @DBOS.step()
    def step(number: int) -> int:
        return number

    @DBOS.workflow(name="purchase")
    def purchase() -> int:
        return sum(step(number) for number in range(STEPS))

    DBOS.launch()
    DBOS.register_queue("bench", worker_concurrency=IN_FLIGHT, polling_interval_sec=0.01)
    print("ready", flush=True)
    while True:
        time.sleep(60)


def run(number: int) -> float:
    client = DBOSClient(system_database_url=URL)
    options: EnqueueOptions = {"queue_name": "bench", "workflow_name": "purchase"}
    began = time.monotonic()
    handles = [client.enqueue(options) for _ in range(number)]
    while client.list_workflows(queue_name="bench", status=["ENQUEUED", "PENDING"], limit=1, load_input=False):
        time.sleep(0.02)
    seconds = time.monotonic() - began
    assert all(handle.get_status().status == "SUCCESS" for handle in handles[:: max(1, number // 20)])
    return number / seconds


if __name__ == "__main__":
    if sys.argv[1] == "work":
        work(sys.argv[2])
    else:
        print(run(int(sys.argv[2])))
