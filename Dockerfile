# One node, or any other verb of `sorteos`:
#
#   docker build -t sorteos-actors .
#   docker run --rm sorteos-actors --help
#   docker run -p 8080:8080 -e DATABASE_URL=… -e REDIS_URL=… -e JWT_SECRET_FILE=/run/secrets/jwt_secret … sorteos-actors
#
# Secrets come in at run time, as files or variables. compose.yaml puts it together.

FROM python:3.11-slim AS packages
COPY requirements.lock .
RUN python -m venv /packages \
    && /packages/bin/pip install --no-cache-dir --disable-pip-version-check \
        --require-hashes --no-deps --only-binary :all: -r requirements.lock

FROM python:3.11-slim
# The data directory stays almost empty where PostgreSQL, Valkey and the secret are given.
RUN useradd --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin sorteos \
    && install -d -o sorteos -g sorteos /var/lib/sorteos
COPY --from=packages /packages /packages
COPY migrations /app/migrations
COPY sorteos_actors /app/sorteos_actors
RUN /packages/bin/python -m compileall -q /app
ENV PATH=/packages/bin:$PATH PYTHONPATH=/app PYTHONUNBUFFERED=1
USER sorteos
WORKDIR /var/lib/sorteos
EXPOSE 8080
# Whether the process turns. Whether it wants traffic is for the proxy to ask: /readyz.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/livez', timeout=4)"]
ENTRYPOINT ["python", "-P", "-m", "sorteos_actors"]
CMD ["serve", "--host", "0.0.0.0", "--no-demo"]
