// server/check_report.h -- what `sluice check` found, and how it is printed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace sluice::server {

// A data file that is not as the log says, or whose deletion vector is not.
struct FileFault {
  std::string path;  // as in the log
  std::string what;
};

// What looking at the files of a table found.
struct FilesReport {
  uint64_t data_files = 0;
  uint64_t deletion_vectors = 0;
  uint64_t vector_files = 0;  // the files that they lie in
  uint64_t deleted_rows = 0;
  uint64_t faults = 0;
  std::vector<FileFault> first_faults{};
  std::string stopped{};  // why not all was looked at; empty: it was
  bool good() const { return faults == 0 && stopped.empty(); }
};

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
  bool directory = false;                // recipients are told that they may read its folder
  std::string directory_fault{};         // why they cannot; empty: they can
  std::optional<FilesReport> checked{};  // nothing: the files were not looked at
};

struct CheckReport {
  std::string config_path;
  std::vector<std::string> problems{};  // of the file; with one, no table was opened
  std::vector<std::string> warnings{};
  std::vector<TableReport> tables{};
};

// For the operator, who may see paths: unlike an answer it holds the detail too.
std::string Explain(const Error& error);

// 0: all good; 1: a table cannot be read, its folder cannot be lent though recipients are told so,
// or its files are not as its log says; 2: the file has problems.
int ExitCode(const CheckReport& report);

// For people: the tables in columns, then what to do next. Problems and warnings are not in it.
std::string RenderCheckText(const CheckReport& report);
// For programs: one JSON object, a line.
std::string RenderCheckJson(const CheckReport& report);

}  // namespace sluice::server
