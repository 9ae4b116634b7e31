# SPDX-License-Identifier: MIT
# What demos/start, tests/run and .ci/run share: packages, and a build. Source it; it only defines functions.
# shellcheck shell=sh

# What the build needs, as Debian calls it; and the same in words for other systems.
build_packages="gcc libc6-dev meson ninja-build pkg-config uthash-dev libjansson-dev libsmartcols-dev zlib1g-dev libcsv-dev libcairo2-dev gettext libgraphviz-dev"
test_packages="check libmpfr-dev libsubunit-dev"
in_words="a C compiler, meson (1.0 or later), ninja, pkg-config, uthash, jansson, zlib, libcsv, cairo, Graphviz, GNU gettext and libsmartcols
(util-linux); for the tests also Check and MPFR, each with its headers"

say() { printf '%s\n' "$*" >&2; }

# as_root COMMAND...: runs it as root, by sudo where that is needed.
as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# need PACKAGE...: installs those that are missing on Debian and its relatives; elsewhere says what to install when
# the tools are not there.
need() {
    if ! command -v dpkg-query >/dev/null 2>&1 || ! command -v apt-get >/dev/null 2>&1; then
        for tool in meson ninja pkg-config cc; do
            command -v $tool >/dev/null 2>&1 && continue
            say "$tool is missing. This system has no apt-get: please install"
            say "$in_words."
            return 1
        done
        return 0
    fi
    missing=""
    for package in "$@"; do
        case "$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null)" in
            *" installed") ;;
            *) missing="$missing $package" ;;
        esac
    done
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null 2>&1; then
        say "These packages are missing, and there is no sudo to install them with. As root, run:"
        say "  apt-get install$missing"
        return 1
    fi
    say "installing:$missing"
    log=$(mktemp)
    # shellcheck disable=SC2086 # a list of packages
    if as_root apt-get update -qq >"$log" 2>&1 &&
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >>"$log" 2>&1
    then
        rm -f "$log"
        return 0
    fi
    tail -n 20 "$log" >&2
    rm -f "$log"
    say "The installation failed. The project needs"
    say "$in_words."
    return 1
}

# configured DIR OPTION...: sets a build up once; a folder that is configured already is taken as it is.
configured() {
    build=$1
    shift
    [ -e "$build/build.ninja" ] && return 0
    say "configuring: $build"
    mkdir -p "$build"
    meson setup "$@" "$build" >"$build/setup.log" 2>&1 && return 0
    tail -n 20 "$build/setup.log" >&2
    say "The configuration failed. The project needs"
    say "$in_words."
    return 1
}

# built DIR [TARGET...]: compiles; on a terminal ninja shows how far it is.
built() {
    build=$1
    shift
    if [ -t 1 ]; then ninja -C "$build" "$@"; else
        say "building: $build"
        ninja -C "$build" --quiet "$@"
    fi
}

# tested DIR: runs the Check suites of a build and prints one line, "DIR: N passed, N failed", that counts every Check
# test; adds to $passed and $failed.
tested() {
    log=$1/meson-logs/testlog.txt
    rm -f "$log"
    status=0
    if [ -t 1 ]; then meson test -C "$1" --no-rebuild --print-errorlogs || status=$?; else
        say "testing: $1"
        meson test -C "$1" --no-rebuild --print-errorlogs --quiet >"$1/test.log" 2>&1 || status=$?
        [ $status = 0 ] || cat "$1/test.log"
    fi
    ok=$(grep -cE '^ok [0-9]+ ' "$log") || true
    bad=$(grep -cE '^not ok [0-9]+ ' "$log") || true
    # A suite that died before it could report counts as one failed test.
    if [ $status != 0 ] && [ "$bad" = 0 ]; then bad=1; fi
    if [ "$ok" = 0 ] && [ "$bad" = 0 ]; then bad=1; fi
    passed=$((passed + ok))
    failed=$((failed + bad))
    printf '%s: %s passed, %s failed\n' "$(basename "$1")" "$ok" "$bad"
}
