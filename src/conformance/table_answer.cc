#include "conformance/table_answer.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "client/sharing_client.h"

namespace sluice::conformance {
namespace {

std::unexpected<Error> BadLine(size_t index, std::string_view what) {
  return Fail(Code::kInvalidArgument, fmt::format("line {} {}", index + 1, what));
}

DataFile ReadFile(std::string_view action, const json::Object& line, const json::Object& fields,
                  std::string_view url_member) {
  DataFile file{.action = std::string(action)};
  file.id = TextMember(line, "id").value_or("");
  file.url = TextMember(fields, url_member).value_or("");
  file.size = IntMember(fields, "size");
  file.version = IntMember(line, "version");
  file.timestamp = IntMember(line, "timestamp");
  file.expiration_ms = IntMember(line, "expirationTimestamp");
  file.stats = TextMember(fields, "stats");
  if (const json::Object* values = ObjectMember(fields, "partitionValues")) {
    file.partition_values = *values;
  }
  file.line = line;
  file.fields = fields;
  return file;
}

Status TakeFile(size_t index, std::string_view wrapper, const json::Object& line,
                TableAnswer& answer) {
  const json::Object* single = ObjectMember(line, "deltaSingleAction");
  if (single == nullptr) {
    answer.files.push_back(ReadFile(wrapper, line, line, "url"));
    return {};
  }
  answer.delta = true;
  for (const std::string_view action : {"add", "cdc", "remove"}) {
    const json::Object* fields = ObjectMember(*single, action);
    if (fields == nullptr) continue;
    answer.files.push_back(ReadFile(action, line, *fields, "path"));
    return {};
  }
  return BadLine(index, "has a deltaSingleAction without add, cdc or remove");
}

Status TakeLine(size_t index, const json::Value& value, TableAnswer& answer) {
  const json::Object* wrapper = value.if_object();
  if (wrapper == nullptr || wrapper->size() != 1) {
    return BadLine(index, "is not an object with one member");
  }
  const std::string name(wrapper->begin()->key());
  const json::Object* line = wrapper->begin()->value().if_object();
  if (line == nullptr) return BadLine(index, fmt::format("has a '{}' that is no object", name));
  answer.order.push_back(name);
  if (name == "protocol") {
    const json::Object* inner = ObjectMember(*line, "deltaProtocol");
    answer.delta = answer.delta || inner != nullptr;
    answer.protocols.push_back(inner == nullptr ? *line : *inner);
  } else if (name == "metaData") {
    const json::Object* inner = ObjectMember(*line, "deltaMetadata");
    answer.delta = answer.delta || inner != nullptr;
    answer.metadata.push_back(inner == nullptr ? *line : *inner);
    answer.metadata_lines.push_back(*line);
  } else if (name == "endStreamAction") {
    answer.end = *line;
  } else if (name == "queryStatus") {
    answer.query_status = *line;
  } else if (name == "file" || name == "add" || name == "cdf" || name == "remove") {
    return TakeFile(index, name, *line, answer);
  } else {
    return BadLine(index, fmt::format("has a member '{}', which the protocol does not know", name));
  }
  return {};
}

}  // namespace

Result<TableAnswer> ReadTableAnswer(std::string_view body) {
  const auto lines = TRY(client::ParseLines(body));
  TableAnswer answer;
  for (size_t i = 0; i < lines.size(); ++i) TRY(TakeLine(i, lines[i], answer));
  return answer;
}

std::optional<std::string> TextMember(const json::Object& object, std::string_view name) {
  const json::Value* value = object.if_contains(name);
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return std::string(value->get_string());
}

std::optional<int64_t> IntMember(const json::Object& object, std::string_view name) {
  const json::Value* value = object.if_contains(name);
  if (value == nullptr || !value->is_int64()) return std::nullopt;
  return value->get_int64();
}

const json::Object* ObjectMember(const json::Object& object, std::string_view name) {
  const json::Value* value = object.if_contains(name);
  return value == nullptr ? nullptr : value->if_object();
}

const json::Array* ArrayMember(const json::Object& object, std::string_view name) {
  const json::Value* value = object.if_contains(name);
  return value == nullptr ? nullptr : value->if_array();
}

}  // namespace sluice::conformance
