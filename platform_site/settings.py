"""Django settings of the Event Platform, read from the environment (see .env.example)."""

import os
from datetime import timedelta
from pathlib import Path

import dj_database_url

from platform_site.environment import DATABASE_SCHEMES, Environment

BASE_DIR = Path(__file__).resolve().parent.parent
env = Environment(os.environ)

# --- What the environment says -----------------------------------------------------------------------------------

DEBUG = env.switch("DEBUG", default=False)
MADE_SECRETS = BASE_DIR / ".secrets.json" if DEBUG else None

SECRET_KEY = env.secret("SECRET_KEY", made_in=MADE_SECRETS, shortest=50)
JWT_SECRET = env.secret("JWT_SECRET", made_in=MADE_SECRETS)
FIELD_ENCRYPTION_KEYS = env.fernet_keys("FIELD_ENCRYPTION_KEYS", made_in=MADE_SECRETS)

DATABASE_URL = env.url("DATABASE_URL", DATABASE_SCHEMES, f"sqlite:///{BASE_DIR / 'db.sqlite3'}" if DEBUG else "")
DATABASE_POOL_SIZE = env.number("DATABASE_POOL_SIZE", 20, most=1000)
REDIS_URL = env.url("REDIS_URL", {"redis", "rediss"})

ACCESS_TOKEN_TTL = env.number("ACCESS_TOKEN_TTL", 3600, least=60, most=86_400)
REFRESH_TOKEN_TTL = env.number("REFRESH_TOKEN_TTL", 30 * 86_400, least=3600, most=366 * 86_400)

ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", ("*",) if DEBUG else ())
CORS_ORIGINS = env.origins("CORS_ORIGINS")
ORGANIZERS = env.choice("ORGANIZERS", "open", {"open", "granted"})

if not DEBUG:
    if not env.text("DATABASE_URL"):
        env.fault("DATABASE_URL", "is missing; for example postgres://user:password@localhost:5432/events")
    if not ALLOWED_HOSTS:
        env.fault("ALLOWED_HOSTS", "is missing; name the hosts that people type, for example events.example.org")
REALTIME_MESSAGES_PER_MINUTE = env.number("REALTIME_MESSAGES_PER_MINUTE", 100, least=1)
REALTIME_QUEUE = env.number("REALTIME_QUEUE", 500, least=10)  # frames that wait for a slow reader
REALTIME_TICK = env.number("REALTIME_TICK", 5, least=1, most=60)  # seconds: what a lost bell costs at most
REALTIME_RECHECKS = env.number("REALTIME_RECHECKS", 500, least=1)  # subscriptions asked about in a tick
env.finish()

# --- Django ------------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "daphne",
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_filters",
    "rest_framework",
    "channels",
    "accounts",
    "apps_registry",
    "rooms",
    "prizes",
    "platform_site",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "platform_site.middleware.ContentSecurityPolicyMiddleware",
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
elif DATABASE_POOL_SIZE:
    DATABASES["default"]["OPTIONS"] = {"pool": {"min_size": 2, "max_size": DATABASE_POOL_SIZE, "timeout": 10}}
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 60
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True

CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        # Without this redis-py's own time limit drops every idle WebSocket after five seconds.
        "CONFIG": {"hosts": [{"address": REDIS_URL, "socket_timeout": None}]},
    }
    if REDIS_URL
    else {"BACKEND": "channels.layers.InMemoryChannelLayer"}
}

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "platform_site" / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
FIXTURE_DIRS = [BASE_DIR / "fixtures"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Who somebody is ---------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
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

SIMPLE_JWT = {
    "ALGORITHM": "HS256",
    "SIGNING_KEY": JWT_SECRET,
    "ACCESS_TOKEN_LIFETIME": timedelta(seconds=ACCESS_TOKEN_TTL),
    "USER_ID_CLAIM": "sub",
}

# --- REST --------------------------------------------------------------------------------------------------------

MOST_BODY_BYTES = 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = MOST_BODY_BYTES

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.authentication.BearerAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.AllowAny"],
    "DEFAULT_PARSER_CLASSES": ["platform_site.rest.parsers.BoundedJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["platform_site.rest.renderers.EnvelopeRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "platform_site.rest.renderers.JSONOnly",
    "DEFAULT_PAGINATION_CLASS": "platform_site.rest.pagination.Pages",
    "DEFAULT_FILTER_BACKENDS": ["platform_site.rest.filters.FilterBackend"],
    "EXCEPTION_HANDLER": "platform_site.rest.exceptions.envelope_of",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}

# --- Security ----------------------------------------------------------------------------------------------------

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
if not DEBUG:
    SECURE_SSL_REDIRECT = env.switch("HTTPS", default=True)
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT
    SECURE_HSTS_SECONDS = 31_536_000 if SECURE_SSL_REDIRECT else 0
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE_SSL_REDIRECT
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.words("TRUSTED_PROXIES") else None

# --- Logs --------------------------------------------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {"daphne": {"level": "WARNING"}, "django.channels.server": {"propagate": False}},
}
