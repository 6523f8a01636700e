# One image for every process of the service: web, workers, beat, and the stand-ins of the outside systems.
# Production gives it the environment of docs/reference/settings.md; docker-compose.yml shows a whole demo.

# --- The front-end packages, from their lock --------------------------------------------------------------------------
FROM node:22-bookworm-slim AS front-end
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts

# --- The Python packages, from their lock, with hashes ----------------------------------------------------------------
FROM python:3.12-slim-bookworm AS packages
WORKDIR /build
COPY scripts/bootstrap-requirements.txt requirements.txt ./
RUN python -m venv /opt/uv \
    && /opt/uv/bin/pip install --no-cache-dir --require-hashes -r bootstrap-requirements.txt \
    && python -m venv --without-pip /opt/venv \
    && /opt/uv/bin/uv pip install --no-cache --python /opt/venv/bin/python --compile-bytecode \
        --require-hashes -r requirements.txt

# --- What runs --------------------------------------------------------------------------------------------------------
FROM python:3.12-slim-bookworm AS runtime
# Japanese in drawn pictures needs letters; documents bring their own with the packages.
RUN apt-get update \
    && apt-get install -y --no-install-recommends fonts-noto-cjk \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --create-home --home-dir /home/hitotsu hitotsu \
    && install -d -o hitotsu -g hitotsu /var/lib/hitotsu /var/lib/hitotsu/run /var/lib/hitotsu/sandboxes
COPY --from=packages /opt/venv /opt/venv
COPY --from=front-end /build/node_modules/hls.js/dist/hls.min.js /build/node_modules/hls.js/dist/hls.min.js.map \
    /build/node_modules/hls.js/LICENSE /srv/front-end/
WORKDIR /srv/hitotsu
COPY . .
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=config.settings \
    VAR_DIR=/var/lib/hitotsu \
    STATIC_ROOT=/srv/static \
    FRONT_END_DIR=/srv/front-end
# The files are collected under production settings, which name each by its content; nothing secret is read for that.
RUN python scripts/messages.py compile \
    && DJANGO_ENV=production VAR_DIR=/tmp/build python manage.py collectstatic --noinput --verbosity 0 \
    && python -m compileall -q config accounts vod shop orders cms
USER hitotsu
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=4 \
    CMD ["python", "scripts/healthy.py", "http://127.0.0.1:8000/healthz"]
CMD ["uvicorn", "config.asgi:application", "--host", "0.0.0.0", "--port", "8000", "--lifespan", "off", \
     "--no-access-log", "--proxy-headers", "--timeout-graceful-shutdown", "20"]
