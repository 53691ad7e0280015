#include "catalog/partition_filter.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/crypto/crypto.h"
#include "base/encoding.h"

namespace sluice::catalog {
namespace {

constexpr std::array<std::pair<PartitionOp, std::string_view>, 7> kOps = {{
    {PartitionOp::kEqual, "EQUAL"},
    {PartitionOp::kLike, "LIKE"},
    {PartitionOp::kIn, "IN"},
    {PartitionOp::kGreaterThan, "GREATER_THAN"},
    {PartitionOp::kGreaterThanOrEqual, "GREATER_THAN_OR_EQUAL"},
    {PartitionOp::kLessThan, "LESS_THAN"},
    {PartitionOp::kLessThanOrEqual, "LESS_THAN_OR_EQUAL"},
}};

std::unexpected<Error> Refuse(std::string message) {
  return Fail(Code::kInvalidArgument, std::move(message));
}

// A backslash escapes %, _ and itself: another one may mean anything.
bool IsPattern(std::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') continue;
    ++i;
    if (i == text.size() || (text[i] != '%' && text[i] != '_' && text[i] != '\\')) return false;
  }
  return true;
}

Status CheckCount(const PartitionTerm& term, std::string_view op) {
  const bool property = !term.recipient_property_key.empty();
  if (property && !term.values.empty()) {
    return Refuse("a partition value is given by 'value' or by 'recipient_property_key', not both");
  }
  if (term.op == PartitionOp::kIn) {
    if (property) return Refuse("a 'recipient_property_key' cannot go with IN");
    return term.values.empty() ? Refuse("IN needs a value") : Status();
  }
  if (term.values.size() > 1) return Refuse(fmt::format("{} takes one value", op));
  const bool null = term.values.empty() && !property;
  if (null && term.op != PartitionOp::kEqual) return Refuse(fmt::format("{} needs a value", op));
  return {};
}

Status CheckTerm(const PartitionTerm& term) {
  const std::string_view op = PartitionOpName(term.op);
  if (op.empty()) return Refuse("an unknown operation on partition values");
  if (term.column.empty()) return Refuse("a partition value needs the name of its column");
  if (std::max(term.column.size(), term.recipient_property_key.size()) > kMaxPartitionName) {
    return Refuse(
        fmt::format("the name of a partition column or of a recipient's property has "
                    "more than {} bytes",
                    kMaxPartitionName));
  }
  TRY(CheckCount(term, op));
  for (const std::string& value : term.values) {
    if (value.size() > kMaxPartitionValue) {
      return Refuse(fmt::format("a partition value has more than {} bytes", kMaxPartitionValue));
    }
    if (term.op == PartitionOp::kLike && !IsPattern(value)) {
      return Refuse("in a LIKE pattern a backslash stands before %, _ or another backslash");
    }
  }
  return {};
}

size_t ValuesOf(const PartitionTerm& term) { return std::max<size_t>(term.values.size(), 1); }

size_t BytesOf(const PartitionTerm& term) {
  size_t bytes = term.column.size() + term.recipient_property_key.size();
  for (const std::string& value : term.values) bytes += value.size();
  return bytes;
}

// Texts one behind another, each with its length, so that two lists never come to one text.
std::string Joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += fmt::format("{}:{}", text.size(), text);
  return all;
}

std::vector<std::string> Ordered(std::vector<std::string> texts) {
  std::ranges::sort(texts);
  const auto same = std::ranges::unique(texts);
  texts.erase(same.begin(), same.end());
  return texts;
}

std::string CanonicalText(const PartitionTerm& term) {
  return Joined({term.column, std::string(PartitionOpName(term.op)), Joined(Ordered(term.values)),
                 term.recipient_property_key});
}

std::unexpected<Error> Undefined(const std::string& key, std::string_view why) {
  return Fail(Code::kPermissionDenied,
              "The table is restricted by a property of its recipients that is not defined for "
              "you, please contact your share provider.",
              fmt::format("recipient property '{}' {}", key, why),
              "DELTA_SHARING_CURRENT_RECIPIENT_PROPERTY_UNDEFINED");
}

Status BindTerm(const RecipientProperties& properties, PartitionTerm& term) {
  if (term.recipient_property_key.empty()) return {};
  const auto property = properties.find(term.recipient_property_key);
  if (property == properties.end()) return Undefined(term.recipient_property_key, "is not defined");
  term.values = {property->second};
  term.recipient_property_key.clear();
  if (!CheckTerm(term)) return Undefined(property->first, "cannot be a partition value");
  return {};
}

}  // namespace

std::string_view PartitionOpName(PartitionOp op) {
  const auto known = std::ranges::find(kOps, op, &std::pair<PartitionOp, std::string_view>::first);
  return known == kOps.end() ? std::string_view() : known->second;
}

std::optional<PartitionOp> ParsePartitionOp(std::string_view name) {
  const auto known =
      std::ranges::find(kOps, name, &std::pair<PartitionOp, std::string_view>::second);
  return known == kOps.end() ? std::nullopt : std::optional(known->first);
}

Status CheckPartitionFilter(const PartitionFilter& filter) {
  if (filter.tuples.empty()) return Refuse("a partition filter needs a partition");
  if (filter.tuples.size() > kMaxPartitionTuples) {
    return Refuse(fmt::format("a table is shared by at most {} partitions", kMaxPartitionTuples));
  }
  size_t values = 0;
  size_t bytes = 0;
  for (const PartitionTuple& tuple : filter.tuples) {
    if (tuple.empty()) return Refuse("a partition needs a value");  // it would be the whole table
    if (tuple.size() > kMaxPartitionTerms) {
      return Refuse(fmt::format("a partition has at most {} values", kMaxPartitionTerms));
    }
    for (const PartitionTerm& term : tuple) {
      TRY(CheckTerm(term));
      values += ValuesOf(term);
      bytes += BytesOf(term);
    }
  }
  if (values > kMaxPartitionValues) {
    return Refuse(fmt::format("the partitions of a table have at most {} values in all",
                              kMaxPartitionValues));
  }
  if (bytes > kMaxPartitionText) {
    return Refuse(fmt::format("the partitions of a table have at most {} bytes of names and values",
                              kMaxPartitionText));
  }
  return {};
}

Result<std::shared_ptr<const PartitionFilter>> Bind(const PartitionFilter& filter,
                                                    const RecipientProperties& properties) {
  TRY(CheckPartitionFilter(filter));
  auto bound = std::make_shared<PartitionFilter>(filter);
  for (PartitionTuple& tuple : bound->tuples) {
    for (PartitionTerm& term : tuple) TRY(BindTerm(properties, term));
  }
  TRY(CheckPartitionFilter(*bound));  // properties may be long
  bound->hash = HashOf(*bound);
  return bound;
}

std::string HashOf(const PartitionFilter& filter) {
  std::vector<std::string> tuples;
  for (const PartitionTuple& tuple : filter.tuples) {
    std::vector<std::string> terms;
    for (const PartitionTerm& term : tuple) terms.push_back(CanonicalText(term));
    tuples.push_back(Joined(Ordered(std::move(terms))));
  }
  const crypto::Digest digest = crypto::Sha256(Joined(Ordered(std::move(tuples))));
  std::string hash;
  AppendHex(crypto::View(digest), hash);
  return hash;
}

}  // namespace sluice::catalog
