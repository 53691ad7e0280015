#include "catalog/recipient_view.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/encoding.h"
#include "catalog/share_contents.h"
#include "catalog/share_grants.h"

namespace sluice::catalog {
namespace {

constexpr char kBetween = '\x1f';  // no name holds it

const Securable* SourceOf(const Picture& picture, const ShareContents::Table& table) {
  const Securable* object = picture.Find(table.object->object);
  if (object == nullptr || table.object->kind == Kind::kTable) return object;
  return picture.FindChild(Kind::kTable, object->id, table.shared->name);
}

TableOfRecipient Told(const Picture& picture, const Resolver& resolver, const Securable& recipient,
                      const ShareContents::Table& table, const Grant& grant) {
  const SharedTable& shared = *table.shared;
  TableOfRecipient told{.share = shared.share,
                        .schema = shared.schema,
                        .name = shared.name,
                        .id = shared.id,
                        .source = SourceOf(picture, table),
                        .object = table.object,
                        .grant = &grant};
  auto found =
      resolver.FindTable("recipient:" + recipient.id, {shared.share, shared.schema, shared.name});
  if (found) {
    told.shared = *std::move(found);
  } else {
    told.reason = std::move(found).error().message;
  }
  return told;
}

std::string Quoted(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'') quoted += c;
    quoted += c;
  }
  return quoted + '\'';
}

std::string_view Sign(PartitionOp op) {
  switch (op) {
    case PartitionOp::kEqual: return " = ";
    case PartitionOp::kLike: return " LIKE ";
    case PartitionOp::kIn: return " IN ";
    case PartitionOp::kGreaterThan: return " > ";
    case PartitionOp::kGreaterThanOrEqual: return " >= ";
    case PartitionOp::kLessThan: return " < ";
    case PartitionOp::kLessThanOrEqual: return " <= ";
  }
  std::unreachable();
}

std::string TermText(const PartitionTerm& term) {
  std::string text = term.column;
  if (!term.recipient_property_key.empty()) {
    return text + std::string(Sign(term.op)) + "CURRENT_RECIPIENT()." + term.recipient_property_key;
  }
  if (term.op == PartitionOp::kEqual && term.values.empty()) return text + " IS NULL";
  text += Sign(term.op);
  std::string values;
  for (const std::string& value : term.values) {
    values += (values.empty() ? "" : ", ") + Quoted(value);
  }
  return text + (term.op == PartitionOp::kIn ? "(" + values + ")" : values);
}

}  // namespace

void VisitTablesOf(
    const Picture& picture, const Resolver& resolver, const Securable& recipient,
    std::string_view after, TimePoint now,
    const std::function<bool(const std::string& place, const TableOfRecipient&)>& visit) {
  const std::string_view first_share = after.substr(0, after.find(kBetween));
  picture.VisitSharesOf(recipient.id, [&](const Securable& share) {
    const Grant* grant = GrantOf(share, recipient.id);
    const std::string folded = AsciiLower(share.name);
    if (grant == nullptr || !grant->HoldsAt(now) || folded < first_share) return true;
    const ShareContents contents(picture, picture.FindShared(share.id), now);
    std::vector<std::pair<std::string, const ShareContents::Table*>> tables;
    for (const ShareContents::Table& table : contents.tables()) {
      std::string place = folded + kBetween + AsciiLower(table.shared->schema) + kBetween +
                          AsciiLower(table.shared->name);
      if (place > after) tables.emplace_back(std::move(place), &table);
    }
    std::ranges::sort(tables);
    return std::ranges::all_of(tables, [&](const auto& one) {
      return visit(one.first, Told(picture, resolver, recipient, *one.second, *grant));
    });
  });
}

std::optional<TableOfRecipient> FindTableOf(const Picture& picture, const Resolver& resolver,
                                            const Securable& recipient, const TableName& name,
                                            TimePoint now) {
  const Securable* share = picture.FindChild(Kind::kShare, picture.metastore().id, name.share);
  const Grant* grant = share == nullptr ? nullptr : GrantOf(*share, recipient.id);
  if (grant == nullptr || !grant->HoldsAt(now)) return std::nullopt;
  const ShareContents contents(picture, picture.FindShared(share->id), now);
  const ShareContents::Table* table = contents.Find(name.schema, name.table);
  if (table == nullptr) return std::nullopt;
  return Told(picture, resolver, recipient, *table, *grant);
}

std::string FilterText(const PartitionFilter& filter) {
  std::string text;
  for (const PartitionTuple& tuple : filter.tuples) {
    std::string terms;
    for (const PartitionTerm& term : tuple) {
      terms += (terms.empty() ? "" : " AND ") + TermText(term);
    }
    const bool alone = filter.tuples.size() == 1;
    text += (text.empty() ? "" : " OR ") + (alone || tuple.size() == 1 ? terms : "(" + terms + ")");
  }
  return text;
}

}  // namespace sluice::catalog
