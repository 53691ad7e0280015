#include "server/check_report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "base/json.h"

namespace sluice::server {
namespace {

constexpr size_t kColumns = 6;
using Row = std::array<std::string, kColumns>;

std::string FullName(const TableReport& table) {
  return table.share + '.' + table.schema + '.' + table.table;
}

// Characters, as far as columns go: bytes that begin one.
size_t Width(std::string_view text) {
  return static_cast<size_t>(std::ranges::count_if(
      text, [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80; }));
}

std::string Formats(const TableReport& table) {
  if (table.delta_only_because.empty()) return "parquet, delta";
  return fmt::format("delta (uses {})", fmt::join(table.delta_only_because, ", "));
}

Row RowOf(const TableReport& table) {
  if (!table.error.empty()) return {FullName(table), "-", "-", "-", "-", table.location};
  return {FullName(table),
          std::to_string(table.version),
          std::to_string(table.files),
          HumanBytes(table.size),
          Formats(table),
          table.location};
}

size_t Broken(const CheckReport& report) {
  return static_cast<size_t>(std::ranges::count_if(
      report.tables, [](const TableReport& table) { return !table.error.empty(); }));
}

std::string Tables(size_t count) { return fmt::format("{} table{}", count, count == 1 ? "" : "s"); }

void AppendRow(const Row& row, const std::array<size_t, kColumns>& widths, std::string& out) {
  for (size_t i = 0; i < kColumns; ++i) {
    out += row[i];
    if (i + 1 < kColumns) out.append(widths[i] - Width(row[i]) + 2, ' ');
  }
  out += '\n';
}

}  // namespace

int ExitCode(const CheckReport& report) {
  if (!report.problems.empty()) return 2;
  return Broken(report) == 0 ? 0 : 1;
}

std::string RenderCheckText(const CheckReport& report) {
  std::vector<Row> rows = {{"table", "version", "files", "size", "formats", "location"}};
  for (const TableReport& table : report.tables) rows.push_back(RowOf(table));
  std::array<size_t, kColumns> widths{};
  for (const Row& row : rows) {
    for (size_t i = 0; i < kColumns; ++i) widths[i] = std::max(widths[i], Width(row[i]));
  }
  std::string out;
  if (!report.tables.empty()) {
    for (const Row& row : rows) AppendRow(row, widths, out);
    out += '\n';
  }
  for (const TableReport& table : report.tables) {
    if (!table.error.empty()) out += fmt::format("{}: {}\n", FullName(table), table.error);
  }
  const size_t broken = Broken(report);
  const size_t all = report.tables.size();
  if (broken == 0) {
    return out + fmt::format("{} is good; {} can be read.\nNext: sluice serve --config {}\n",
                             report.config_path, Tables(all), report.config_path);
  }
  out += fmt::format("{} of {} cannot be read{}.\n", broken, Tables(all),
                     broken < all ? "; the others can" : "");
  return out;
}

std::string RenderCheckJson(const CheckReport& report) {
  json::Array tables;
  for (const TableReport& table : report.tables) {
    json::Object entry = {{"share", table.share},
                          {"schema", table.schema},
                          {"table", table.table},
                          {"location", table.location}};
    if (table.error.empty()) {
      entry["version"] = table.version;
      entry["files"] = table.files;
      entry["bytes"] = table.size.value;
      entry["formats"] =
          table.delta_only_because.empty() ? json::Array{"parquet", "delta"} : json::Array{"delta"};
      entry["deltaOnlyBecause"] =
          json::Array(table.delta_only_because.begin(), table.delta_only_because.end());
    } else {
      entry["error"] = table.error;
    }
    tables.push_back(std::move(entry));
  }
  const json::Object root = {
      {"config", report.config_path},
      {"good", ExitCode(report) == 0},
      {"problems", json::Array(report.problems.begin(), report.problems.end())},
      {"warnings", json::Array(report.warnings.begin(), report.warnings.end())},
      {"tables", std::move(tables)}};
  return json::Serialize(root) + '\n';
}

}  // namespace sluice::server
