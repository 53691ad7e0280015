#include "server/check_report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "base/json.h"
#include "server/settings.h"

namespace sluice::server {
namespace {

using Row = std::vector<std::string>;

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

// "url" is what all tables have.
std::string_view AccessModes(const TableReport& table) {
  if (!table.directory) return "url";
  return table.directory_fault.empty() ? "url, dir" : "url, no dir";
}

// Columns that are only there when some table has something in them.
struct Columns {
  bool checked = false;  // what was found in the files
  bool access = false;   // directory access
};

Row RowOf(const TableReport& table, Columns columns) {
  const bool read = table.error.empty();
  Row row = {FullName(table), "-", "-", "-"};
  if (read) {
    row = {FullName(table), std::to_string(table.version), std::to_string(table.files),
           HumanBytes(table.size)};
  }
  if (columns.checked) {
    const auto& found = table.checked;
    row.push_back(found.has_value() ? std::to_string(found->deletion_vectors) : "-");
    row.push_back(found.has_value() ? std::to_string(found->faults) : "-");
  }
  row.push_back(read ? Formats(table) : "-");
  if (columns.access) row.emplace_back(read ? AccessModes(table) : "-");
  row.push_back(table.location);
  return row;
}

size_t Broken(const CheckReport& report) {
  return static_cast<size_t>(std::ranges::count_if(
      report.tables, [](const TableReport& table) { return !table.error.empty(); }));
}

size_t NotLent(const CheckReport& report) {
  return static_cast<size_t>(std::ranges::count_if(
      report.tables, [](const TableReport& table) { return !table.directory_fault.empty(); }));
}

size_t WithFaults(const CheckReport& report) {
  return static_cast<size_t>(std::ranges::count_if(report.tables, [](const TableReport& table) {
    return table.checked.has_value() && !table.checked->good();
  }));
}

bool FilesChecked(const CheckReport& report) {
  return std::ranges::any_of(report.tables,
                             [](const TableReport& table) { return table.checked.has_value(); });
}

std::string Count(uint64_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

void AppendTable(const std::vector<Row>& rows, std::string& out) {
  std::vector<size_t> widths(rows.front().size());
  for (const Row& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], Width(row[i]));
  }
  for (const Row& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) {
      out += row[i];
      if (i + 1 < row.size()) out.append(widths[i] - Width(row[i]) + 2, ' ');
    }
    out += '\n';
  }
  out += '\n';
}

void AppendRows(const CheckReport& report, std::string& out) {
  if (report.tables.empty()) return;
  const Columns columns{FilesChecked(report),
                        std::ranges::any_of(report.tables, &TableReport::directory)};
  Row head = {"table", "version", "files", "size"};
  if (columns.checked) head.insert(head.end(), {"vectors", "faults"});
  head.emplace_back("formats");
  if (columns.access) head.emplace_back("access");
  head.emplace_back("location");
  std::vector<Row> rows = {std::move(head)};
  for (const TableReport& table : report.tables) rows.push_back(RowOf(table, columns));
  AppendTable(rows, out);
}

void AppendFaults(const TableReport& table, std::string& out) {
  if (!table.checked.has_value() || table.checked->good()) return;
  const FilesReport& found = *table.checked;
  out += fmt::format("{}: {}\n", FullName(table), Count(found.faults, "fault"));
  for (const FileFault& fault : found.first_faults) {
    out += fmt::format("  {}: {}\n", Printable(fault.path), Printable(fault.what));
  }
  const uint64_t more = found.faults - found.first_faults.size();
  if (more > 0) out += fmt::format("  and {} more\n", more);
  if (!found.stopped.empty()) {
    out += fmt::format("  not all was looked at: {}\n", Printable(found.stopped));
  }
}

// What was looked at in all tables; a table that is shared twice counts twice.
std::string FilesLookedAt(const CheckReport& report) {
  FilesReport sum;
  for (const TableReport& table : report.tables) {
    if (!table.checked.has_value()) continue;
    sum.data_files += table.checked->data_files;
    sum.deletion_vectors += table.checked->deletion_vectors;
    sum.deleted_rows += table.checked->deleted_rows;
  }
  return fmt::format("{}, {} of {}", Count(sum.data_files, "data file"),
                     Count(sum.deletion_vectors, "deletion vector"),
                     Count(sum.deleted_rows, "deleted row"));
}

json::Object FilesJson(const FilesReport& found) {
  json::Array faults;
  for (const FileFault& fault : found.first_faults) {
    faults.push_back(json::Object{{"path", fault.path}, {"fault", fault.what}});
  }
  json::Object entry = {{"dataFiles", found.data_files},
                        {"deletionVectors", found.deletion_vectors},
                        {"deletionVectorFiles", found.vector_files},
                        {"deletedRows", found.deleted_rows},
                        {"faults", found.faults},
                        {"firstFaults", std::move(faults)}};
  if (!found.stopped.empty()) entry["stopped"] = found.stopped;
  return entry;
}

json::Object TableJson(const TableReport& table) {
  json::Object entry = {{"share", table.share},
                        {"schema", table.schema},
                        {"table", table.table},
                        {"location", table.location}};
  if (table.checked.has_value()) entry["checkedFiles"] = FilesJson(*table.checked);
  if (!table.error.empty()) {
    entry["error"] = table.error;
    return entry;
  }
  entry["version"] = table.version;
  entry["files"] = table.files;
  entry["bytes"] = table.size.value;
  entry["formats"] =
      table.delta_only_because.empty() ? json::Array{"parquet", "delta"} : json::Array{"delta"};
  entry["accessModes"] = table.directory ? json::Array{"url", "dir"} : json::Array{"url"};
  if (!table.directory_fault.empty()) entry["directoryFault"] = table.directory_fault;
  entry["deltaOnlyBecause"] =
      json::Array(table.delta_only_because.begin(), table.delta_only_because.end());
  return entry;
}

}  // namespace

std::string Explain(const Error& error) {
  return error.detail.empty() ? error.message : fmt::format("{} ({})", error.message, error.detail);
}

int ExitCode(const CheckReport& report) {
  if (!report.problems.empty()) return 2;
  return Broken(report) + NotLent(report) + WithFaults(report) == 0 ? 0 : 1;
}

std::string RenderCheckText(const CheckReport& report) {
  std::string out;
  AppendRows(report, out);
  for (const TableReport& table : report.tables) {
    if (!table.error.empty()) out += fmt::format("{}: {}\n", FullName(table), table.error);
  }
  for (const TableReport& table : report.tables) {
    if (table.directory_fault.empty()) continue;
    out += fmt::format("{}: directory access: {}\n", FullName(table), table.directory_fault);
  }
  for (const TableReport& table : report.tables) AppendFaults(table, out);
  const size_t broken = Broken(report);
  const size_t faulty = WithFaults(report);
  const std::string all = Count(report.tables.size(), "table");
  if (FilesChecked(report)) out += fmt::format("Looked at: {}.\n", FilesLookedAt(report));
  if (broken > 0) {
    out += fmt::format("{} of {} cannot be read{}.\n", broken, all,
                       broken < report.tables.size() ? "; the others can" : "");
  }
  if (const size_t count = NotLent(report); count > 0) {
    out += fmt::format("Recipients are told that they may read the folders of {}, and cannot.\n",
                       Count(count, "table"));
  }
  if (faulty > 0) {
    out += fmt::format("The files of {} of {} are not as the log says.\n", faulty, all);
  }
  if (ExitCode(report) != 0) return out;
  return out + fmt::format("{} is good; {} can be read{}.\nNext: sluice serve --config {}\n",
                           report.config_path, all,
                           FilesChecked(report) ? ", and the files are as the logs say" : "",
                           report.config_path);
}

std::string RenderCheckJson(const CheckReport& report) {
  json::Array tables;
  for (const TableReport& table : report.tables) tables.push_back(TableJson(table));
  const json::Object root = {
      {"config", report.config_path},
      {"good", ExitCode(report) == 0},
      {"problems", json::Array(report.problems.begin(), report.problems.end())},
      {"warnings", json::Array(report.warnings.begin(), report.warnings.end())},
      {"tables", std::move(tables)}};
  return json::Serialize(root) + '\n';
}

}  // namespace sluice::server
