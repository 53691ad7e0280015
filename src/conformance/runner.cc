#include "conformance/runner.h"

#include <fmt/format.h>

#include <chrono>
#include <exception>
#include <utility>
#include <vector>

#include "conformance/catalogue.h"

namespace sluice::conformance {
namespace {

using std::chrono::steady_clock;

Millis Since(steady_clock::time_point start) {
  return std::chrono::duration_cast<Millis>(steady_clock::now() - start);
}

Outcome Skipped(std::string reason) {
  return {.verdict = Verdict::kSkip, .skip_reason = std::move(reason)};
}

Result<TableName> TableFor(Server& server, const Needs& needs) {
  switch (needs.kind) {
    case Needs::Kind::kNothing: return TableName{};
    case Needs::Kind::kTable: return server.AnyTable();
    case Needs::Kind::kMadeTable: return server.MadeTable(needs.table);
  }
  return TableName{};
}

// Whether there is a server at all, and it takes the token: else every check would fail alike.
std::string WhyNot(Server& server) {
  const auto answer = server.Send({.target = "/shares"});
  if (!answer.has_value()) {
    const Error& error = answer.error();
    return error.detail.empty() ? error.message
                                : fmt::format("{} ({})", error.message, error.detail);
  }
  if (answer->status == 401 || answer->status == 403) {
    return fmt::format("GET /shares gives status {}: the server does not take this token",
                       answer->status);
  }
  if (answer->status == 404) {
    return "GET /shares gives status 404: is the path of the endpoint right?";
  }
  return {};
}

}  // namespace

std::string_view VerdictName(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPass: return "pass";
    case Verdict::kFail: return "fail";
    case Verdict::kSkip: return "skip";
  }
  return {};
}

Outcome RunCheck(Server& server, const Check& check) {
  const auto start = steady_clock::now();
  if (server.exhausted()) return Skipped("the time or the requests of this run are used up");
  auto table = TableFor(server, check.needs);
  if (!table.has_value()) return Skipped(table.error().message);
  Context context(server, *std::move(table));
  Outcome outcome;
  try {
    outcome = context.Finish(check.run(context));
  } catch (const std::exception& error) {
    // Checks look into JSON that anybody wrote; a slip of theirs must not cost the other results.
    outcome = context.Finish(
        Fail(Code::kInternal, "the check broke: a fault of this suite", error.what()));
  }
  outcome.took = Since(start);
  return outcome;
}

Report Run(client::SharingClient client, const RunOptions& options, const Progress& progress) {
  const auto start = steady_clock::now();
  Report report{.endpoint = client.endpoint(), .started = SystemClock().Now()};
  Server server(std::move(client), options.limits, options.made);
  report.stopped = WhyNot(server);
  std::vector<CheckResult> selected;
  for (const Theme& theme : Catalogue()) {
    for (const Check& check : theme.checks) {
      if (Selected(check, options.only)) selected.push_back({.theme = theme.name, .check = &check});
    }
  }
  if (report.stopped.empty() && selected.empty()) report.stopped = "no check has such an id";
  if (!report.stopped.empty()) return report;
  for (size_t i = 0; i < selected.size(); ++i) {
    if (progress) progress(*selected[i].check, i, selected.size());
    selected[i].outcome = RunCheck(server, *selected[i].check);
  }
  report.results = std::move(selected);
  report.took = Since(start);
  return report;
}

}  // namespace sluice::conformance
