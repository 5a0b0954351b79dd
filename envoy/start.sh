#!/bin/sh
# Starts Envoy in a container: fills in the ${PLACEHOLDERS} of envoy.yaml from the
# environment, then becomes Envoy. (On one machine crates/stack does the same.)
set -eu
here=$(dirname "$0")
out=/tmp/envoy.yaml
# An origin that nobody has, unless one is given: sed needs its backslashes doubled.
origins=$(printf '%s' "${ALLOWED_ORIGINS:-[^\s\S]}" | sed 's/[\\&|]/\\&/g; s/\\\\/\\\\\\\\/g')
sed \
  -e "s|\${LISTEN_ADDRESS}|${LISTEN_ADDRESS:-0.0.0.0}|g" \
  -e "s|\${LISTEN_PORT}|${LISTEN_PORT:-8080}|g" \
  -e "s|\${ADMIN_ADDRESS}|${ADMIN_ADDRESS:-127.0.0.1}|g" \
  -e "s|\${ADMIN_PORT}|${ADMIN_PORT:-9901}|g" \
  -e "s|\${DESCRIPTOR_SET}|${DESCRIPTOR_SET:-$here/descriptor.bin}|g" \
  -e "s|\${CLUSTERS_FILE}|${CLUSTERS_FILE:-$here/clusters.compose.yaml}|g" \
  -e "s|\${ALLOWED_ORIGINS}|$origins|g" \
  "$here/envoy.yaml" >"$out"
exec envoy --config-path "$out" "$@"
