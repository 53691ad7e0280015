// base/failure_log.h -- work that is done again and again is told of when it begins to fail, not
// each time.
//
//   failures_.Note("comparing the catalog with the database", catalog.Refresh());
//
// Not thread-safe: each thread that repeats something has one of its own.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"

namespace sluice {

class FailureLog {
 public:
  // Logs that `what` failed, unless it failed with the same message the last time; and, after that,
  // that it works again.
  void Note(std::string_view what, const Status& status);

 private:
  std::map<std::string, std::string, std::less<>> failing_{};  // what, and its message
};

}  // namespace sluice
