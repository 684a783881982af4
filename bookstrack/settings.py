"""Settings, all from environment variables; docs/settings.md explains each."""

from pathlib import Path
from typing import Any

import dj_database_url
import django_stubs_ext
from django.core.exceptions import ImproperlyConfigured

from bookstrack import env, mail_settings, rq_settings, storage_url

django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = env.data_dir(BASE_DIR)
VERSION = "0.1.0"

DEBUG = env.flag("DEBUG", False)
SECRET_KEY = env.secret_key(DATA_DIR)
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]")
ENVIRONMENT = env.text("BOOKSTRACK_ENVIRONMENT", "development" if DEBUG else "production")

# -- applications
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "ninja",
    "django_rq",
    "bookstrack",
    "search",
    "jobs",
    "scanning",
    "harvest",
]
MIDDLEWARE = [
    "bookstrack.envelope.error_envelope",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
# An API request has no session, no log-in and no form: what serves those costs it 3 ms of thread hops (asgi.py).
API_MIDDLEWARE = ["bookstrack.envelope.error_envelope"]
ROOT_URLCONF = "bookstrack.urls"
ASGI_APPLICATION = "bookstrack.asgi.application"
APPEND_SLASH = False  # an API client's POST must not be redirected
TEMPLATES: list[dict[str, Any]] = [
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
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True

# -- database: SQLite in the data folder, or DATABASE_URL
SQLITE_OPTIONS: dict[str, Any] = {
    "transaction_mode": "IMMEDIATE",  # a read that turns into a write would fail at once under several processes
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
}
DATABASES: dict[str, Any] = {
    "default": dj_database_url.parse(
        env.text("DATABASE_URL") or f"sqlite:///{DATA_DIR / 'bookstrack.sqlite3'}",
        conn_max_age=60,
        conn_health_checks=True,
    )
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = SQLITE_OPTIONS
    DATABASES["default"]["TEST"] = {"NAME": DATA_DIR / "test.sqlite3"}  # a file: tests use several threads

# -- Redis
REDIS_URL = env.text("REDIS_URL")  # empty: the embedded server of the data folder

# -- files: folders of the data folder, or of a bucket by STORAGE_URL. Nothing of them is served as it lies there.
try:
    BUCKET = storage_url.parse(env.text("STORAGE_URL"))
except storage_url.WrongUrl as error:
    raise ImproperlyConfigured(f"STORAGE_URL: {error}") from None


def _kept_in(folder: str, *, overwrite: bool) -> dict[str, Any]:
    """A storage for ourselves alone: of files for their owner only, or of a bucket's objects."""
    if BUCKET is not None:
        return {"BACKEND": "bookstrack.lib.s3_files.S3Files", "OPTIONS": BUCKET.options(folder) | {"file_overwrite": overwrite}}
    options = {"location": DATA_DIR / folder, "file_permissions_mode": 0o600, "directory_permissions_mode": 0o700}
    return {"BACKEND": "bookstrack.lib.local_files.LocalFiles", "OPTIONS": options | {"allow_overwrite": overwrite}}


STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": DATA_DIR / "files"}},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    "uploads": _kept_in("uploads", overwrite=False),  # what clients sent, under names of our own
    "covers": _kept_in("covers", overwrite=True),
    "archive": _kept_in("archive", overwrite=True),
}

# -- jobs
PIPELINE_PACKAGES = env.words("PIPELINE_PACKAGES", "scanning.pipelines,harvest.pipelines")
RQ_QUEUES = rq_settings.Queues()
# What runs by the clock: when (cron, UTC), and an async function of jobs.schedules.Work that does it or starts a job.
SCHEDULES: dict[str, dict[str, str]] = {
    "archival": {"cron": "0 2 * * *", "label": "Archival", "work": "harvest.tidying.archive.scheduled_archival"},
    "cover_harvest": {"cron": "0 3 * * *", "label": "Cover harvest", "work": "harvest.services.scheduled_harvest"},
    "cache_warming": {"cron": "0 4 * * *", "label": "Cache warming", "work": "harvest.cache_filling.warming.scheduled_warming"},
    "expiry": {"cron": "30 4 * * *", "label": "Expiry", "work": "harvest.tidying.expiry.scheduled_expiry"},
    "alerts": {"cron": "*/15 * * * *", "label": "Alerts", "work": "harvest.alerting.alerts.scheduled_check"},
}
# What every host's scheduler process does again and again: an async function, seconds between two times.
SCHEDULER_STEPS: list[tuple[str, float]] = [("harvest.counting.rollups.step", 60.0)]
RQ_SHOW_ADMIN_LINK = False  # its pages stand behind our own checks (jobs/admin_rq.py)

# -- mail, for alerts
MAIL = mail_settings.read()
EMAIL_BACKEND = mail_settings.SMTP
EMAIL_HOST, EMAIL_PORT, EMAIL_TIMEOUT = MAIL.host, MAIL.port, mail_settings.TIMEOUT_S
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = MAIL.user, MAIL.password
EMAIL_USE_TLS, EMAIL_USE_SSL = MAIL.tls, MAIL.ssl
DEFAULT_FROM_EMAIL = SERVER_EMAIL = MAIL.sender

# -- web
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_MAX_AGE = 60  # names carry no hash: after an upgrade an old script meets new pages for a minute only
TRUSTED_PROXIES = env.words("TRUSTED_PROXIES")  # checked by apps.py
CORS_ALLOWED_ORIGINS = env.words("CORS_ALLOWED_ORIGINS")
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 2**20
DATA_UPLOAD_MAX_NUMBER_FIELDS = 3000
HTTPS = env.flag("HTTPS", False)
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^readyz$", r"^health$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS and TRUSTED_PROXIES else None
if HTTPS:
    API_MIDDLEWARE.append("django.middleware.security.SecurityMiddleware")
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"
SILENCED_SYSTEM_CHECKS = ["security.W002"]  # X-Frame-Options is set by edge.py, on every reply

# -- limits per client
RATE_LIMITS_ENABLED = env.flag("RATE_LIMITS_ENABLED", True)
RATE_LIMITS = {
    "search": env.rate_limit("RATE_LIMIT_SEARCH", "100/60"),
    "jobs": env.rate_limit("RATE_LIMIT_JOBS", "10/60"),
    "images": env.rate_limit("RATE_LIMIT_IMAGES", "600/60"),
    "login": env.rate_limit("RATE_LIMIT_LOGIN", "10/300"),
}

# -- logs: to standard output, one line each
LOGGING_CONFIG = None
