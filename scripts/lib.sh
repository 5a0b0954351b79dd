# shellcheck shell=bash
# Shared by ./dev and the scripts beside this file: where things are, how to say
# what happens, and how to act as another user.

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
LOCAL="$ROOT/.local"
# shellcheck disable=SC2034
CACHE="$LOCAL/cache"
# shellcheck disable=SC2034
BIN="$LOCAL/bin"
# The system user that PostgreSQL and Redis run as when the caller is root.
# shellcheck disable=SC2034
DB_USER=observatory

say() { printf '  %s\n' "$*"; }
title() { printf '\n== %s\n' "$*"; }

die() {
  printf 'error: %s\n' "$1" >&2
  shift
  local line
  for line in "$@"; do printf '       %s\n' "$line" >&2; done
  exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }
is_root() { [ "$(id -u)" -eq 0 ]; }

# Runs a command as root: directly, or by sudo where the caller is somebody else.
as_root() {
  if is_root; then "$@"
  elif have sudo; then sudo "$@"
  else
    die "root is needed for: $*" "run this as root, or install sudo, or do that step by hand and run ./dev setup again"
  fi
}

# Runs a command as the user that owns the databases: PostgreSQL refuses root.
as_db_user() {
  if is_root; then
    setpriv --reuid "$DB_USER" --regid "$DB_USER" --clear-groups -- "$@"
  else
    "$@"
  fi
}

# True when FILE exists and has the SHA-256 given.
sha256_is() { # FILE HASH
  [ -f "$1" ] && [ "$(sha256sum "$1" | cut -d' ' -f1)" = "$2" ]
}
