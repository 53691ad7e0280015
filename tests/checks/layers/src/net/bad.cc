  #  include "base/internal/table.h"  // WRONG: internal to base
#include <base/result.h>  // WRONG: ours, between < >
#include "http.h"  // WRONG: without its room
#include "base/testing/matchers.h"  // WRONG: not a test
#include <gtest/gtest.h>  // WRONG: not a test
#include <benchmark/benchmark.h>  // WRONG: benchmarks live elsewhere
#include <boost/json.hpp>  // WRONG: base owns it
#include <prometheus/counter.h>  // WRONG: base owns it
#include "ghost/room.h"  // WRONG: no such room
