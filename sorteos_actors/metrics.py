"""The figures that tell the story of a node, for Prometheus. Labels never carry a person."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

COMMIT_SECONDS = Histogram(
    "sorteos_commit_seconds",
    "Time of one group commit",
    buckets=(0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5),
)
BATCH_COMMANDS = Histogram(
    "sorteos_batch_commands",
    "Commands in one group commit",
    buckets=(1, 2, 5, 10, 25, 50, 100, 256),
)
COMMANDS = Counter("sorteos_commands", "Commands answered, by outcome", ["outcome"])
MAILBOX_FULL = Counter("sorteos_mailbox_full", "Commands refused because a mailbox was full")
DEPOSED = Counter("sorteos_fence_rejections", "Commits that the fence refused")
RESTARTS = Counter(
    "sorteos_actor_restarts", "Actors that stopped by a failure, by cause", ["cause"]
)
QUARANTINED = Gauge(
    "sorteos_raffles_quarantined", "Raffles paused because their actor kept failing"
)
ACTIVE_RAFFLES = Gauge("sorteos_raffles_active", "Raffles whose actor runs here")
SUBSCRIBERS = Gauge("sorteos_subscribers", "Sockets that watch a raffle here")
FRAMES = Counter("sorteos_feed_frames", "Deltas written to viewers")
SNAPSHOTS = Counter("sorteos_feed_snapshots", "Snapshots sent, by reason", ["reason"])
SLOW_CLOSED = Counter("sorteos_slow_viewers_closed", "Viewers closed because they did not read")
FEED_INTERVAL = Gauge("sorteos_feed_interval_seconds", "Slowest feed's pause between two updates")
LOOP_LATENESS = Histogram(
    "sorteos_loop_lateness_seconds",
    "How late a due task runs",
    buckets=(0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1),
)
OUTAGE_SECONDS = Counter("sorteos_store_outage_seconds", "Time without PostgreSQL")
HTTP_REQUESTS = Counter("sorteos_http_requests", "HTTP requests answered", ["method", "status"])
SOCKETS_REFUSED = Counter(
    "sorteos_sockets_refused", "WebSocket upgrades refused, by status", ["status"]
)
BUS_GAPS = Counter("sorteos_bus_gaps", "Updates from an owner that did not begin at our position")
BUS_PROBES_LOST = Counter("sorteos_bus_probes_lost", "Probes through Redis that were not heard")
LEASES_LOST = Counter("sorteos_leases_lost", "Leases that were another's, or in doubt")
TAKEOVERS = Counter("sorteos_takeovers", "Raffles activated here, by what led to it", ["cause"])
FORWARDED = Counter("sorteos_commands_forwarded", "Commands sent to their owner, by way", ["way"])
HANDED_OVER = Counter("sorteos_raffles_handed_over", "Raffles given to another node")
BREAKER = Gauge("sorteos_redis_breaker", "Redis as seen here: 0 closed, 1 half-open, 2 open")
PEERS = Gauge("sorteos_peers", "Other nodes heard within the last seconds")
FOLLOWED = Gauge("sorteos_raffles_followed", "Raffles whose viewers here are fed by another node")
PAYMENTS = Counter("sorteos_payments", "Payments by what became of them", ["provider", "outcome"])
PAYMENT_STEPS = Counter("sorteos_payment_steps", "What cashiers did next about payments", ["step"])
PAYMENT_FAILURES = Counter("sorteos_payment_failures", "Payments that a cashier could not handle")
WEBHOOKS = Counter("sorteos_webhooks", "Webhooks received, by result", ["provider", "result"])
MAILS = Counter("sorteos_mails", "Mails by what became of them", ["kind", "outcome"])
MAILS_WAITING = Gauge(
    "sorteos_mails_waiting", "Mails of the installation that have not gone, counted up to 10,000"
)
MAIL_RETRIES = Counter("sorteos_mail_retries", "Attempts to send that are made again later")
AUDITS = Counter("sorteos_money_audits", "Audits of the money, by result", ["result"])
AUDIT_FINDINGS = Counter("sorteos_money_findings", "What audits found, by what is untrue", ["what"])
