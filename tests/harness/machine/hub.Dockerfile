# The registry and the Python that stands before it, in one image: one container plays Docker Hub.
ARG PYTHON=python:3.13-slim
ARG REGISTRY=registry:2.8.3
FROM ${REGISTRY} AS registry
FROM ${PYTHON}
COPY --from=registry /bin/registry /usr/local/bin/registry
COPY hub_server.py /
CMD ["python3", "-u", "/hub_server.py"]
