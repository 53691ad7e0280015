#!/usr/bin/env bash
# tools/fuzz.sh [TARGET...] -- builds the fuzz targets with clang and runs each for FUZZ_SECONDS (60), with
# the random seed FUZZ_SEED (0: another one each time).
#
# New inputs stay in build/fuzz/corpus/TARGET. An input that breaks something is written to
# build/fuzz/findings and ends the run; `build/fuzz/tests/fuzz/TARGET_fuzz FILE` repeats it.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${FUZZ_SECONDS:-60}
seed=${FUZZ_SEED:-0}
bin=build/fuzz/tests/fuzz

tools/build.sh fuzz fuzz_targets
mkdir -p build/fuzz/findings
if (($# == 0)); then
  set -- $(find $bin -maxdepth 1 -type f -name '*_fuzz' -printf '%f\n' | sed 's/_fuzz$//' | sort)
fi

run_target() {
  local name=$1 log=build/fuzz/$1.log
  mkdir -p "build/fuzz/corpus/$name"
  local seeds=()
  [[ -d tests/fuzz/corpus/$name ]] && seeds=("tests/fuzz/corpus/$name")
  if ! "$bin/${name}_fuzz" -seed="$seed" -max_total_time="$seconds" -timeout=10 \
    -rss_limit_mb=2048 -max_len=16384 -print_final_stats=1 -artifact_prefix="build/fuzz/findings/$name-" \
    "build/fuzz/corpus/$name" "${seeds[@]}" > "$log" 2>&1 < /dev/null; then
    tail -n 60 "$log"
    echo "fuzz: $name FAILED; the input is in build/fuzz/findings"
    return 1
  fi
  echo "fuzz: $name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") runs, nothing found"
}
export -f run_target
export seconds seed bin
printf '%s\n' "$@" | xargs -P "$(nproc)" -I{} bash -c 'run_target {}'
