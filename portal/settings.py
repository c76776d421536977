"""Django settings. Everything that differs between installations comes from `portal.environment`."""

import os
import sys
from pathlib import Path

import dj_database_url
import plotly
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _
from kombu import Exchange, Queue
from kombu.transport import TRANSPORT_ALIASES

from portal.environment import BASE_DIR, read_environment, secret_key

if "FAILPOINT" in os.environ and os.environ.get("DJANGO_SETTINGS_MODULE") != "portal.test_settings":
    sys.exit("Throughline cannot start: FAILPOINT makes it fail on purpose and belongs to tests only. Unset it.")

ENVIRONMENT = read_environment()
DATA_DIR: Path = ENVIRONMENT.data_dir.resolve()
DATA_DIR.mkdir(parents=True, exist_ok=True)

SECRET_KEY = secret_key(ENVIRONMENT)
DEBUG = ENVIRONMENT.debug
DEMO = ENVIRONMENT.demo
ALLOWED_HOSTS = ENVIRONMENT.allowed_hosts
CSRF_TRUSTED_ORIGINS = ENVIRONMENT.csrf_trusted_origins

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "csp",
    "django_filters",
    "django_htmx",
    "rest_framework",
    "knox",
    "simple_history",
    "oauth2_provider",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "people",
    "projects",
    "finance",
    "experiments",
    "trainingjobs",
    "outcomes",
    "portal",
]

MIDDLEWARE = [
    "csp.middleware.CSPMiddleware",  # first, so that static files and redirects to https carry the policy too
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"

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
                "portal.navigation.navigation",
            ],
        },
    },
]

# Database: SQLite tuned for money (IMMEDIATE, WAL, FULL), or PostgreSQL through psycopg2.
DATABASE_URL = ENVIRONMENT.database_url or f"sqlite:///{DATA_DIR / 'throughline.sqlite3'}"
DATABASES = {"default": dj_database_url.parse(DATABASE_URL)}
if ENVIRONMENT.is_postgres:
    DATABASES["default"] |= {
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "options": "-c lock_timeout=10s -c idle_in_transaction_session_timeout=60s",
            # A server that falls silent must not hold a supervisor, or a worker's main loop, for longer than a lease.
            "connect_timeout": 10,
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "tcp_user_timeout": 30_000,
        },
    }
else:
    DATABASES["default"] |= {
        "OPTIONS": {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
        },
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "people.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
AUTHENTICATION_BACKENDS = ["people.backends.LimitedBackend"]
RATE_SIGN_IN, RATE_SIGN_IN_ADDRESS = ENVIRONMENT.rate_sign_in, ENVIRONMENT.rate_sign_in_address
RATE_SIGN_IN_WINDOW_S, PROXIES = ENVIRONMENT.rate_sign_in_window_s, ENVIRONMENT.proxies
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "portfolio"
LOGOUT_REDIRECT_URL = "sign-in"

LANGUAGE_CODE = ENVIRONMENT.language_code
LANGUAGE_NAMES = {"en": _("English"), "zh-hans": _("Simplified Chinese"), "es": _("Spanish"), "ar": _("Arabic")}
LANGUAGES = [(LANGUAGE_CODE, LANGUAGE_NAMES[LANGUAGE_CODE])]  # one an installation: a browser does not change it
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = ENVIRONMENT.time_zone
USE_I18N = USE_TZ = True
CURRENCY = ENVIRONMENT.currency

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static", ("plotly", Path(plotly.__file__).parent / "package_data")]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = ["gz", "br", "png", "jpg", "webp", "woff", "woff2", "map"]

# Security
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
if ENVIRONMENT.https:
    SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31536000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = True
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "style-src-attr": ["'unsafe-inline'"],  # widths of gauges and Plotly's own SVG; see docs/adr
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    },
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "knox.auth.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
        "rest_framework.authentication.BasicAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["portal.api.parsing.Utf8JSONParser"],
    "DEFAULT_METADATA_CLASS": None,
    "DEFAULT_PAGINATION_CLASS": "portal.api.pagination.Pages",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "portal.api.schema.Schema",
    "EXCEPTION_HANDLER": "portal.api.errors.problem",
    "PAGE_SIZE": 50,
}
# Other systems come as clients of their own (OAuth 2 client credentials, no other grant) with the scopes given to each.
OAUTH2_PROVIDER_APPLICATION_MODEL = "oauth2_provider.Application"
OAUTH2_PROVIDER = {
    "OAUTH2_SERVER_CLASS": "oauthlib.oauth2.BackendApplicationServer",
    "SCOPES_BACKEND_CLASS": "people.scopes.ClientScopes",
    "OAUTH2_VALIDATOR_CLASS": "people.client_access.ClientValidator",
    "ACCESS_TOKEN_EXPIRE_SECONDS": 900,
    "ALLOWED_REDIRECT_URI_SCHEMES": ["https"],
    "REFRESH_TOKEN_REUSE_PROTECTION": True,
    "COMPLIANT_BCP_RFC9700_TOKEN_STORAGE": True,
    "COMPLIANT_BCP_RFC9700_ACCESS_TOKEN_TRANSPORT": True,
    "COMPLIANT_BCP_RFC9700_IMPLICIT_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PASSWORD_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PKCE_METHOD": True,
    "COMPLIANT_BCP_RFC9700_AUTHZ_RESPONSE_ISS": True,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Throughline",
    "DESCRIPTION": "One line from a business demand through data, training and compression to the money.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "POSTPROCESSING_HOOKS": ["portal.api.schema.without_marks"],  # choices stay where they are used: no guessed names
}

# Mail: notices go out through the outbox; without a server they stay on their page.
BASE_URL = ENVIRONMENT.address
SENDS_MAIL = ENVIRONMENT.mail_server is not None
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if SENDS_MAIL else 'dummy'}.EmailBackend"
DEFAULT_FROM_EMAIL = SERVER_EMAIL = ENVIRONMENT.mail_from
EMAIL_TIMEOUT = 10
if ENVIRONMENT.mail_server:
    EMAIL_HOST, EMAIL_PORT = ENVIRONMENT.mail_server.host, ENVIRONMENT.mail_server.port
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = ENVIRONMENT.mail_server.user, ENVIRONMENT.mail_server.password
    EMAIL_USE_TLS, EMAIL_USE_SSL = ENVIRONMENT.mail_server.starttls, ENVIRONMENT.mail_server.tls

WEBHOOK_ALLOW_PRIVATE = ENVIRONMENT.webhook_allow_private

# Jobs: the row is the queue of record; a message is only a hint, so losing one costs a sweep, never a job.
TRANSPORT_ALIASES["filesystem"] = "portal.transport:Transport"
CELERY_BROKER_URL = ENVIRONMENT.celery_broker_url
if CELERY_BROKER_URL.startswith("filesystem"):
    CELERY_BROKER_URL = "filesystem://localhost//"  # kombu warns of a missing host at every start
    _folder = DATA_DIR / "broker"
    for _name in ("messages", "control"):
        (_folder / _name).mkdir(parents=True, exist_ok=True)
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(_folder / "messages"),
        "data_folder_out": str(_folder / "messages"),
        "control_folder": str(_folder / "control"),
        "polling_interval": 0.05,
    }
else:  # whoever submits must not wait for a broker that is away; a worker has attempts of its own
    CELERY_BROKER_TRANSPORT_OPTIONS = {"max_retries": 1, "interval_start": 0, "interval_step": 0, "interval_max": 0}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_DEFAULT_QUEUE = "celery"
CELERY_TASK_QUEUES = [Queue(name, Exchange("celery"), routing_key=name) for name in ("celery", "jobs.cpu", "jobs.gpu")]
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CONCURRENCY = ENVIRONMENT.worker_slots
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "beat-schedule")
CELERY_BEAT_SCHEDULE = {
    name: {
        "task": f"trainingjobs.{name}",
        "schedule": ENVIRONMENT.reaper_s,
        "options": {"expires": ENVIRONMENT.reaper_s},  # while all slots are busy they must not pile up
    }
    for name in ("sweep", "deliver_outbox")
} | {
    "seal_audit": {"task": "people.seal_audit", "schedule": 60.0, "options": {"expires": 60.0}},
    "look_after_benefits": {"task": "outcomes.look_after_benefits", "schedule": 3600.0, "options": {"expires": 3600.0}},
}

MLFLOW_TRACKING_URI = ENVIRONMENT.mlflow_tracking_uri or f"sqlite:///{DATA_DIR / 'mlflow.sqlite3'}"
MLFLOW_ARTIFACT_ROOT = DATA_DIR / "mlartifacts"
JOBS_DIR = DATA_DIR / "jobs"
DATASETS_DIR = ENVIRONMENT.datasets
WORKER_SLOTS, WORKER_RESOURCES = ENVIRONMENT.worker_slots, ENVIRONMENT.worker_resources
WARM_TRAINERS, FAIR_AFTER_S = ENVIRONMENT.warm_trainers, ENVIRONMENT.fair_after_s
LEASE_S, HEARTBEAT_S, REAPER_S = ENVIRONMENT.lease_s, ENVIRONMENT.heartbeat_s, ENVIRONMENT.reaper_s
GRACE_S, MAX_ATTEMPTS = ENVIRONMENT.grace_s, ENVIRONMENT.max_attempts
MIN_FREE_DISK_MB = ENVIRONMENT.min_free_disk_mb

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": ENVIRONMENT.log_level},
}
