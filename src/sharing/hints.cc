#include "sharing/hints.h"

#include <algorithm>
#include <utility>

#include "base/encoding.h"
#include "delta/schema.h"
#include "sharing/errors.h"
#include "sharing/json_predicate.h"
#include "sharing/parameters.h"
#include "sharing/sql_predicate.h"

namespace sluice::sharing {
namespace {

using delta::Operand;
using delta::Predicate;
using Op = Predicate::Op;

// Makes everything unknown that speaks of other columns.
void KeepPartitionColumns(const delta::Metadata& metadata, Predicate& predicate) {
  const auto is_other = [&](const Operand& operand) {
    return operand.is_column &&
           std::ranges::none_of(metadata.partition_columns, [&](const std::string& name) {
             return AsciiLower(name) == AsciiLower(operand.text);
           });
  };
  if (std::ranges::any_of(predicate.operands, is_other)) predicate = Predicate{};
  for (Predicate& child : predicate.children) KeepPartitionColumns(metadata, child);
}

bool HasColumn(const delta::Metadata& metadata, std::string_view name) {
  const auto schema = delta::ParseSchema(metadata.schema_string);
  return !schema || std::ranges::any_of(schema->columns, [&](const delta::Column& column) {
    return AsciiLower(column.name) == AsciiLower(name);
  });
}

bool SpeaksOfPartitionValues(const std::optional<std::string>& text) {
  return text.has_value() && text->find(kPartitionValues) != std::string::npos;
}

// `ambiguous`: a column has the name that Spark puts before those of partition columns.
Predicate ReadSql(const std::optional<std::string>& text, bool ambiguous) {
  if (!text || (ambiguous && SpeaksOfPartitionValues(text))) return {};
  return ParseSqlPredicate(*text);
}

Predicate ReadJson(const std::string& text, const HintOptions& options,
                   const delta::Metadata& metadata) {
  if (!options.json && !options.json_on_partitions) return {};
  Predicate predicate = ParseJsonPredicate(text);
  if (!options.json) KeepPartitionColumns(metadata, predicate);
  return predicate;
}

}  // namespace

Result<Hints> ParseHints(const json::Object& body) {
  Hints hints;
  const json::Value* sql = body.if_contains("predicateHints");
  if (sql != nullptr && !sql->is_null()) {
    if (!sql->is_array()) {
      return Malformed("Expected an array for repeated field predicateHints of QueryTableRequest");
    }
    for (const json::Value& hint : sql->get_array()) {
      auto& text = hints.sql.emplace_back();
      if (hints.sql.size() > kMostHints) break;  // what comes is unknown
      if (hint.is_string()) text = std::string(hint.get_string());
    }
  }
  hints.json = TRY(TextMember(body, "jsonPredicateHints")).value_or("");
  return hints;
}

std::shared_ptr<delta::DataSkipping> PlanSkipping(const Hints& hints, const HintOptions& options,
                                                  const delta::Snapshot& snapshot) {
  const delta::Metadata& metadata = snapshot.metadata();
  Predicate all{.op = Op::kAnd};
  all.children.reserve(hints.sql.size() + 1);
  // The schema is read once, however many texts ask.
  const bool ambiguous = std::ranges::any_of(hints.sql, SpeaksOfPartitionValues) &&
                         HasColumn(metadata, kPartitionValues);
  for (const auto& text : hints.sql) {
    all.children.push_back(options.sql ? ReadSql(text, ambiguous) : Predicate{});
  }
  if (!hints.json.empty()) all.children.push_back(ReadJson(hints.json, options, metadata));
  auto skipping = std::make_shared<delta::DataSkipping>(all, snapshot.protocol(), metadata);
  return skipping->can_skip() ? std::move(skipping) : nullptr;
}

}  // namespace sluice::sharing
