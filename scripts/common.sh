# Shared by scripts/quickstart and scripts/test: packages and builds. Sourced, not run.

say() { printf '\033[1m==> %s\033[0m\n' "$*"; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }

build_packages="g++ meson ninja-build pkg-config libdpdk-dev libhyperscan-dev libtomlplusplus-dev libfmt-dev libspdlog-dev
  libcli11-dev nlohmann-json3-dev libcpp-httplib-dev libgtest-dev libbenchmark-dev python3"

need_root() { [ "$(id -u)" = 0 ] || die "$1 needs root: it makes network namespaces and tap devices"; }

# Installs what is missing of the given packages, and says so. Services of new packages (nginx) are not started.
install_packages() {
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -q '^installed$' || missing+=("$package")
  done
  [ ${#missing[@]} = 0 ] && return 0
  command -v apt-get >/dev/null || die "these packages are missing, and there is no apt-get: ${missing[*]}"
  [ "$(id -u)" = 0 ] || die "these packages are missing: ${missing[*]}
install them with: sudo apt-get install ${missing[*]}"
  say "installing ${missing[*]}"
  local policy=/usr/sbin/policy-rc.d made_policy=
  if [ ! -e $policy ]; then
    printf '#!/bin/sh\nexit 101\n' > $policy && chmod +x $policy && made_policy=1
  fi
  local status=0
  { apt-get update -qq &&
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"; } > /tmp/penstock-apt.$$ 2>&1 || status=$?
  [ -z "$made_policy" ] || rm -f $policy
  if [ $status != 0 ]; then
    tail -20 /tmp/penstock-apt.$$ >&2
    rm -f /tmp/penstock-apt.$$
    die "apt-get failed"
  fi
  rm -f /tmp/penstock-apt.$$
}

# build DIRECTORY MESON-OPTIONS -- TARGETS: configures once, builds what is not up to date.
build() {
  local directory=$1 options=()
  shift
  while [ $# -gt 0 ] && [ "$1" != -- ]; do options+=("$1"); shift; done
  [ $# -gt 0 ] && shift
  if [ ! -f "$directory/build.ninja" ]; then
    say "configuring $directory"
    meson setup "$directory" "${options[@]}" > "$directory.log" 2>&1 || { tail -30 "$directory.log" >&2; die "meson setup failed"; }
    rm -f "$directory.log"
  fi
  say "building $directory"
  if ! ninja -C "$directory" "$@" > "$directory/build.log" 2>&1; then
    grep -E 'error|FAILED' "$directory/build.log" | head -30 >&2
    tail -5 "$directory/build.log" >&2
    die "the build failed: $directory/build.log"
  fi
}
