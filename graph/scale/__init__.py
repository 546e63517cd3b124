"""Beyond one machine: workers that take turns from a durable queue (DBOS, on the PostgreSQL that holds the runs).

A turn is one reply and everything that follows from it up to the next question. The queue is partitioned by run, so
that a run's turns come one after the other, and a turn is named after the question that it answers, so that a reply
which is submitted twice is applied once. `client.open_client` is how replies are submitted, `worker.work` serves them.
It needs the `scale` extra.
"""
