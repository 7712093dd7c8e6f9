# gabarito with Chromium, for the monolith's POST /print. Built on the image of containers/Dockerfile:
#   docker build -f containers/Dockerfile -t gabarito . && docker build -f containers/chromium.Dockerfile -t gabarito-chromium .
ARG GABARITO=gabarito:latest
#checkov:skip=CKV_DOCKER_7:The image that was just built
#checkov:skip=CKV_DOCKER_2:The platform asks /healthz and /readyz
FROM ${GABARITO} AS gabarito

FROM debian:bookworm-slim
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates chromium fonts-liberation fonts-noto-core tini \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 65532 --create-home nonroot
COPY --from=gabarito /usr/local/bin/gabarito /usr/local/bin/gabarito
USER 65532
ENV HOME=/home/nonroot GABARITO_DATA=/tmp/gabarito GABARITO_LOG_FORMAT=cloud
EXPOSE 8080
# Chromium leaves children behind; tini takes them in.
ENTRYPOINT ["/usr/bin/tini", "--", "/usr/local/bin/gabarito"]
CMD ["serve", "--listen", "0.0.0.0:8080"]
