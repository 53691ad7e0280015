// conformance/received_rows.h -- the rows that a server's answer comes to, against the rows that
// the suite's own table has.
//
// Files are on this machine by then. They are foreign: the engine reads them as Parquet and as
// nothing else, and their paths are of our own making.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "conformance/made_tables.h"
#include "engine/engine.h"

namespace sluice::conformance {

// A file as an answer told it and as it was fetched.
struct ReceivedFile {
  std::string path;                  // on this machine
  json::Object partition_values{};   // as the answer has them
  std::vector<uint64_t> deleted{};   // rows that its deletion vector takes out
  std::string change_type{};         // of all its rows; empty: they say themselves
  std::optional<int64_t> version{};  // of the change
};

// The rows of the files as a client makes them, in the form of RowsSql.
std::string ReceivedRowsSql(const MadeTable& table, const std::vector<ReceivedFile>& files);
// Those of files of changes, in the form of ChangesSql.
std::string ReceivedChangesSql(const MadeTable& table, const std::vector<ReceivedFile>& files);

// What is wrong, in a sentence, or nothing: rows that are missing, or too many, with an example.
// A file that cannot be read as such is wrong, too.
//
// Errors: kUnavailable  the engine's library is not there
Result<std::optional<std::string>> Difference(engine::Engine& engine, const std::string& expected,
                                              const std::string& received);

}  // namespace sluice::conformance
