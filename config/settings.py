"""Settings: the only reader of the environment. `.env.example` explains every variable.

Two situations differ, and nothing else does: a machine of one's own (`LOCAL`: plain http, mails
on the console, no mailed link at sign-up) and a server (https only, everything named).
"""

from pathlib import Path

import environ
from csp.constants import NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.core.exceptions import ImproperlyConfigured

from config import postgres

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
env.read_env(BASE_DIR / ".env")

DEBUG: bool = env.bool("DEBUG", default=False)
VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var"))).resolve()

# --- Database -----------------------------------------------------------------------------------
# DATABASES holds the app login. The owner's login makes tables and nothing else: tenants.owner.

EMBEDDED_DATABASE = not env.str("DATABASE_URL", default="")
LOCAL = DEBUG or EMBEDDED_DATABASE

if EMBEDDED_DATABASE:
    _secrets = postgres.server(VAR_DIR).secrets()
    _database = {
        "ENGINE": "config.embedded",
        "NAME": postgres.DATABASE,
        "USER": postgres.APP,
        "PASSWORD": _secrets[postgres.APP],
    }
    OWNER_DATABASE = {"USER": postgres.OWNER, "PASSWORD": _secrets[postgres.OWNER]}
else:
    _database = env.db_url("DATABASE_URL")
    _owner = env.db_url("OWNER_DATABASE_URL") if env.str("OWNER_DATABASE_URL", default="") else {}
    _differing = {"USER", "PASSWORD", "HOST", "PORT", "OPTIONS"}
    OWNER_DATABASE = {key: value for key, value in _owner.items() if key in _differing}

DATABASES = {
    "default": {
        **_database,
        "ATOMIC_REQUESTS": True,
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "TEST": {"NAME": env.str("TEST_DATABASE_NAME", default="test_ticketflower")},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"


def _number(name: str, *, default: int, most: int) -> int:
    given: str = env.str(name, default=str(default)).strip()
    if given.isascii() and given.isdecimal() and 0 < int(given[:9]) <= most:
        return int(given)
    raise ImproperlyConfigured(f"{name} must be a number from 1 to {most}; it is “{given}”.")


# --- Web server -----------------------------------------------------------------------------------

HTTPS: bool = env.bool("HTTPS", default=not LOCAL)
BEHIND_PROXY: bool = env.bool("BEHIND_PROXY", default=HTTPS)
HOST: str = env.str("HOST", default="127.0.0.1" if LOCAL else "0.0.0.0")  # noqa: S104
PORT: int = _number("PORT", default=8000, most=65_535)
WEB_THREADS: int = _number("WEB_THREADS", default=8, most=1_000)

# --- Secrets, hosts, https ----------------------------------------------------------------------


def _secret_key() -> str:
    key: str = env.str("SECRET_KEY", default="")
    if key:
        return key
    if EMBEDDED_DATABASE:
        return _secrets[postgres.SIGNING_KEY]
    if DEBUG:
        return "for development only"
    raise ImproperlyConfigured("Set SECRET_KEY to a long random text; see .env.example.")


SECRET_KEY = _secret_key()
ALLOWED_HOSTS: list[str] = env.list(
    "ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"] if LOCAL else []
)
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", default=[])

SESSION_COOKIE_AGE = 8 * 60 * 60  # seconds; not prolonged by use, so nobody stays signed in longer
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
# The prefix makes the browser refuse such a cookie from a sub-domain or over plain http.
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"
CSRF_COOKIE_HTTPONLY = True

SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# Alpine, which the theme brings, compiles expressions: hence 'unsafe-eval'. Without
# 'unsafe-inline' for scripts, a `javascript:` link or an injected handler does nothing.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, UNSAFE_EVAL],
        "style-src": [SELF, UNSAFE_INLINE],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [SELF],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    }
}

# --- Calls to other systems -----------------------------------------------------------------------

# Keys for the secrets that companies keep here, the newest first; older ones still open what they
# sealed. None: a key made from SECRET_KEY.
SECRETS_KEYS: list[str] = env.list("SECRETS_KEYS", default=[])
if any(len(key) < 32 for key in SECRETS_KEYS):
    raise ImproperlyConfigured("Each of SECRETS_KEYS must have at least 32 random characters.")

# Where people and other systems reach this installation: links in mails, addresses of callbacks.
PUBLIC_URL: str = env.str("PUBLIC_URL", default=f"http://localhost:{PORT}").rstrip("/")
if not PUBLIC_URL.startswith(("https://", "http://")):
    raise ImproperlyConfigured("PUBLIC_URL must be an address such as https://help.example.com.")

# Calls may go to this machine itself, by plain http too: for development.
ALLOW_LOOPBACK_CALLS: bool = env.bool("ALLOW_LOOPBACK_CALLS", default=False)

# --- Worker ---------------------------------------------------------------------------------------

WORKER_THREADS: int = _number("WORKER_THREADS", default=8, most=100)
# Seconds without a sign of life after which others take over what a worker was doing.
WORKER_IS_LOST_AFTER: int = _number("WORKER_IS_LOST_AFTER", default=12, most=3_600)
# Seconds that a worker which is told to stop gives to what it is doing.
WORKER_GRACE: int = _number("WORKER_GRACE", default=30, most=3_600)

PROCRASTINATE_AUTODISCOVER_MODULE_NAME = ""
PROCRASTINATE_IMPORT_PATHS = ["operations.jobs"]

# --- Applications -------------------------------------------------------------------------------

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "unfold.contrib.import_export",
    "unfold.contrib.guardian",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "import_export",
    "guardian",
    "django_jsonform",
    "axes",
    "csp",
    "procrastinate.contrib.django",
    "tenants",
    "definitions",
    "operations",
    "admin_site",
]

MIDDLEWARE = [
    "config.health.HealthMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "admin_site.too_large.RequestSizeMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "tenants.middleware.TenantMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "tenants.middleware.PersonMiddleware",
    "axes.middleware.AxesMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "config.addresses.AddressMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        # Before the theme's own, so that a page of ours takes the place of one of its.
        "DIRS": [BASE_DIR / "admin_site" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# --- People -------------------------------------------------------------------------------------

AUTH_USER_MODEL = "tenants.User"
# E-mail is unique by a constraint on its lower case, which this check does not look for.
SILENCED_SYSTEM_CHECKS = ["auth.W004"]
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "tenants.backends.EmailBackend",
    "guardian.backends.ObjectPermissionBackend",
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
LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"
SIGNUP_CONFIRMS_EMAIL: bool = env.bool("SIGNUP_CONFIRMS_EMAIL", default=not LOCAL)
# Set for one run of `manage.py create_platform_user` and nowhere else.
PLATFORM_USER_PASSWORD: str = env.str("PLATFORM_USER_PASSWORD", default="")

ANONYMOUS_USER_NAME = None  # guardian: nobody is a person who is not signed in
GUARDIAN_MONKEY_PATCH_USER = False

AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_ENABLE_ADMIN = False
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False
AXES_USERNAME_CALLABLE = "admin_site.account_forms.whose_tries"
AXES_LOCKOUT_CALLABLE = "admin_site.error_pages.locked"
CSRF_FAILURE_VIEW = "admin_site.error_pages.csrf_failure"

# --- Language, time -----------------------------------------------------------------------------

LANGUAGE_CODE = "en"
FORMAT_MODULE_PATH = ["admin_site.formats"]
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

# --- Files, messages, mail, cache -----------------------------------------------------------------

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
MEDIA_ROOT = VAR_DIR / "files"
# A server collects its files once and lets browsers keep them for ever under a name with a hash;
# a machine of one's own serves them from where they lie, so there is nothing to collect.
WHITENOISE_USE_FINDERS = LOCAL
WHITENOISE_MAX_AGE = 0 if LOCAL else 60
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if LOCAL
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000

# Of one file; of everything that one company keeps; of all that one form sends at once.
FILE_MEGABYTES: int = _number("FILE_MEGABYTES", default=10, most=2_000)
COMPANY_FILES_MEGABYTES: int = _number("COMPANY_FILES_MEGABYTES", default=5_000, most=10_000_000)
REQUEST_MEGABYTES: int = _number("REQUEST_MEGABYTES", default=50, most=10_000)
if REQUEST_MEGABYTES < FILE_MEGABYTES + 5:
    raise ImproperlyConfigured("REQUEST_MEGABYTES must be at least FILE_MEGABYTES and 5 more.")
# A function of the installation, by its dotted path, that looks at each content before it is kept:
# docs/files.md.
FILE_SCANNER: str = env.str("FILE_SCANNER", default="")
# What is larger than a file may be is thrown away while it arrives; the rest of the form is read.
FILE_UPLOAD_HANDLERS = [
    "operations.files.receiving.SizeHandler",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700

MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"
IMPORT_EXPORT_ESCAPE_FORMULAE_ON_EXPORT = True

vars().update(env.email_url("EMAIL_URL", default="consolemail://"))
DEFAULT_FROM_EMAIL: str = env.str("DEFAULT_FROM_EMAIL", default="TicketFlower <no-reply@localhost>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
EMAIL_TIMEOUT = 10  # seconds, for each thing said to the mail server

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        # Libraries cache without asking: no answer of one company may serve another.
        "KEY_FUNCTION": "tenants.caching.key_of_company",
    }
}

# --- Logs ---------------------------------------------------------------------------------------

LOG_LEVEL: str = env.str("LOG_LEVEL", default="INFO")
LOG_FORMAT: str = env.str("LOG_FORMAT", default="text", choices=["text", "json"])
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"who": {"()": "tenants.logs.WhoFilter"}},
    "formatters": {
        "text": {"()": "tenants.logs.TextFormatter"},
        "json": {"()": "tenants.logs.JsonFormatter"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "filters": ["who"],
            "formatter": LOG_FORMAT,
        }
    },
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    # Django would print its own lines besides ours.
    "loggers": {
        "django": {"handlers": [], "level": LOG_LEVEL, "propagate": True},
        "django.server": {"handlers": [], "level": LOG_LEVEL, "propagate": True},
        # Its lines at DEBUG hold what people wrote into forms.
        "django.db.backends": {"level": "INFO"},
        # Tells of every sign-in that it went well, and of every page that waits a moment.
        "axes": {"level": "WARNING"},
        # Tells of every job that it begins and ends; what fails is told by us.
        "procrastinate": {"level": "WARNING"},
        # Tells of every connection that cannot be made while the database restarts.
        "psycopg.pool": {"level": "ERROR"},
        "waitress.queue": {"level": "ERROR"},
    },
}
