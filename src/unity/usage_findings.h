// unity/usage_findings.h -- what is out of the ordinary in who reads what, by rules that a person
// can check: each finding has the numbers in its reason.
//
//   read_much_more  in the last 24 hours five times its median day, and not little
//   new_address     came from an address that it did not come from before
//   refused_often   a fifth of what it asked in the last 24 hours was refused
//   unread_table    shared for 30 days, and nobody read it
//   unused_token    a token that opens, and nothing was read with it for 30 days
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "audit/usage_book.h"
#include "base/clock.h"
#include "base/result.h"
#include "unity/usage_scope.h"

namespace sluice::unity {

inline constexpr std::chrono::days kFindingsLookBack{30};

struct UsageFinding {
  std::string_view rule;
  std::string reason;
  std::vector<std::pair<std::string_view, double>> numbers;
  std::string recipient{};
  std::string share{};
  std::string table{};
  std::string address{};
};

// Errors: those of the log
Result<std::vector<UsageFinding>> FindUnusual(const audit::UsageBook& book,
                                              const catalog::Picture& picture, UsageScope& scope,
                                              TimePoint now);

}  // namespace sluice::unity
