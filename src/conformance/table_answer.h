// conformance/table_answer.h -- an answer about a table, taken apart: protocol, metaData, files,
// end, in either format.
//
// Nothing is judged here beyond what is needed to find the parts; what a part lacks is empty.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace sluice::conformance {

// A line about a file, in parquet format ("file", "add", "cdf", "remove") or in delta format
// (deltaSingleAction of "add", "cdc", "remove").
struct DataFile {
  std::string action;
  std::string id{};
  std::string url{};
  std::optional<int64_t> size{};
  std::optional<int64_t> version{};
  std::optional<int64_t> timestamp{};
  std::optional<int64_t> expiration_ms{};
  std::optional<std::string> stats{};
  json::Object partition_values{};
  json::Object line{};    // what stands in "file", or in the parquet format's wrapper
  json::Object fields{};  // the file's own: `line`, or the action within deltaSingleAction
};

struct TableAnswer {
  bool delta = false;                     // as the lines are, whatever a header says
  std::vector<std::string> order{};       // the wrapper of each line: "protocol", "metaData"...
  std::vector<json::Object> protocols{};  // the delta format's without "deltaProtocol"
  std::vector<json::Object> metadata{};   // the delta format's deltaMetadata
  std::vector<json::Object> metadata_lines{};  // what stands in "metaData"
  std::vector<DataFile> files{};
  std::optional<json::Object> end{};  // endStreamAction
  std::optional<json::Object> query_status{};
};

// Errors: kInvalidArgument  a line is not JSON, no object, or has more or less than one member;
//                           the message says which
Result<TableAnswer> ReadTableAnswer(std::string_view body);

// Members of any type, where they are of that type.
std::optional<std::string> TextMember(const json::Object& object, std::string_view name);
std::optional<int64_t> IntMember(const json::Object& object, std::string_view name);
const json::Object* ObjectMember(const json::Object& object, std::string_view name);
const json::Array* ArrayMember(const json::Object& object, std::string_view name);

}  // namespace sluice::conformance
