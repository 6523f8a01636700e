"""Settings, all from the environment; `config/checks.py` says in a sentence what is wrong with them.

In development every address that `make run` picked is read from `var/run/env`, so that a command typed beside a
running demo talks to the same services. Production reads the process environment alone.
"""

import os
from pathlib import Path
from urllib.parse import urlsplit

import environ
from csp.constants import NONCE, NONE, SELF
from django.templatetags.static import static
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

DJANGO_ENV = env.str("DJANGO_ENV", default="development")
PRODUCTION = DJANGO_ENV == "production"
VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var"))).resolve()

# Tests see no demo that may be running beside them, unless they started one in a folder of their own.
if not PRODUCTION and ("PYTEST_VERSION" not in os.environ or "VAR_DIR" in os.environ):
    _run_file = Path(env.str("RUN_ENV_FILE", default=str(VAR_DIR / "run" / "env")))
    if _run_file.is_file():
        env.read_env(_run_file)

# --- The site -------------------------------------------------------------------------------------------------------

INSECURE_KEY = "development-only-key-that-production-refuses"
SECRET_KEY = env.str("SECRET_KEY", default=INSECURE_KEY)
DEBUG = env.bool("DJANGO_DEBUG", default=False)
SITE_URL = env.str("SITE_URL", default="http://localhost:8000").rstrip("/")
ALLOWED_HOSTS = env.list(
    "ALLOWED_HOSTS", default=[] if PRODUCTION else ["localhost", "127.0.0.1", "[::1]", "testserver"]
)
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
STATION_NAME = env.str("STATION_NAME", default="みなと放送")
STATION_NAME_EN = env.str("STATION_NAME_EN", default="Minato Broadcasting")
INVOICE_ISSUER = env.str("INVOICE_ISSUER", default="株式会社みなと放送")
INVOICE_REGISTRATION_NUMBER = env.str("INVOICE_REGISTRATION_NUMBER", default="T1234567890123")
# Mails about orders name the seller as the page /pages/tokushoho/ does (Act on Specified Commercial Transactions).
SELLER_ADDRESS = env.str("SELLER_ADDRESS", default="〒040-0000 北海道函館市みなと町1-1")
SELLER_ADDRESS_EN = env.str("SELLER_ADDRESS_EN", default="1-1 Minato-cho, Hakodate, Hokkaido 040-0000, Japan")
SELLER_PHONE = env.str("SELLER_PHONE", default="0138-00-0000")
SELLER_EMAIL = env.str("SELLER_EMAIL", default="shop@minato.example")

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "cms.staff.apps.StaffConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.idp.oidc",
    "csp",
    "rest_framework",
    "drf_spectacular",
    "config.apps.HouseConfig",
    "accounts",
    "vod",
    "shop",
    "orders",
    "cms",
]

MIDDLEWARE = [
    "cms.health.ProbeMiddleware",
    "config.lib.middleware.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "config.lib.middleware.StaticFilesMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "config.lib.middleware.LanguageChoiceMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.ClientFormActionMiddleware",
    "cms.errors.CacheAwayMiddleware",
]

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
APPEND_SLASH = True

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "cms.context_processors.site",
            ],
        },
    }
]

# --- Database, cache, broker ----------------------------------------------------------------------------------------

SQLITE_OPTIONS = {
    # IMMEDIATE: a transaction that reads and then writes must not fail half-way with "database is locked".
    # FULL: this database holds money; NORMAL may forget the last commits when the power fails.
    "transaction_mode": "IMMEDIATE",
    "timeout": 30,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=30000;",
}
DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'db.sqlite3'}")}
DATABASES["default"]["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=60)
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = SQLITE_OPTIONS
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = False
else:
    # Prepared statements halve the database's share of a pipeline run.
    DATABASES["default"]["OPTIONS"] = {
        "server_side_binding": True,
        "prepare_threshold": 3,
        # A host that loses its power or its network must not keep its locks until tomorrow.
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 20_000,  # ms
    }

REDIS_URL = env.str("REDIS_URL", default="redis://127.0.0.1:6379/0")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "hitotsu",
        "OPTIONS": {"socket_connect_timeout": 2, "socket_timeout": 5},
    }
}
SESSION_ENGINE = "django.contrib.sessions.backends.db"

# --- Language, time -------------------------------------------------------------------------------------------------

LANGUAGE_CODE = "ja"
LANGUAGES = [("ja", _("Japanese")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
TIME_ZONE = "Asia/Tokyo"
USE_TZ = True

# --- Files ----------------------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(VAR_DIR / "static")))
# npm's packages are installed there by `make`; only the files that pages load are copied.
FRONT_END_DIR = Path(env.str("FRONT_END_DIR", default=str(VAR_DIR / "front-end")))
STATICFILES_DIRS = [BASE_DIR / "static", ("npm", FRONT_END_DIR)]
WHITENOISE_USE_FINDERS = not PRODUCTION
MEDIA_URL = "/media/files/"
MEDIA_ROOT = Path(env.str("MEDIA_ROOT", default=str(VAR_DIR / "media")))

STORAGE_BUCKET = env.str("STORAGE_BUCKET", default="")
_S3 = {
    "bucket_name": STORAGE_BUCKET,
    "endpoint_url": env.str("STORAGE_ENDPOINT", default=None),
    "access_key": env.str("STORAGE_ACCESS_KEY", default=None),
    "secret_key": env.str("STORAGE_SECRET_KEY", default=None),
    "region_name": env.str("STORAGE_REGION", default="ap-northeast-1"),
    "addressing_style": "path",
    "signature_version": "s3v4",
    "file_overwrite": False,
    "default_acl": None,
}


def _storage(location: str) -> dict[str, object]:
    """One private area of the object store, or a folder of the same name where there is none."""
    if STORAGE_BUCKET:
        return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": _S3 | {"location": location}}
    return {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": MEDIA_ROOT / location, "base_url": f"{MEDIA_URL}{location}/"},
    }


STORAGES = {
    # Pictures: public. Masters and packages: never served from a folder, only through views that ask for the right.
    "default": _storage("public"),
    "masters": _storage("masters"),
    "packages": _storage("packages"),
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
MASTER_MAX_BYTES = env.int("MASTER_MAX_BYTES", default=20 * 1024**3)

# --- Account --------------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 8}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/account/"
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 600
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = True
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True
ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED = True
ACCOUNT_PASSWORD_RESET_BY_CODE_TIMEOUT = 600
ACCOUNT_LOGIN_ON_PASSWORD_RESET = True
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_TIMEOUT = 600
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_CHANGE = True
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_FORMS = {
    "login": "accounts.forms.SignInForm",
    "signup": "accounts.forms.SignUpForm",
    "request_login_code": "accounts.forms.RequestCodeForm",
    "confirm_login_code": "accounts.forms.SignInCodeForm",
    "confirm_email_verification_code": "accounts.forms.EmailCodeForm",
    "change_email": "accounts.forms.ReplaceEmailForm",
    "add_email": "accounts.forms.NewEmailForm",
    "reset_password": "accounts.forms.ResetPasswordForm",
    "confirm_password_reset_code": "accounts.forms.PasswordCodeForm",
    "reset_password_from_key": "accounts.forms.CompleteResetForm",
    "set_password": "accounts.forms.SetPasswordForm",
    "change_password": "accounts.forms.ChangePasswordForm",
}
# The dates of the texts that a member agrees to by signing up; a new text gets a new date.
CONSENT_VERSIONS = {
    "terms": env.str("TERMS_VERSION", default="2026-04-01"),
    "privacy": env.str("PRIVACY_VERSION", default="2026-04-01"),
}
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_SESSION_REMEMBER = True
ALLAUTH_USER_CODE_FORMAT = {"numeric": True, "dashed": False, "length": 6}
IDP_OIDC_PRIVATE_KEY = env.str("OIDC_PRIVATE_KEY", default="", multiline=True)
IDP_OIDC_ADAPTER = "accounts.oidc.OIDCAdapter"

# --- Mail -----------------------------------------------------------------------------------------------------------

vars().update(env.email_url("EMAIL_URL", default="smtp://127.0.0.1:2525"))
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="みなと放送 ひとつ <no-reply@minato.example>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
ALERT_MAILS = env.list("ALERT_MAILS", default=[])
MAIL_SANDBOX_URL = env.str("MAIL_SANDBOX_URL", default="")

# --- Outside systems ------------------------------------------------------------------------------------------------

PAYMENT_PROVIDER = env.str("PAYMENT_PROVIDER", default="stripe")
WAREHOUSE_SYSTEM = env.str("WAREHOUSE_SYSTEM", default="http")
BACKOFFICE = env.str("BACKOFFICE", default="kintone")
STRIPE_SECRET_KEY = env.str("STRIPE_SECRET_KEY", default="sk_test_hitotsu")
STRIPE_PUBLISHABLE_KEY = env.str("STRIPE_PUBLISHABLE_KEY", default="pk_test_hitotsu")
STRIPE_ALLOW_TEST_KEYS = env.bool("STRIPE_ALLOW_TEST_KEYS", default=False)
STRIPE_WEBHOOK_SECRET = env.str("STRIPE_WEBHOOK_SECRET", default="whsec_hitotsu")
STRIPE_API_BASE = env.str("STRIPE_API_BASE", default="")  # empty: Stripe itself
STRIPE_JS_URL = env.str("STRIPE_JS_URL", default="https://js.stripe.com/v3/")
WAREHOUSE_API_URL = env.str("WAREHOUSE_API_URL", default="")
WAREHOUSE_API_KEY = env.str("WAREHOUSE_API_KEY", default="warehouse-key")
WAREHOUSE_WEBHOOK_SECRET = env.str("WAREHOUSE_WEBHOOK_SECRET", default="warehouse-secret")
KINTONE_URL = env.str("KINTONE_URL", default="")
KINTONE_APP = env.str("KINTONE_APP", default="1")
KINTONE_API_TOKEN = env.str("KINTONE_API_TOKEN", default="kintone-token")
TRANSCODER = env.str("TRANSCODER", default="ffmpeg")

# --- Purchase -------------------------------------------------------------------------------------------------------

CHECKOUT_HOLD_MINUTES = env.int("CHECKOUT_HOLD_MINUTES", default=30)
PIPELINE_SWEEP_SECONDS = env.float("PIPELINE_SWEEP_SECONDS", default=0.5)
PIPELINE_LEASE_SECONDS = env.float("PIPELINE_LEASE_SECONDS", default=30.0)
PIPELINE_EXECUTOR = env.str("PIPELINE_EXECUTOR", default="celery")  # or `table`: workers look by themselves
PIPELINE_ARCHIVE_DAYS = env.int("PIPELINE_ARCHIVE_DAYS", default=90)
PIPELINE_LEAVE_UNKNOWN = env.bool("PIPELINE_LEAVE_UNKNOWN", default=False)
FREE_SHIPPING_FROM = env.int("FREE_SHIPPING_FROM", default=8800)

# --- Security -------------------------------------------------------------------------------------------------------


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


_PAY = _origin(STRIPE_JS_URL)
_STRIPE = [_PAY, "https://api.stripe.com", "https://hooks.stripe.com"] if _PAY.endswith("stripe.com") else [_PAY]
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, _PAY],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"] + ([_origin(_S3["endpoint_url"])] if _S3["endpoint_url"] else []),
        "media-src": [SELF, "blob:"],
        "worker-src": [SELF, "blob:"],
        "connect-src": [SELF, *_STRIPE],
        "frame-src": [*_STRIPE],
        "form-action": [SELF, _PAY] + (["https://checkout.stripe.com"] if _PAY.endswith("stripe.com") else []),
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_SAMESITE = "Lax"
if PRODUCTION:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = True
    SESSION_COOKIE_NAME = "__Host-sessionid"
    CSRF_COOKIE_NAME = "__Host-csrftoken"

# --- API, staff, logs -----------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["config.lib.api.access.MemberSession"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.AllowAny"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PAGINATION_CLASS": "config.lib.api.pages.Pagination",
    "DEFAULT_SCHEMA_CLASS": "config.lib.api.schema.Schema",
    "EXCEPTION_HANDLER": "config.lib.api.problems.problem_json",
    "DEFAULT_THROTTLE_CLASSES": ["config.lib.api.access.Throttle"],
    "NUM_PROXIES": 0,  # the address that uvicorn tells: a header that anybody may send makes nobody a stranger anew
    "DEFAULT_THROTTLE_RATES": {"anon": env.str("API_ANON_RATE", default="600/min")},
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Hitotsu API",
    "DESCRIPTION": "Read-only catalogue of titles and goods, and a member's own orders and rights to watch.",
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "SORT_OPERATIONS": False,
    "POSTPROCESSING_HOOKS": ["config.lib.api.schema.plain_answers"],
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
}
UNFOLD = {
    "SITE_TITLE": "ひとつ",
    "SITE_HEADER": "ひとつ",
    "SITE_SUBHEADER": STATION_NAME,
    "SITE_URL": "/",
    "SITE_ICON": lambda request: static("img/mark.svg"),
    "SITE_FAVICONS": [
        {"rel": "icon", "sizes": "32x32", "href": "/favicon.ico"},
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("img/mark.svg")},
    ],
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": True,
    "SHOW_BACK_BUTTON": True,
    "COLORS": "cms.staff.colours.none_in_the_page",
    "STYLES": [lambda request: static("staff/colours.css"), lambda request: static("staff/staff.css")],
    "SCRIPTS": [
        lambda request: static("staff/expressions.js"),
        lambda request: static("staff/style_attribute.js"),
    ],
    "DASHBOARD_CALLBACK": "cms.staff.dashboard.add_dashboard",
    "SIDEBAR": {
        "show_search": True,
        "show_all_applications": True,
        "navigation": "cms.staff.navigation.navigation",
    },
}
LOG_FORMAT = env.str("LOG_FORMAT", default="json" if PRODUCTION else "line")
OTEL_EXPORTER_OTLP_ENDPOINT = env.str("OTEL_EXPORTER_OTLP_ENDPOINT", default="")
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
_console = {"handlers": ["console"], "propagate": False}
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"bound": {"()": "config.lib.logs.Bound"}},
    "formatters": {
        "line": {"()": "config.lib.logs.Line", "format": "%(asctime)s %(levelname)s %(name)s %(message)s"},
        "json": {"()": "config.lib.logs.Json"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT, "filters": ["bound"]}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    # The web server's own lines in the same form.
    "loggers": {"uvicorn": _console, "uvicorn.access": _console} if LOG_FORMAT == "json" else {},
}
