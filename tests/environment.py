"""Pytest plugin: the environment that the settings are read from, the same on every machine."""

import os
import tempfile

# One a process, gone with it: workers side by side must not make each other look things up again.
REVOCATIONS = tempfile.NamedTemporaryFile(prefix="revocations-")  # noqa: SIM115

os.environ |= {
    "DEBUG": "on",
    "SECRET_KEY": "tests-only-6f0b7f7c41d94b0fa8b2a3-6f0b7f7c41d94b0fa8b2a3",
    "JWT_SECRET": "tests-only-94c1c0b5e8d74b7c8f1f21",
    "FIELD_ENCRYPTION_KEYS": "dGVzdHMtb25seS10ZXN0cy1vbmx5LXRlc3RzLW9ubHk=",
    "DATABASE_POOL_SIZE": "0",  # a test that starts 200 threads wants 200 connections
    "ALLOWED_HOSTS": "*",
    "REVOCATIONS": "file",  # no query on either database
    "REVOCATIONS_FILE": REVOCATIONS.name,
    "RATE_LIMITS": "off",  # tests of limits turn them on
}
for name in (
    "REDIS_URL",
    "ORGANIZERS",
    "CORS_ORIGINS",
    "ACCESS_TOKEN_TTL",
    "REFRESH_TOKEN_TTL",
    "TRUSTED_PROXIES",
    "OIDC_SERVER_URL",
):
    os.environ.pop(name, None)
for name in ("GOOGLE_CLIENT_ID", "GOOGLE_CLIENT_SECRET", "OAUTH_REDIRECTS", "OAUTH_HANDOVER"):
    os.environ.pop(name, None)
