"""Django settings of the Event Platform, read from the environment (see .env.example)."""

import os
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import dj_database_url

from platform_site.environment import Environment
from platform_site.look import UNFOLD  # noqa: F401 (django-unfold reads it here)
from platform_site.rest.components import COMPONENTS
from platform_site.rest.logs import is_no_outage
from platform_site.rest.reasons import as_table

BASE_DIR = Path(__file__).resolve().parent.parent
env = Environment(os.environ)

# --- What the environment says -----------------------------------------------------------------------------------

DEBUG = env.switch("DEBUG", default=False)
MADE_SECRETS = BASE_DIR / ".secrets.json" if DEBUG else None

SECRET_KEY = env.secret("SECRET_KEY", made_in=MADE_SECRETS, shortest=50)
JWT_SECRET = env.secret("JWT_SECRET", made_in=MADE_SECRETS)
FIELD_ENCRYPTION_KEYS = env.fernet_keys("FIELD_ENCRYPTION_KEYS", made_in=MADE_SECRETS)

DATABASE_URL = env.database_url("DATABASE_URL", f"sqlite:///{BASE_DIR / 'db.sqlite3'}" if DEBUG else "")
DATABASE_POOL_SIZE = env.number("DATABASE_POOL_SIZE", 20, most=1000)
REDIS_URL = env.url("REDIS_URL", {"redis", "rediss"})

ACCESS_TOKEN_TTL = env.number("ACCESS_TOKEN_TTL", 3600, least=60, most=86_400)
REFRESH_TOKEN_TTL = env.number("REFRESH_TOKEN_TTL", 30 * 86_400, least=3600, most=366 * 86_400)

ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", ("*",) if DEBUG else ())
CORS_ORIGINS = env.origins("CORS_ORIGINS")
DEFAULT_TIME_ZONE = env.time_zone("DEFAULT_TIME_ZONE", "UTC")
TRUSTED_PROXIES = env.networks("TRUSTED_PROXIES")
HTTPS = env.switch("HTTPS", default=True)
HSTS_SUBDOMAINS = env.switch("HSTS_SUBDOMAINS", default=False)
HSTS_PRELOAD = env.switch("HSTS_PRELOAD", default=False)
RATE_LIMITS = env.switch("RATE_LIMITS", default=True)
# Requests a minute.
RATE_LIMIT_ANONYMOUS = env.number("RATE_LIMIT_ANONYMOUS", 20, least=1)
RATE_LIMIT_ANONYMOUS_READS = env.number("RATE_LIMIT_ANONYMOUS_READS", 600, least=1)  # a hall is one address
RATE_LIMIT_USER = env.number("RATE_LIMIT_USER", 100, least=1)
RATE_LIMIT_APP = env.number("RATE_LIMIT_APP", 1000, least=1)
# Where a process asks whether a token was revoked: Redis, a copy of its own that a file keeps fresh, or the table.
REVOCATIONS = env.choice(
    "REVOCATIONS",
    "redis" if REDIS_URL else "file" if DATABASE_URL.startswith("sqlite:") else "table",
    {"redis", "file", "table"},
)
REVOCATIONS_FILE = env.text(
    "REVOCATIONS_FILE",
    f"{DATABASE_URL.removeprefix('sqlite:///')}-revocations"
    if DATABASE_URL.startswith("sqlite:///") and ":memory:" not in DATABASE_URL
    else str(BASE_DIR / ".revocations"),
)
REFRESH_RETRY_SECONDS = env.number("REFRESH_RETRY_SECONDS", 10, most=60)
PASSWORD_QUEUE = env.number("PASSWORD_QUEUE", 100)  # who may wait while others' passwords are checked, a process
# A minute.
RATE_LIMIT_LOGIN = env.number("RATE_LIMIT_LOGIN", 10, least=1)
RATE_LIMIT_LOGIN_ACCOUNT = env.number("RATE_LIMIT_LOGIN_ACCOUNT", 200, least=1)
RATE_LIMIT_SIGN_IN = env.number("RATE_LIMIT_SIGN_IN", 600, least=1)
RATE_LIMIT_JOIN = env.number("RATE_LIMIT_JOIN", 600, least=1)
RATE_LIMIT_WRONG_CODES = env.number("RATE_LIMIT_WRONG_CODES", 20, least=1)
RATE_LIMIT_REFRESH = env.number("RATE_LIMIT_REFRESH", 30, least=1)
EMAIL_URL = env.text("EMAIL_URL")
MAIL = env.mail("EMAIL_URL")
EMAIL_FROM = env.text("EMAIL_FROM")
SIGN_UP = env.switch("SIGN_UP", default=False)
OIDC_SERVER_URL = env.url("OIDC_SERVER_URL", {"http", "https"}, "https://accounts.google.com")
GOOGLE_CLIENT_ID = env.text("GOOGLE_CLIENT_ID")
GOOGLE_CLIENT_SECRET = env.text("GOOGLE_CLIENT_SECRET")
OAUTH_REDIRECTS = env.origins("OAUTH_REDIRECTS")
OAUTH_HANDOVER = env.choice("OAUTH_HANDOVER", "code", {"code", "fragment"})
OAUTH_CALLBACK_PATH = env.text("OAUTH_CALLBACK_PATH") or "/auth/callback"
# Days: the log of a room after its end, and a guest after their last visit.
EVENT_RETENTION = env.number("EVENT_RETENTION", 365, least=1, most=36_500)
GUEST_RETENTION = env.number("GUEST_RETENTION", 90, least=1, most=36_500)
ORGANIZERS = env.choice("ORGANIZERS", "open", {"open", "granted"})

if REVOCATIONS == "redis" and not REDIS_URL:
    env.fault("REVOCATIONS", "is redis, but REDIS_URL is missing")
if JWT_SECRET == SECRET_KEY and not env.faults:
    env.fault("JWT_SECRET", "is SECRET_KEY once more; make another one")
if DATABASE_URL.startswith("postgres") and not urlsplit(DATABASE_URL).path.strip("/"):
    env.fault("DATABASE_URL", "names no database; for example postgres://user:password@localhost:5432/events")
if bool(EMAIL_URL) != bool(EMAIL_FROM):
    env.fault("EMAIL_URL", "and EMAIL_FROM go together; set both or none")
if SIGN_UP and not EMAIL_URL:
    env.fault("SIGN_UP", "is on, but EMAIL_URL is missing: new accounts begin with a letter")
if not OAUTH_CALLBACK_PATH.startswith("/") or OAUTH_CALLBACK_PATH.startswith("//") or "#" in OAUTH_CALLBACK_PATH:
    env.fault("OAUTH_CALLBACK_PATH", "is no path; for example /auth/callback")
if OAUTH_HANDOVER == "fragment" and not OAUTH_REDIRECTS:
    env.fault("OAUTH_REDIRECTS", "is missing; the fragment form of OAUTH_HANDOVER needs a front end to go to")
if bool(GOOGLE_CLIENT_ID) != bool(GOOGLE_CLIENT_SECRET):
    env.fault("GOOGLE_CLIENT_ID", "and GOOGLE_CLIENT_SECRET go together; set both or none")
if not DEBUG:
    if not env.text("DATABASE_URL"):
        env.fault("DATABASE_URL", "is missing; for example postgres://user:password@localhost:5432/events")
    if not ALLOWED_HOSTS:
        env.fault("ALLOWED_HOSTS", "is missing; name the hosts that people type, for example events.example.org")
REQUEST_SECONDS = env.number("REQUEST_SECONDS", 20, least=1, most=600)  # in which a request has to arrive
DRAIN_SECONDS = env.number("DRAIN_SECONDS", 20, least=3, most=600)  # from SIGTERM to the end of the process
REALTIME_MESSAGES_PER_MINUTE = env.number("REALTIME_MESSAGES_PER_MINUTE", 100, least=1)
REALTIME_CONNECTIONS_PER_ADDRESS = env.number("REALTIME_CONNECTIONS_PER_ADDRESS", 5000, least=1)  # in each process
REALTIME_QUEUE = env.number("REALTIME_QUEUE", 2000, least=10)  # frames that wait for a slow reader
REALTIME_TICK = env.number("REALTIME_TICK", 5, least=1, most=60)  # seconds: what a lost bell costs at most
REALTIME_RECHECKS = env.number("REALTIME_RECHECKS", 500, least=1)  # subscriptions asked about in a tick
WORKER_INTERVAL = env.number("WORKER_INTERVAL", 1, least=1, most=60)  # seconds between two looks for work
env.finish()

# --- Django ------------------------------------------------------------------------------------------------------

# The games that come with the platform: folders like these. `migrate` puts them into the catalogue.
BUILTIN_APPS = ["apps_registry.builtin.lottery", "apps_registry.builtin.quiz"]

INSTALLED_APPS = [
    "daphne",
    # Not plain "unfold": that would put its own site in the place of ours.
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "django_jsonform",
    "platform_site.apps.DashboardConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    # Not allauth's own google provider beside it: that one would win, whatever OIDC_SERVER_URL says.
    "allauth.socialaccount.providers.openid_connect",
    "django_filters",
    "rest_framework",
    "corsheaders",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "channels",
    "django_tasks",
    "django_tasks_db",
    "platform_site.rest",
    "accounts",
    "apps_registry",
    "rooms",
    "prizes",
    *BUILTIN_APPS,
    "platform_site",
]

MIDDLEWARE = [
    "platform_site.middleware.RequestIdMiddleware",
    "platform_site.middleware.HealthMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "platform_site.middleware.ApiMiddleware",
    "platform_site.middleware.AddressMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "platform_site.middleware.PagesLanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "platform_site.middleware.ContentSecurityPolicyMiddleware",
    "platform_site.middleware.FailurePagesMiddleware",
]

ROOT_URLCONF = "platform_site.urls"
ASGI_APPLICATION = "platform_site.asgi.application"
WSGI_APPLICATION = "platform_site.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "platform_site.pages.preferences.look",
            ],
        },
    },
]

DATABASES = {"default": dj_database_url.parse(DATABASE_URL)}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        # IMMEDIATE: a transaction takes the write lock at its start, so it cannot fail half-way for want of it.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
    }
else:
    # A restart of PostgreSQL leaves dead connections behind; each is tried before a request gets it.
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    if DATABASE_POOL_SIZE:
        DATABASES["default"].setdefault("OPTIONS", {})["pool"] = {
            "min_size": min(2, DATABASE_POOL_SIZE),
            "max_size": DATABASE_POOL_SIZE,
            "timeout": 5,  # seconds that a request waits before it is told that there is no database
            # Attempts to connect come ever more rarely. After so many seconds the pool gives up, and the next request
            # begins anew, so that a database that was away for an hour is found again within seconds.
            "reconnect_timeout": 5,
        }
    else:
        DATABASES["default"]["CONN_MAX_AGE"] = 60

CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        # Without this redis-py's own time limit drops every idle WebSocket after five seconds.
        "CONFIG": {"hosts": [{"address": REDIS_URL, "socket_timeout": None}]},
    }
    if REDIS_URL
    else {"BACKEND": "channels.layers.InMemoryChannelLayer"}
}

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "OPTIONS": {"socket_timeout": 1, "socket_connect_timeout": 1},
    }
    if REDIS_URL
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("ru", "Русский")]  # of the pages; API and dashboard speak English
LOCALE_PATHS = [BASE_DIR / "platform_site" / "locale"]
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = DEBUG  # also where a test turns DEBUG itself off
FIXTURE_DIRS = [BASE_DIR / "fixtures"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Who somebody is ---------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
PASSWORD_HASHERS = [
    "accounts.hashes.PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

PASSWORD_RESET_TIMEOUT = 3600

# Mail: only where EMAIL_URL says how.
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = SERVER_EMAIL = EMAIL_FROM or "webmaster@localhost"
EMAIL_HOST = MAIL.get("EMAIL_HOST", "localhost")
EMAIL_PORT = MAIL.get("EMAIL_PORT", 25)
EMAIL_HOST_USER = MAIL.get("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = MAIL.get("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_SSL = MAIL.get("EMAIL_USE_SSL", False)
EMAIL_USE_TLS = MAIL.get("EMAIL_USE_TLS", False)

# What upper layers do at turns of lower ones: platform_site.hooks says when each is called, and with what.
NAME_MASKERS = ["rooms.masking.is_masked_to"]
PAGE_SIGN_IN_HOOKS = ["platform_site.pages.seats.keep_what_guests_have"]
SIGN_IN_HOOKS = ["rooms.actions.take_listed_places", "rooms.actions.redeem_invitations"]
ROOM_CLOSERS = ["prizes.actions.cancel_open_draws"]
ROOM_PAGES = ["platform_site.room_page.page_of"]
REVOCATION_LISTENERS = ["rooms.bells.tell_revoked"]
# The first may refuse the erasure.
ERASERS = [
    "rooms.erasure.erase_participations",
    "prizes.erasure.erase_wins",
    "rooms.erasure.erase_notifications",
    "rooms.erasure.erase_events",
    "platform_site.rest.idempotency.erase_person",
]
EXPORTERS = [
    "accounts.export.export_account",
    "rooms.export.export_rooms",
    "prizes.export.export_wins",
    "apps_registry.builtin.quiz.export.export_answers",
]
CLEANERS = [
    "platform_site.jobs.clean_tasks",
    "accounts.cleaning.clean_accounts",
    "rooms.cleaning.clean_placeholders",
    "rooms.cleaning.clean_events",
    "platform_site.rest.throttling.clean_rate_counts",
    "platform_site.rest.idempotency.clean_idempotency_keys",
]

CSRF_FAILURE_VIEW = "platform_site.views.csrf_failure"
LOGIN_URL = "/login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"
SOCIALACCOUNT_ADAPTER = "accounts.adapters.ProviderAdapter"

# --- Work beside requests ----------------------------------------------------------------------------------------

TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": []}}
# What the worker does by the clock: a name, the callable and how many seconds after its end it is due again. Every job
# bears being run twice, or by two workers at once.
JOBS = {
    "automatic draws": ("apps_registry.builtin.lottery.actions.queue_due_draws", 60),
    "games that wait": ("rooms.live.games.wake_due_rooms", 1),
    "lost tasks": ("platform_site.jobs.revive_lost_tasks", 60),
    "cleanup": ("platform_site.jobs.clean_up", 86_400),
}

SIMPLE_JWT = {
    "ALGORITHM": "HS256",
    "SIGNING_KEY": JWT_SECRET,
    "ACCESS_TOKEN_LIFETIME": timedelta(seconds=ACCESS_TOKEN_TTL),
    "USER_ID_CLAIM": "sub",
}

# --- Draws -------------------------------------------------------------------------------------------------------

WINNER_SELECTORS: dict[str, str] = {}  # app_id, or * for any other app: the class that asks it who wins
DRAW_CLAIM_SECONDS = 60  # how long a run may take before another one may take over; longer than any app may take

# --- REST --------------------------------------------------------------------------------------------------------

MOST_BODY_BYTES = 1024**2
MOST_LARGE_BODY_BYTES = 10 * MOST_BODY_BYTES
# Where imports, pictures and batches are sent to.
LARGE_BODIES = [
    r"^/api/v1/rooms/[^/]+/(?:pictures|(?:participants|prizes|winners)/batch)/?$",
    r"^/admin/.*/(?:import|pictures?)/?$",
]
# Bodies are bounded by their path before anybody reads them.
DATA_UPLOAD_MAX_MEMORY_SIZE = MOST_LARGE_BODY_BYTES

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rooms.screen_access.ScreenOrBearerAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.AllowAny"],
    "DEFAULT_PARSER_CLASSES": ["platform_site.rest.parsers.BoundedJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["platform_site.rest.renderers.EnvelopeRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "platform_site.rest.renderers.JSONOnly",
    "DEFAULT_PAGINATION_CLASS": "platform_site.rest.pagination.Pages",
    "DEFAULT_FILTER_BACKENDS": ["platform_site.rest.filters.FilterBackend", "platform_site.rest.sorting.SortBackend"],
    "DEFAULT_THROTTLE_CLASSES": ["platform_site.rest.throttling.CallerThrottle"],
    "DEFAULT_SCHEMA_CLASS": "platform_site.rest.openapi.AutoSchema",
    "DEFAULT_METADATA_CLASS": None,
    "URL_FORMAT_OVERRIDE": None,
    "EXCEPTION_HANDLER": "platform_site.rest.exceptions.envelope_of",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}

SPECTACULAR_SETTINGS = {
    "TITLE": "Event Platform",
    "VERSION": "1",
    "DESCRIPTION": (BASE_DIR / "platform_site" / "rest" / "introduction.md").read_text().replace("REASONS", as_table()),
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "SORT_OPERATIONS": False,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "GET_MOCK_REQUEST": "platform_site.rest.openapi.mock_request",
    "POSTPROCESSING_HOOKS": ["drf_spectacular.hooks.postprocess_schema_enums", "platform_site.rest.openapi.finish"],
    "ENUM_NAME_OVERRIDES": {
        "RoomStatus": "rooms.enums.RoomStatus",
        "EntryPolicy": "rooms.enums.EntryPolicy",
        "ParticipantRole": "rooms.enums.ParticipantRole",
        "RoleOfARoom": "rooms.enums.ROLES_OF_A_ROOM",
        "WinnerState": "prizes.enums.WinnerState",
        "WinnerMethod": "prizes.enums.WinnerMethod",
        "DrawStatus": "prizes.enums.DrawStatus",
        "DrawMode": "prizes.enums.DrawMode",
        "ScreenMode": "prizes.show.ScreenMode",
    },
    "APPEND_COMPONENTS": COMPONENTS,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "displayOperationId": True, "persistAuthorization": False},
    "SERVE_PUBLIC": True,
    "SERVE_AUTHENTICATION": [],
}

CORS_ALLOWED_ORIGINS = CORS_ORIGINS
CORS_URLS_REGEX = r"^/api/"
CORS_ALLOW_HEADERS = [
    "authorization",
    "content-type",
    "idempotency-key",
    "x-app-id",
    "x-app-token",
    "x-device-key",
    "x-request-id",
]
CORS_EXPOSE_HEADERS = [
    "X-RateLimit-Limit",
    "X-RateLimit-Remaining",
    "X-RateLimit-Reset",
    "Retry-After",
    "X-Request-ID",
    "Idempotent-Replayed",
]

# --- Security ----------------------------------------------------------------------------------------------------

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_ENGINE = "accounts.page_sessions"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
if not DEBUG:
    SECURE_SSL_REDIRECT = HTTPS
    SECURE_REDIRECT_EXEMPT = ["^health/"]  # whoever probes comes from inside, by http
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT
    SECURE_HSTS_SECONDS = 31_536_000 if SECURE_SSL_REDIRECT else 0
    # The domain's other hosts may have no https, and a place on the browsers' own list is hard to give up again.
    SECURE_HSTS_INCLUDE_SUBDOMAINS = HSTS_SUBDOMAINS and HTTPS
    SECURE_HSTS_PRELOAD = HSTS_PRELOAD and HTTPS
    SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]  # advise both to everybody
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None

# --- Logs --------------------------------------------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"},
        "json": {"()": "platform_site.rest.logs.JSONFormatter"},
    },
    "filters": {
        "no_outage": {
            "()": "django.utils.log.CallbackFilter",
            "callback": is_no_outage,
        },
    },
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "line" if DEBUG else "json"},
        "nowhere": {"class": "logging.NullHandler"},
    },
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "daphne": {"level": "WARNING"},
        "django": {"handlers": []},
        "django.request": {"level": "ERROR", "filters": ["no_outage"]},
        # The servers' own lines of requests hold query strings; ours do not.
        "django.server": {"handlers": ["nowhere"], "propagate": False},
        "django.channels.server": {"handlers": ["nowhere"], "propagate": False},
        "uvicorn": {"handlers": [], "propagate": True},
        "uvicorn.access": {"handlers": [], "propagate": False},
        "_granian": {"handlers": [], "propagate": True},
        "granian.access": {"handlers": ["nowhere"], "propagate": False},
        "django_tasks_db": {"level": "WARNING"},  # it greets at every look into the queue
    },
}
