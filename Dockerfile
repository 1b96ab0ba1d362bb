# The images of the system, one target each: coordinator, worker, client, dashboard.
#
#   docker build --target worker -t brownout/worker .
#
# Each holds one interpreter's packages, exactly those of its dependency group in pyproject.toml at the versions in
# constraints.txt, and its own part of the source; no pip, no compiler, no tests, its packages' own included: those of
# numpy, pandas and scipy are a tenth of a gigabyte.

# Any image with Python 3.11 or newer and its venv module, the same for building and running.
ARG PYTHON_IMAGE=python:3.12-slim-bookworm


FROM ${PYTHON_IMAGE} AS builder
WORKDIR /build
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_NO_CACHE=1 UV_PYTHON=/opt/venv/bin/python
COPY constraints.txt pyproject.toml ./
RUN python3 -m venv tools \
    && tools/bin/python -m pip install --quiet --no-cache-dir --constraint constraints.txt uv \
    && python3 -m venv --without-pip /opt/venv

FROM ${PYTHON_IMAGE} AS runtime
LABEL org.opencontainers.image.licenses="Apache-2.0"
# That of the base image, where Python's own images have it, and where Debian has what venvs get it from.
RUN rm -rf /usr/bin/pip* /usr/local/bin/pip* \
        /usr/lib/python3*/dist-packages/pip /usr/lib/python3*/dist-packages/pip-* \
        /usr/local/lib/python3*/site-packages/pip /usr/local/lib/python3*/site-packages/pip-* \
        /usr/lib/python3*/ensurepip /usr/local/lib/python3*/ensurepip /usr/share/python-wheels
# A number, which is what Kubernetes asks for to be sure that it is not root.
RUN groupadd --gid 10001 brownout \
    && useradd --uid 10001 --gid 10001 --home-dir /tmp --no-create-home --shell /usr/sbin/nologin brownout
WORKDIR /app
ENV PATH=/opt/venv/bin:$PATH \
    HOME=/tmp \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
STOPSIGNAL SIGTERM


FROM builder AS coordinator-packages
RUN tools/bin/uv pip install --quiet --constraints constraints.txt --group coordinator \
    && find /opt/venv -type d -name tests -prune -exec rm -r {} +

FROM runtime AS coordinator
LABEL org.opencontainers.image.title="brownout coordinator" \
      org.opencontainers.image.description="Answers POST /infer by micro-batches that workers compute"
COPY --from=coordinator-packages /opt/venv /opt/venv
COPY proto proto
COPY system/*.py system/
COPY system/tls system/tls
COPY system/tracing system/tracing
COPY system/coordinator system/coordinator
RUN python -m compileall -q .
USER 10001:10001
ENV HOST=0.0.0.0
EXPOSE 8000
HEALTHCHECK --interval=3s --timeout=5s --start-period=20s --retries=3 CMD ["python", "-m", "system.coordinator.health"]
CMD ["python", "-m", "system.coordinator"]


FROM builder AS worker-packages
RUN tools/bin/uv pip install --quiet --constraints constraints.txt --group worker \
    && find /opt/venv -type d -name tests -prune -exec rm -r {} +

FROM runtime AS worker
LABEL org.opencontainers.image.title="brownout worker" \
      org.opencontainers.image.description="Computes batches of sentiment labels over gRPC"
COPY --from=worker-packages /opt/venv /opt/venv
# Its own layer: the model is most of the source, and changes least.
COPY system/models system/models
COPY proto proto
COPY system/*.py system/
COPY system/tls system/tls
COPY system/tracing system/tracing
COPY system/worker system/worker
RUN python -m compileall -q .
USER 10001:10001
ENV HOST=0.0.0.0
EXPOSE 50051
HEALTHCHECK --interval=5s --timeout=5s --start-period=20s --retries=3 CMD ["python", "-m", "system.worker.health"]
CMD ["python", "-m", "system.worker"]


FROM builder AS client-packages
RUN tools/bin/uv pip install --quiet --constraints constraints.txt --group client \
    && find /opt/venv -type d -name tests -prune -exec rm -r {} +

FROM runtime AS client
LABEL org.opencontainers.image.title="brownout client" \
      org.opencontainers.image.description="Sends bursts of requests and says what became of each"
COPY --from=client-packages /opt/venv /opt/venv
COPY system/__init__.py system/settings.py system/
COPY system/client system/client
RUN python -m compileall -q .
USER 10001:10001
CMD ["python", "-m", "system.client"]


FROM builder AS dashboard-packages
RUN tools/bin/uv pip install --quiet --constraints constraints.txt --group dashboard \
    && find /opt/venv -type d -name tests -prune -exec rm -r {} +

FROM runtime AS dashboard
LABEL org.opencontainers.image.title="brownout dashboard" \
      org.opencontainers.image.description="A live page of the system, and the viewer of finished runs"
COPY --from=dashboard-packages /opt/venv /opt/venv
COPY reports reports
COPY dashboard dashboard
RUN python -m compileall -q .
USER 10001:10001
ENV HOST=0.0.0.0
EXPOSE 8501
HEALTHCHECK --interval=5s --timeout=5s --start-period=30s --retries=3 CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f\"http://127.0.0.1:{os.environ.get('PORT') or 8501}/_stcore/health\", timeout=4)"]
CMD ["python", "-m", "dashboard"]
