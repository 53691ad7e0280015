#!/usr/bin/env bash
# tools/check_layers.sh [ROOT] -- holds every include under src/ to the order of the rooms.
#
# Fails, with file:line and what to do, on
#   - a header of a room that the room's DEPS in CMakeLists.txt does not name
#   - x/internal/ from outside x, and x/testing/ from anything but a test
#   - a header of ours between < >, or without its room
#   - a third-party header outside of the folder that owns it (the table below)
set -euo pipefail
root=${1:-$(dirname "$0")/..}
cd "$root"

# Header prefix, then the folders that may include it. A header that no line names is free.
owners='
duckdb.h                    engine
duckdb.hpp                  engine
duckdb/                     engine
soci/                       db
sqlite3.h                   db
libpq-fe.h                  db
boost/asio                  net
boost/beast                 net
boost/url                   net
curl/                       net
pugixml.hpp                 storage
jwt/                        auth
simdjson.h                  delta
absl/                       notify
zstd.h                      delta
boost/json                  base
spdlog/                     base
prometheus/                 base
openssl/                    base/crypto net
yaml-cpp/                   server
CLI/                        server
gtest/                      test
gmock/                      test
benchmark/                  nowhere
'

{
  sed 's/#.*//' CMakeLists.txt | tr '\n' ' ' | grep -oE 'sluice_room\([^)]*\)'
  grep -rnHE --include='*.h' --include='*.cc' '^[[:space:]]*#[[:space:]]*include' src
} | awk -v owners="$owners" '
  function complain(what) {
    print file ":" line ": " what
    failures++
  }
  function starts_with(text, prefix) { return substr(text, 1, length(prefix)) == prefix }

  BEGIN {
    count = split(owners, rows, "\n")
    for (i = 1; i <= count; i++) {
      n = split(rows[i], field, " ")
      if (n < 2) continue
      owner_of[field[1]] = field[2]
      for (j = 3; j <= n; j++) owner_of[field[1]] = owner_of[field[1]] " " field[j]
    }
  }

  # sluice_room(name DEPS a b LIBS x y)
  /^sluice_room\(/ {
    gsub(/sluice_room\(|\)/, " ")
    n = split($0, word, " ")
    room = word[1]
    known[room] = 1
    section = ""
    for (i = 2; i <= n; i++) {
      if (word[i] == "DEPS" || word[i] == "LIBS") section = word[i]
      else if (section == "DEPS") allowed[room, word[i]] = 1
    }
    next
  }

  # src/room/sub/file.cc:12:#include "x/y.h"
  {
    match($0, /^[^:]*:[0-9]+:/)
    split(substr($0, 1, RLENGTH - 1), place, ":")
    file = place[1]; line = place[2]
    directive = substr($0, RLENGTH + 1)
    if (!match(directive, /["<][^">]*[">]/)) next
    quoted = substr(directive, RSTART, 1) == "\""
    header = substr(directive, RSTART + 1, RLENGTH - 2)

    n = split(file, part, "/")
    here = n > 2 ? part[2] : "server"   # src/main.cc belongs to the topmost room
    above = n > 2 ? 0 : 1
    folder = file; sub(/^src\//, "", folder); sub(/\/?[^\/]*$/, "", folder)
    if (above) folder = "server"
    is_test = file ~ /_test\.cc$/ || file ~ /\/testing\//
    if (!(here in known)) {
      if (!(here in told)) complain("src/" here " is not a room: declare it with sluice_room() in CMakeLists.txt")
      told[here] = 1
      next
    }

    slash = index(header, "/")
    room = slash ? substr(header, 1, slash - 1) : ""

    for (prefix in owner_of) if (starts_with(header, prefix)) {
      m = split(owner_of[prefix], owner, " ")
      fine = 0
      for (i = 1; i <= m; i++) {
        if (folder == owner[i] || starts_with(folder, owner[i] "/")) fine = 1
        if (owner[i] == "test" && is_test) fine = 1
      }
      if (!fine) {
        if (owner_of[prefix] == "test") complain("<" header "> in product code: it is for _test.cc and testing/ only")
        else if (owner_of[prefix] == "nowhere") complain("<" header "> in src: benchmarks live in tests/bench")
        else complain("<" header "> outside of " owner_of[prefix] ", which owns it: call a function of that room instead")
      }
      next
    }

    if (!quoted) {
      if (room in known && (getline ignored < ("src/" header)) >= 0) {
        close("src/" header)
        complain("<" header "> is ours: include it between quotes")
      }
      next
    }
    if (!(room in known)) {
      complain("\"" header "\": write the path from src, beginning with a room that CMakeLists.txt declares")
      next
    }
    if (header ~ /\/internal\// && room != here) {
      complain("\"" header "\" is internal to " room ": use or extend the public headers of " room)
      next
    }
    if (header ~ /\/testing\// && !is_test) {
      complain("\"" header "\" is for tests: only _test.cc and testing/ may include it")
      next
    }
    if (room == here || (here, room) in allowed || above) next
    if (room == "base" && is_test && header ~ /\/testing\//) next
    complain("\"" header "\": room " here " does not name " room " in its DEPS: move the code to the room it belongs to" \
             " (docs/architecture.md), or add " room " to DEPS in CMakeLists.txt if the order allows it")
  }
  END {
    if (failures) {
      print "check_layers: " failures " include(s) break the order of the rooms"
      exit 1
    }
  }
' || exit 1
echo "check_layers: every include keeps the order of the rooms"
