#!/usr/bin/env python3
"""The queue's counterpart: no-op tasks through Celery with two worker processes.

  celery_peer.py REDIS_URL TASKS

Needs: pip install 'celery[redis]'. Uses databases 1 (broker) and 2 (results) of that Redis. Prints one JSON line.
"""
import json, os, statistics, subprocess, sys, time

HERE = os.path.dirname(os.path.abspath(__file__))


def wait_for(done, seconds=300):
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            raise SystemExit("the Celery tasks did not end")
        time.sleep(0.002)


def rss_mb(pid):
    """Proportional memory of a process and its children."""
    with open(f"/proc/{pid}/smaps_rollup") as rollup:
        own = next(int(line.split()[1]) for line in rollup if line.startswith("Pss:")) / 1024
    with open(f"/proc/{pid}/task/{pid}/children") as children:
        return own + sum(rss_mb(int(child)) for child in children.read().split())


def main():
    url, tasks = sys.argv[1].rsplit("/", 1)[0], int(sys.argv[2])
    os.environ["CELERY_PEER_REDIS"] = url
    sys.path.insert(0, HERE)
    import redis
    from celery import group
    from celery_app import noop

    results = redis.Redis.from_url(f"{url}/2")
    command = [sys.executable, "-m", "celery", "-A", "celery_app", "worker", "--concurrency", "1", "--loglevel", "ERROR",
               "--without-gossip", "--without-mingle", "--without-heartbeat"]
    workers = [subprocess.Popen(command + ["-n", f"w{number}"], cwd=HERE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
               for number in range(2)]
    try:
        for number in range(20):
            noop.delay(number).get(timeout=60)

        trips = []
        for number in range(200):
            start = time.perf_counter()
            noop.delay(number).get(timeout=60)
            trips.append((time.perf_counter() - start) * 1e3)

        results.flushdb()
        submits, start = [], time.perf_counter()
        for first in range(0, tasks, 100):
            begin = time.perf_counter()
            group(noop.s(f"019aa000-0000-7000-8000-{first + number:012}") for number in range(100)).apply_async()
            submits.append((time.perf_counter() - begin) * 1e3)
        # One key per result: counting them costs Celery nothing.
        wait_for(lambda: results.dbsize() >= tasks)
        seconds = time.perf_counter() - start

        # Submitting to idle workers, as ours is measured.
        idle = []
        for _ in range(30):
            results.flushdb()
            begin = time.perf_counter()
            group(noop.s(number) for number in range(100)).apply_async()
            idle.append((time.perf_counter() - begin) * 1e3)
            wait_for(lambda: results.dbsize() >= 100)
        print(json.dumps({
            "name": "celery", "tasks": tasks, "seconds": seconds, "tasks_per_second": tasks / seconds,
            "submit_ms_median": statistics.median(idle), "submit_ms_p95": sorted(idle)[int(len(idle) * 0.95)],
            "submit_loaded_ms_median": statistics.median(submits), "round_trip_ms_median": statistics.median(trips),
            "rss_mb": sum(rss_mb(worker.pid) for worker in workers),
        }))
    finally:
        for worker in workers:
            worker.terminate()
        for worker in workers:
            worker.wait()


if __name__ == "__main__":
    main()
