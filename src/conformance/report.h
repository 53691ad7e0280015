// conformance/report.h -- a Report for people and for programs.
#pragma once

#include <string>

#include "conformance/outcome.h"

namespace sluice::conformance {

struct Count {
  int passed = 0;
  int failed = 0;
  int skipped = 0;
};
Count CountOf(const Report& report, Level level);

// Recommendations count only when `strict`.
bool Conformant(const Report& report, bool strict);
// 0: conformant; 1: it is not; 2: the server could not be checked.
int ExitCode(const Report& report, bool strict);

struct TextStyle {
  bool colour = false;
  bool passed = true;  // show what passed, too
};
std::string RenderText(const Report& report, bool strict, TextStyle style);
// One JSON object, a line.
std::string RenderJson(const Report& report, bool strict);
// One page that needs nothing else, by section of the protocol.
std::string RenderHtml(const Report& report, bool strict);
// JUnit's XML, a test suite for each theme. Recommendations that are not followed are failures
// only when `strict`, else skipped with their text.
std::string RenderJunit(const Report& report, bool strict);

}  // namespace sluice::conformance
