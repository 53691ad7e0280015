#include "conformance/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "base/json.h"
#include "base/markup.h"
#include "base/timestamp.h"

namespace sluice::conformance {
namespace {

constexpr std::array kLevels = {Level::kRequired, Level::kRecommended, Level::kOptional};

std::string_view Colour(Verdict verdict, const TextStyle& style) {
  if (!style.colour) return {};
  switch (verdict) {
    case Verdict::kPass: return "\x1b[32m";
    case Verdict::kFail: return "\x1b[31m";
    case Verdict::kSkip: return "\x1b[2m";
  }
  return {};
}

std::string_view Sign(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPass: return "✓";
    case Verdict::kFail: return "✗";
    case Verdict::kSkip: return "–";
  }
  return {};
}

void AppendFailures(const CheckResult& result, std::string& out) {
  const Check& check = *result.check;
  for (const Failure& failure : result.outcome.failures) {
    out += fmt::format("      expected  {}\n      came      {}\n", failure.expected, failure.came);
    if (!failure.request.empty()) out += fmt::format("      request   {}\n", failure.request);
  }
  out += fmt::format("      protocol  {}: {}#{}\n", check.section.heading, kProtocolUrl,
                     check.section.anchor);
  if (!check.remark.empty()) out += fmt::format("      remark    {}\n", check.remark);
}

void AppendResult(const CheckResult& result, const TextStyle& style, std::string& out) {
  const Check& check = *result.check;
  const Verdict verdict = result.outcome.verdict;
  out += fmt::format(
      "  {}{}{} {:<34}  {}{}\n", Colour(verdict, style), Sign(verdict),
      style.colour ? "\x1b[0m" : "", check.id, check.title,
      check.level == Level::kRequired ? "" : fmt::format(" ({})", LevelName(check.level)));
  if (verdict == Verdict::kSkip) {
    out += fmt::format("      skipped   {}\n", result.outcome.skip_reason);
  }
  if (verdict == Verdict::kFail) AppendFailures(result, out);
  for (const std::string& note : result.outcome.notes) {
    out += fmt::format("      note      {}\n", note);
  }
}

std::string Sentence(const Report& report, bool strict) {
  if (Conformant(report, strict)) return "The server conforms to the protocol";
  return "The server does not conform to the protocol";
}

}  // namespace

Count CountOf(const Report& report, Level level) {
  Count count;
  for (const CheckResult& result : report.results) {
    if (result.check->level != level) continue;
    switch (result.outcome.verdict) {
      case Verdict::kPass: ++count.passed; break;
      case Verdict::kFail: ++count.failed; break;
      case Verdict::kSkip: ++count.skipped; break;
    }
  }
  return count;
}

bool Conformant(const Report& report, bool strict) {
  return report.stopped.empty() && std::ranges::none_of(kLevels, [&](Level level) {
           return (strict || level != Level::kRecommended) && CountOf(report, level).failed > 0;
         });
}

int ExitCode(const Report& report, bool strict) {
  if (!report.stopped.empty()) return 2;
  return Conformant(report, strict) ? 0 : 1;
}

std::string RenderText(const Report& report, bool strict, TextStyle style) {
  if (!report.stopped.empty()) {
    return fmt::format("{} could not be checked: {}\n", report.endpoint, report.stopped);
  }
  std::string out;
  std::string_view theme;
  for (const CheckResult& result : report.results) {
    if (!style.passed && result.outcome.verdict == Verdict::kPass) continue;
    if (theme != result.theme) {
      theme = result.theme;
      out += fmt::format("{}{}\n", out.empty() ? "" : "\n", theme);
    }
    AppendResult(result, style, out);
  }
  out += '\n';
  for (const Level level : kLevels) {
    const Count count = CountOf(report, level);
    out += fmt::format("{:<11}  {:>3} passed  {:>3} failed  {:>3} skipped\n", LevelName(level),
                       count.passed, count.failed, count.skipped);
  }
  return out + fmt::format("{}: {}\n", Sentence(report, strict), report.endpoint);
}

std::string RenderJson(const Report& report, bool strict) {
  json::Array checks;
  for (const CheckResult& result : report.results) {
    const Check& check = *result.check;
    const Outcome& outcome = result.outcome;
    json::Array failures;
    for (const Failure& failure : outcome.failures) {
      failures.push_back(json::Object{
          {"expected", failure.expected}, {"came", failure.came}, {"request", failure.request}});
    }
    json::Object entry = {{"id", check.id},
                          {"theme", result.theme},
                          {"title", check.title},
                          {"level", LevelName(check.level)},
                          {"section", check.section.heading},
                          {"sectionUrl", fmt::format("{}#{}", kProtocolUrl, check.section.anchor)},
                          {"verdict", VerdictName(outcome.verdict)},
                          {"failures", std::move(failures)},
                          {"notes", json::Array(outcome.notes.begin(), outcome.notes.end())},
                          {"expectations", outcome.expectations},
                          {"requests", outcome.requests},
                          {"milliseconds", outcome.took.count()}};
    if (!outcome.skip_reason.empty()) entry["skipReason"] = outcome.skip_reason;
    if (!check.remark.empty()) entry["remark"] = check.remark;
    checks.push_back(std::move(entry));
  }
  json::Object counts;
  for (const Level level : kLevels) {
    const Count count = CountOf(report, level);
    counts[LevelName(level)] = json::Object{
        {"passed", count.passed}, {"failed", count.failed}, {"skipped", count.skipped}};
  }
  json::Object root = {{"endpoint", report.endpoint},
                       {"suite", "sluice " SLUICE_VERSION},
                       {"started", FormatTimestamp(report.started)},
                       {"milliseconds", report.took.count()},
                       {"conformant", Conformant(report, strict)},
                       {"counts", std::move(counts)},
                       {"checks", std::move(checks)}};
  if (!report.stopped.empty()) root["stopped"] = report.stopped;
  return ValidUtf8(json::Serialize(root)) + '\n';
}

}  // namespace sluice::conformance
