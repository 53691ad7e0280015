#include "notify/table_watch.h"

#include <algorithm>
#include <vector>

#include "base/json.h"

namespace sluice::notify {
namespace {

constexpr json::Limits kSchemaLimits{.size = MiB(16), .depth = 100};
// A wide table's columns are told up to here.
constexpr size_t kMostText = 1500;
// Between columns, since types hold commas.
constexpr char kBetween = '\x1f';

std::vector<std::string_view> Split(std::string_view text) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const size_t end = std::min(text.find(kBetween), text.size());
    parts.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

void AddChanges(std::string_view what, std::string_view from, std::string_view without,
                std::string& text) {
  const auto known = Split(without);
  std::string list;
  for (const std::string_view column : Split(from)) {
    if (std::ranges::find(known, column) != known.end()) continue;
    if (!list.empty()) list += ", ";
    list += column;
  }
  if (list.empty()) return;
  if (!text.empty()) text += "; ";
  text += what;
  text += list;
}

}  // namespace

std::string WriteTableKnown(const TableKnown& known) {
  return json::Serialize(json::Object{{"version", known.version},
                                      {"columns", known.columns},
                                      {"told_at", ToUnixMillis(known.told_at)}});
}

std::optional<TableKnown> ReadTableKnown(std::string_view text) {
  const auto value = json::Parse(text, kSchemaLimits);
  if (!value || !value->is_object()) return std::nullopt;
  const json::Object& object = value->as_object();
  const auto* version = object.if_contains("version");
  const auto* columns = object.if_contains("columns");
  const auto* told_at = object.if_contains("told_at");
  if (!version || !version->is_int64() || !columns || !columns->is_string() || !told_at ||
      !told_at->is_int64()) {
    return std::nullopt;
  }
  return TableKnown{version->as_int64(), std::string(columns->as_string()),
                    FromUnixMillis(told_at->as_int64())};
}

std::string ColumnsOf(std::string_view schema) {
  const auto value = json::Parse(schema, kSchemaLimits);
  if (!value || !value->is_object()) return {};
  const json::Value* fields = value->as_object().if_contains("fields");
  if (fields == nullptr || !fields->is_array()) return {};
  std::string columns;
  for (const json::Value& field : fields->as_array()) {
    if (!field.is_object()) continue;
    const json::Value* name = field.as_object().if_contains("name");
    const json::Value* type = field.as_object().if_contains("type");
    if (name == nullptr || !name->is_string() || type == nullptr) continue;
    if (!columns.empty()) columns += kBetween;
    columns += std::string_view(name->as_string());
    columns += ' ';
    if (type->is_string()) {
      columns += std::string_view(type->as_string());
    } else {
      columns += json::Serialize(*type);
    }
  }
  return columns;
}

std::string ColumnChanges(std::string_view before, std::string_view after) {
  std::string text;
  AddChanges("added: ", after, before, text);
  AddChanges("removed: ", before, after, text);
  if (text.size() > kMostText) {
    size_t end = kMostText;
    while ((static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
    text.resize(end);
    text += " ...";
  }
  return text;
}

}  // namespace sluice::notify
