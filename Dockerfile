# syntax=docker/dockerfile:1
# Images of the observatory. No docker engine was at hand where this was written: the
# images have not been built yet; set-up and the builds were run on Debian 12 without one.
#
#   docker build --target services -t observatory .          every binary, one image
#   docker build --target envoy -t observatory-envoy .       Envoy with its configuration
#
# Neither holds a secret: addresses and passwords come from the environment.

FROM rust:1.95-bookworm AS build
RUN apt-get update \
 && apt-get install -y --no-install-recommends python3 python3-pip python3-venv unzip curl protobuf-compiler libprotobuf-dev redis-server \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
# Third-party protos and buf, pinned by hash; the same script as on a developer's machine.
RUN scripts/setup.sh
RUN cargo build --release --locked \
      -p observatory-cli -p observatory-gateway -p observatory-scraper -p observatory-cleaner \
      -p observatory-extractor -p observatory-llm -p observatory-embedder -p observatory-clusterer \
      -p observatory-migrations \
 && mkdir /out \
 && find target/release -maxdepth 1 -type f -executable -name 'observatory*' -exec cp {} /out/ \;
# What Envoy's transcoder reads: every contract with all it imports.
RUN cd proto && ../.local/bin/buf build --output /out/descriptor.bin

FROM debian:bookworm-slim AS services
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates curl \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --no-create-home observatory
COPY --from=build /out/observatory* /usr/local/bin/
COPY --from=build /src/.local/bin/grpcurl /usr/local/bin/grpcurl
COPY taxonomy /opt/observatory/taxonomy
# The embedder's model and ONNX Runtime, as set-up installed them.
COPY --from=build /src/.local/models /opt/observatory/.local/models
COPY --from=build /src/.local/onnxruntime /opt/observatory/.local/onnxruntime
WORKDIR /opt/observatory
USER observatory
# Each service is a command of this image: see docker-compose.yml.
CMD ["observatory", "--help"]

FROM envoyproxy/envoy:v1.40-latest AS envoy
COPY envoy/ /etc/observatory/
COPY --from=build /out/descriptor.bin /etc/observatory/descriptor.bin
USER envoy
EXPOSE 8080
ENTRYPOINT ["/etc/observatory/start.sh"]
