// conformance/runner.h -- runs the checks one after the other.
#pragma once

#include <functional>
#include <string>

#include "base/result.h"
#include "conformance/context.h"
#include "conformance/outcome.h"

namespace sluice::conformance {

struct RunOptions {
  std::string only{};                // as Selected() takes it
  std::string made = "conformance";  // as Server takes it
  Limits limits{};
};

// Called before each check, with its place in the run.
using Progress = std::function<void(const Check& check, size_t index, size_t total)>;

// Never fails: a server that cannot be asked at all is Report::stopped.
Report Run(client::SharingClient client, const RunOptions& options, const Progress& progress);

// One check. No fault of a check ends the run.
Outcome RunCheck(Server& server, const Check& check);

}  // namespace sluice::conformance
