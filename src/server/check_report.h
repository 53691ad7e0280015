// server/check_report.h -- what `sluice check` found, and how it is printed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace sluice::server {

struct TableReport {
  std::string share{};
  std::string schema{};
  std::string table{};
  std::string location{};
  std::string error{};  // why the table cannot be read; empty: it can, and the rest is filled
  int64_t version = 0;
  uint64_t files = 0;
  ByteCount size{};
  // What keeps the latest version from being sent in parquet format; empty: nothing.
  std::vector<std::string_view> delta_only_because{};
};

struct CheckReport {
  std::string config_path;
  std::vector<std::string> problems{};  // of the file; with one, no table was opened
  std::vector<std::string> warnings{};
  std::vector<TableReport> tables{};
};

// 0: all good; 1: a table cannot be read; 2: the file has problems.
int ExitCode(const CheckReport& report);

// For people: the tables in columns, then what to do next. Problems and warnings are not in it.
std::string RenderCheckText(const CheckReport& report);
// For programs: one JSON object, a line.
std::string RenderCheckJson(const CheckReport& report);

}  // namespace sluice::server
