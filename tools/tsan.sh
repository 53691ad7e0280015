#!/usr/bin/env bash
# tools/tsan.sh [ROOM...] -- runs the tests of the rooms that use threads under ThreadSanitizer.
set -euo pipefail
cd "$(dirname "$0")/.."
(($#)) || set -- base net db audit storage delta catalog auth sharing

tools/build.sh tsan "${@/%/_test}"

# The sanitizer of this compiler can't cope with the address layout of newer kernels: switch its
# randomisation off for the tests, where that is allowed.
launch=()
if setarch "$(uname -m)" --addr-no-randomize true 2> /dev/null; then
  launch=(setarch "$(uname -m)" --addr-no-randomize)
fi
export TSAN_OPTIONS="halt_on_error=1 second_deadlock_stack=1 suppressions=$PWD/tools/tsan.supp"
for room in "$@"; do
  "${launch[@]}" "build/tsan/${room}_test" --gtest_brief=1
done
