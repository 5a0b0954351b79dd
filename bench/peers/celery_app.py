"""The Celery application of celery_peer.py: one task that does nothing."""

import os

from celery import Celery

URL = os.environ["CELERY_PEER_REDIS"]
app = Celery("celery_app", broker=f"{URL}/1", backend=f"{URL}/2")
app.conf.update(task_acks_late=True, worker_prefetch_multiplier=64, broker_connection_retry_on_startup=True)


@app.task
def noop(key):
    return "done"
