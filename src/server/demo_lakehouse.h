// server/demo_lakehouse.h -- a small retail lakehouse to try the server with.
//
// customers, products, orders (by region and month, corrected once, with a checkpoint) and events:
// about a million rows, the same in each run.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/engine.h"

namespace sluice::server {

// Told as each step ends. `text` is for people: "orders: 598,450 rows in 144 files, 14 versions".
struct DemoProgress {
  size_t step = 0;  // 1 to `steps`
  size_t steps = 0;
  std::string text;
};
using DemoProgressSink = std::function<void(const DemoProgress&)>;

// Makes the folder `dir` with one Delta table a folder. A folder that a run of the same version
// made whole is left as it is; what a run that was cut short left behind is made anew, and so is
// the folder of another version, with all that is in it.
//
// Errors: kAlreadyExists  `dir` is there and not a demo's: nothing is touched
//         kUnavailable    no engine, or files cannot be written
Status MakeDemoLakehouse(engine::Engine& engine, const std::filesystem::path& dir,
                         const DemoProgressSink& progress);

// "customers", ...: the folders in `dir`.
std::vector<std::string> DemoTableNames();

}  // namespace sluice::server
