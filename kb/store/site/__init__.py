"""Repositories of the site: pages, outbox, rate limits, import jobs, idempotent answers."""
