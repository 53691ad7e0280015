// catalog/testing/one_table.h -- a catalog of one table, or of none, for tests of what serves it.
#pragma once

#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "catalog/resolver.h"

namespace sluice::catalog::testing {

// Knows its table by its id, and by whatever name it is asked for; lists nothing.
class OneTable final : public Resolver {
 public:
  OneTable() = default;  // none
  explicit OneTable(SharedTable table)
      : table_(std::make_shared<const SharedTable>(std::move(table))) {}

  std::vector<ShareName> Shares(std::string_view /*principal*/) const override { return {}; }
  Result<std::shared_ptr<const GrantedShare>> FindShare(std::string_view /*principal*/,
                                                        std::string_view /*share*/) const override {
    return Fail(Code::kNotFound, "none");
  }
  Result<std::shared_ptr<const SharedTable>> FindTable(std::string_view principal,
                                                       const TableName& /*name*/) const override {
    if (table_ == nullptr) return Fail(Code::kNotFound, "none");
    return FindTableById(principal, table_->id);
  }
  // The principal is "me".
  Result<std::shared_ptr<const SharedTable>> FindTableById(std::string_view principal,
                                                           std::string_view id) const override {
    const bool known = table_ != nullptr && principal == "me" && id == table_->id;
    if (!known) return Fail(Code::kNotFound, "none");
    return table_;
  }

 private:
  std::shared_ptr<const SharedTable> table_;
};

}  // namespace sluice::catalog::testing
