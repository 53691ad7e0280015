#include <fmt/format.h>

#include "base/markup.h"
#include "base/timestamp.h"
#include "conformance/report.h"

namespace sluice::conformance {
namespace {

double Seconds(Millis time) { return std::chrono::duration<double>(time).count(); }

std::string FailureText(const CheckResult& result) {
  std::string text;
  for (const Failure& failure : result.outcome.failures) {
    text += fmt::format("expected: {}\ncame: {}\n", failure.expected, failure.came);
    if (!failure.request.empty()) text += fmt::format("request: {}\n", failure.request);
  }
  return text + fmt::format("protocol: {}#{}\n", kProtocolUrl, result.check->section.anchor);
}

// What stands in <testcase>; nothing for a pass. Counts into `count`.
std::string Content(const CheckResult& result, bool strict, Count& count) {
  const Outcome& outcome = result.outcome;
  if (outcome.verdict == Verdict::kPass) {
    ++count.passed;
    return {};
  }
  if (outcome.verdict == Verdict::kSkip) {
    ++count.skipped;
    return fmt::format(R"(<skipped message="{}"/>)", Escaped(outcome.skip_reason));
  }
  const std::string text = FailureText(result);
  if (result.check->level == Level::kRecommended && !strict) {
    ++count.skipped;
    return fmt::format(R"(<skipped message="a recommendation that is not followed: {}"/>)",
                       Escaped(text));
  }
  ++count.failed;
  return fmt::format(
      R"(<failure type="{}" message="{}">{}</failure>)", LevelName(result.check->level),
      Escaped(fmt::format("expected {}", outcome.failures.front().expected)), Escaped(text));
}

// The suite of the results from `begin` on that share its theme; `begin` moves behind them.
std::string Suite(const Report& report, bool strict, size_t& begin) {
  const std::string_view theme = report.results[begin].theme;
  Count count;
  Millis took{0};
  std::string cases;
  for (; begin < report.results.size() && report.results[begin].theme == theme; ++begin) {
    const CheckResult& result = report.results[begin];
    took += result.outcome.took;
    cases += fmt::format(R"(    <testcase classname="{}" name="{}: {}" time="{:.3f}">{}</testcase>)"
                         "\n",
                         Escaped(theme), Escaped(result.check->id), Escaped(result.check->title),
                         Seconds(result.outcome.took), Content(result, strict, count));
  }
  return fmt::format(
      R"(  <testsuite name="{}" tests="{}" failures="{}" skipped="{}" errors="0" time="{:.3f}" )"
      "timestamp=\"{}\">\n{}  </testsuite>\n",
      Escaped(theme), count.passed + count.failed + count.skipped, count.failed, count.skipped,
      Seconds(took), FormatTimestamp(report.started).substr(0, 19), cases);
}

}  // namespace

std::string RenderJunit(const Report& report, bool strict) {
  std::string out = R"(<?xml version="1.0" encoding="UTF-8"?>)"
                    "\n";
  out += fmt::format("<testsuites name=\"Delta Sharing conformance of {}\" time=\"{:.3f}\">\n",
                     Escaped(report.endpoint), Seconds(report.took));
  if (!report.stopped.empty()) {
    out += fmt::format(
        "  <testsuite name=\"start\" tests=\"1\" failures=\"0\" skipped=\"0\" errors=\"1\">\n"
        "    <testcase classname=\"start\" name=\"the server can be asked\">"
        "<error message=\"{}\"/></testcase>\n  </testsuite>\n",
        Escaped(report.stopped));
  }
  for (size_t i = 0; i < report.results.size();) out += Suite(report, strict, i);
  return out + "</testsuites>\n";
}

}  // namespace sluice::conformance
