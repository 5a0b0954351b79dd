#!/usr/bin/env bash
# Builds the web page into ui/dist, where the gateway finds it. Packages come from the npm registry by the committed
# package-lock.json; repeated, it installs and builds only what has changed.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

[ $# -eq 0 ] || die "unknown argument: $1" "usage: scripts/ui.sh"
have npm || die "npm is missing: the web page can't be built" "install Node.js 20.19 or newer; everything else works without it"
cd "$(dirname "$0")/../ui"

if [ ! -f node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  npm ci --no-audit --no-fund --loglevel=error
fi
# What the page is made of; dist/index.html is written last but for the compressed files.
made_of=(src public scripts index.html package-lock.json buf.gen.json vite.config.ts ../proto/observatory)
if [ -f dist/index.html ] && [ -z "$(find "${made_of[@]}" -path src/gen -prune -o -type f -newer dist/index.html -print -quit)" ]; then
  say "web page: up to date"
  exit 0
fi
npm run --silent build
say "web page: built into ui/dist"
