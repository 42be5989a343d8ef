#!/usr/bin/env bash
# Everything that must hold for the browser client; .ci/run calls it too.
#
#   frontend/verify.sh             all of it; end to end needs Chromium and the server's environment (run.py)
#   frontend/verify.sh --no-e2e    without the browser
#
# A step that holds is one line. One that fails shows the end of what it said.
set -euo pipefail
cd "$(dirname "$0")"

built=../sorteos_actors/web/static
log=$(mktemp)
trap 'rm -f "$log"' EXIT

step() {
    local name=$1 began=$SECONDS
    shift
    if ! "$@" > "$log" 2>&1; then
        tail -n 80 "$log"
        echo "frontend: $name failed ($*)." >&2
        exit 1
    fi
    echo "frontend: $name, $((SECONDS - began)) s"
}

# The server is started from what is committed, without Node: a build that differs is a bug.
is_committed() {
    local changed
    changed=$(git status --porcelain --untracked-files=all -- "$built") || return 1
    if [ -n "$changed" ]; then
        echo "$changed"
        git --no-pager diff --stat -- "$built"
        echo "The build is not the one in sorteos_actors/web/static: commit it with its source."
        return 1
    fi
}

if ! node -e 'const [major, minor] = process.versions.node.split(".").map(Number);
              process.exit(major > 20 || (major === 20 && minor >= 19) ? 0 : 1)' 2> /dev/null; then
    echo "Node 20.19 or newer is needed to build the browser client; this is $(node --version 2> /dev/null || echo none)." >&2
    exit 1
fi

step "packages" npm ci --no-audit --no-fund --loglevel=error
step "types, style and texts" npm run check
step "unit tests" npm test
step "build" npm run build
step "build is the committed one" is_committed
if [ "${1:-}" != --no-e2e ]; then
    if ! command -v "${CHROMIUM:-chromium}" > /dev/null; then
        echo "Chromium is missing: apt-get install chromium, or --no-e2e to leave the browser out." >&2
        exit 1
    fi
    step "end to end" npm run e2e
fi
