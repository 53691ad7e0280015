// catalog/recipient_view.h -- what a recipient gets, for those who answer for it.
//
// What is said of a table comes from the resolver that serves the recipient itself: it cannot
// differ. Tables that the recipient would be refused are told, too, with the reason.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "catalog/picture.h"
#include "catalog/resolver.h"

namespace sluice::catalog {

struct TableOfRecipient {
  std::string share;
  std::string schema;
  std::string name;
  std::string id;
  const Securable* source = nullptr;     // null: gone
  const SharedObject* object = nullptr;  // that it comes with
  const Grant* grant = nullptr;
  std::shared_ptr<const SharedTable> shared{};  // as the recipient gets it; null: refused
  std::string reason{};                         // of the refusal
};

// By share, schema and name, all in any case, behind `after` (a place; empty: from the first),
// until `visit` returns false. What is visited is valid during the call.
void VisitTablesOf(
    const Picture& picture, const Resolver& resolver, const Securable& recipient,
    std::string_view after, TimePoint now,
    const std::function<bool(const std::string& place, const TableOfRecipient&)>& visit);

// One of them. `name` as the recipient knows it. Nothing: the recipient does not know it.
std::optional<TableOfRecipient> FindTableOf(const Picture& picture, const Resolver& resolver,
                                            const Securable& recipient, const TableName& name,
                                            TimePoint now);

// What a filter keeps, as SQL: "country = 'DE' AND day >= '2024-01-01'". Empty: all.
std::string FilterText(const PartitionFilter& filter);

}  // namespace sluice::catalog
