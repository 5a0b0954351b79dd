#!/usr/bin/env bash
# Fills proto/third_party/ (git-ignored) with the protos that the contracts import:
# Google's from the PyPI wheel given, buf/validate from the crate prost-protovalidate-types
# that the workspace locks. scripts/protos.sha256 pins every file.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

WHEEL=${1:?usage: scripts/protos.sh WHEEL}
PINS="$ROOT/scripts/protos.sha256"
OUT="$ROOT/proto/third_party"

pinned() { [ -d "$1" ] && (cd "$1" && sha256sum --check --status --strict "$PINS"); }

if pinned "$OUT"; then
  say "third-party protos: there"
  exit 0
fi

# The folder of a crate in cargo's registry, downloaded there when it is not.
crate_dir() { # NAME
  local manifest
  manifest=$(cd "$ROOT" && cargo metadata --format-version 1 2>"$LOCAL/metadata.log" |
    grep -o "\"manifest_path\":\"[^\"]*/$1-[0-9][^\"/]*/Cargo.toml\"" | head -n1 | cut -d'"' -f4) || true
  [ -n "$manifest" ] || {
    tail -n 5 "$LOCAL/metadata.log" >&2
    die "the crate $1 was not found by 'cargo metadata'" "check that crates.io can be reached, then run ./dev setup again"
  }
  dirname "$manifest"
}

say "third-party protos: unpacking to proto/third_party"
mkdir -p "$LOCAL"
TMP=$(mktemp -d "$LOCAL/protos.XXXXXX")
trap 'rm -rf "$TMP"' EXIT
validate=$(crate_dir prost-protovalidate-types)
while read -r _ path; do
  mkdir -p "$TMP/$(dirname "$path")"
  case "$path" in
    buf/validate/*) cp "$validate/proto/$path" "$TMP/$path" ;;
    # The wheel carries this one under another name.
    google/longrunning/operations.proto)
      unzip -p "$WHEEL" google/longrunning/operations_proto.proto >"$TMP/$path" ;;
    *) unzip -p "$WHEEL" "$path" >"$TMP/$path" ;;
  esac
done <"$PINS"
pinned "$TMP" || {
  (cd "$TMP" && sha256sum --check --quiet "$PINS") || true
  die "a third-party proto differs from the one pinned in scripts/protos.sha256" \
    "a dependency was updated: review the difference, then pin the new hash"
}
rm -rf "$OUT"
chmod 755 "$TMP"
mv "$TMP" "$OUT"
