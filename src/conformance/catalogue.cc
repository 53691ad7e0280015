#include "conformance/catalogue.h"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <string>
#include <vector>

namespace sluice::conformance {
namespace {

std::string NeedText(const Needs& needs) {
  switch (needs.kind) {
    case Needs::Kind::kNothing: return "-";
    case Needs::Kind::kTable: return "a table";
    case Needs::Kind::kMadeTable: return std::string(needs.table);
  }
  return {};
}

}  // namespace

std::span<const Theme> Catalogue() {
  static const std::vector<Theme> kThemes = {
      {"Discovery", DiscoveryChecks()},
      {"Authorization", AuthorizationChecks()},
      {"Versions", VersionChecks()},
      {"Metadata", MetadataChecks()},
      {"Formats and capabilities", NegotiationChecks()},
      {"Requests", RequestChecks()},
      {"Files", FileChecks()},
      {"Tables in parquet format", ParquetTableChecks()},
      {"Tables in delta format", DeltaTableChecks()},
      {"Versions and times", VersionTableChecks()},
      {"Changes", ChangeTableChecks()},
      {"Hints", HintChecks()},
      {"Long answers and pages", PagingChecks()},
      {"Asynchronous queries and directory access", AsyncAndAccessChecks()},
      {"Errors", ErrorChecks()},
      {"Clients in wide use", ClientChecks()},
      {"Security", SecurityChecks()},
  };
  return kThemes;
}

std::string_view LevelName(Level level) {
  switch (level) {
    case Level::kRequired: return "required";
    case Level::kRecommended: return "recommended";
    case Level::kOptional: return "optional";
  }
  return {};
}

bool Selected(const Check& check, std::string_view only) {
  if (only.empty()) return true;
  const std::string id(check.id);
  while (!only.empty()) {
    const size_t end = std::min(only.find(','), only.size());
    const std::string pattern(only.substr(0, end));
    if (::fnmatch(pattern.c_str(), id.c_str(), 0) == 0) return true;
    only.remove_prefix(std::min(end + 1, only.size()));
  }
  return false;
}

std::string ListText(std::string_view only) {
  std::string out;
  for (const Theme& theme : Catalogue()) {
    std::string rows;
    for (const Check& check : theme.checks) {
      if (!Selected(check, only)) continue;
      rows += fmt::format("  {:<40}  {:<11}  {:<18}  {}  [{}]\n", check.id, LevelName(check.level),
                          NeedText(check.needs), check.title, check.section.heading);
    }
    if (!rows.empty()) out += fmt::format("{}\n{}", theme.name, rows);
  }
  return out;
}

std::string ListMarkdown() {
  std::string out;
  for (const Theme& theme : Catalogue()) {
    out += fmt::format(
        "\n### {}\n\n| check | holds when it passes | level | needs | section |\n"
        "|---|---|---|---|---|\n",
        theme.name);
    for (const Check& check : theme.checks) {
      out += fmt::format("| `{}` | {}{}{} | {} | {} | [{}]({}#{}) |\n", check.id, check.title,
                         check.remark.empty() ? "" : ". ", check.remark, LevelName(check.level),
                         NeedText(check.needs), check.section.heading, kProtocolUrl,
                         check.section.anchor);
    }
  }
  return out;
}

}  // namespace sluice::conformance
