"""How Celery is set, each value measured or learnt (see docs/explanation/pipeline.md).

Redis as a broker loses a message when a worker dies between two of its commands, and repeats one after the visibility
timeout. Nothing relies on it; these values make the common case quick and the rare case short. There is no
`countdown`, `eta` or `retry()` anywhere: a delay is a column (`available_at`).
"""

from django.conf import settings
from kombu import Queue

from config.lib.tasks import PRIORITY_STEPS

broker_url = settings.REDIS_URL
broker_transport_options = {
    "visibility_timeout": 120,  # longer than the hard time limit
    "unacked_restore_interval": 2,  # its default and the next one's multiply to a sweep every 100 s
    "unacked_restore_throttle": 1,
    "unacked_mutex_expire": 10,
    "socket_timeout": 15,
    "socket_connect_timeout": 5,
    "socket_keepalive": True,
    "health_check_interval": 10,
    "priority_steps": list(PRIORITY_STEPS),
    "queue_order_strategy": "priority",  # the most urgent first, over all that a worker consumes
}
broker_connection_retry_on_startup = True
broker_connection_max_retries = None

task_queues = [Queue("purchase"), Queue("default"), Queue("media")]
task_default_queue = "default"
task_routes = {"orders.advance_run": {"queue": "purchase"}, "vod.transcode": {"queue": "media"}}  # others: default
task_acks_late = True
task_reject_on_worker_lost = True  # the stage row counts attempts, so a message that kills cannot loop for ever
task_acks_on_failure = True
task_acks_on_timeout = True
task_ignore_result = True
result_backend = None
task_serializer = "json"
accept_content = ["json"]
task_publish_retry = True
task_publish_retry_policy = {"max_retries": 2, "interval_start": 0, "interval_step": 0.2, "interval_max": 0.5}
task_send_sent_event = False

worker_prefetch_multiplier = 1
worker_cancel_long_running_tasks_on_connection_loss = False  # a hiccup of Redis must not cut a charge in half
worker_max_tasks_per_child = 2000
worker_max_memory_per_child = 400_000  # KiB
worker_hijack_root_logger = False
worker_send_task_events = False

timezone = settings.TIME_ZONE
# Celery's Django support otherwise closes the database connection around every task: a new backend for each.
CELERY_DB_REUSE_MAX = 1000

# The sweeper in every worker does this all the time; beat only makes it certain where all of them are stuck.
beat_schedule = {
    "sweep": {"task": "orders.sweep", "schedule": 60.0, "options": {"expires": 50}},
    # Once a day there is something to do, at three in the morning or as soon as workers are back after that.
    "reconcile": {"task": "orders.reconcile", "schedule": 600.0, "options": {"expires": 500}},
}
