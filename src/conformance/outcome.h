// conformance/outcome.h -- what running a check came to.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "conformance/check.h"

namespace sluice::conformance {

// One expectation that did not hold. No text holds the token.
struct Failure {
  std::string expected;
  std::string came;
  std::string request{};  // a curl command, for which TOKEN is set; empty: about no single request
};

enum class Verdict { kPass, kFail, kSkip };
std::string_view VerdictName(Verdict verdict);

struct Outcome {
  Verdict verdict = Verdict::kPass;
  std::vector<Failure> failures{};
  std::string skip_reason{};
  std::vector<std::string> notes{};  // what was seen that is worth telling
  int expectations = 0;
  int requests = 0;
  Millis took{0};
};

struct CheckResult {
  std::string_view theme;
  const Check* check = nullptr;
  Outcome outcome{};
};

struct Report {
  std::string endpoint;
  TimePoint started{};
  Millis took{0};
  std::vector<CheckResult> results{};
  // Why the server could not be checked at all; empty: it was.
  std::string stopped{};
};

}  // namespace sluice::conformance
