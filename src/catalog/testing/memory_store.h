// catalog/testing/memory_store.h -- a Store that forgets everything with the process.
#pragma once

#include <map>

#include "catalog/catalog.h"

namespace sluice::catalog::testing {

class MemoryStore final : public Store {
 public:
  Result<Picture> Load() override {
    Picture picture;
    for (const auto& [key, row] : rows_) {
      if (row.securable) picture.Put(row.securable);
      if (row.principal) picture.Put(row.principal);
      if (row.token) picture.Put(row.token);
      if (row.session) picture.Put(row.session);
      if (row.request) picture.Put(row.request);
    }
    return picture;
  }
  Result<int64_t> Write(const std::vector<RowChange>& changes, int64_t generation) override {
    if (fail_next) {
      fail_next = false;
      return Fail(Code::kUnavailable, "the disk is full");
    }
    if (generation != generation_) return Fail(Code::kConflict, "somebody else wrote");
    for (const RowChange& row : changes) {
      const auto key = std::pair(static_cast<int>(row.what), row.id);
      if (!row.securable && !row.principal && !row.token && !row.session && !row.request) {
        rows_.erase(key);
      } else {
        rows_[key] = row;
      }
    }
    return ++generation_;
  }
  Result<int64_t> Generation() override { return generation_; }

  bool fail_next = false;

 private:
  std::map<std::pair<int, Id>, RowChange> rows_;
  int64_t generation_ = 0;
};

}  // namespace sluice::catalog::testing
