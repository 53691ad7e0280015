// audit/testing/fake_database.h -- a db::Database that knows the statements of the anchors, and
// fails when it is told to.
#pragma once

#include <map>
#include <mutex>
#include <string>

#include "db/database.h"

namespace sluice::audit::testing {

class FakeDatabase final : public db::Database, private db::Session {
 public:
  Status Migrate(std::span<const db::Migration> /*migrations*/) override { return {}; }
  Status Write(const std::function<Status(db::Session&)>& change) override {
    const std::lock_guard lock(mutex_);
    if (failing) return Fail(Code::kUnavailable, "the database is full");
    ++writes;
    return change(*this);
  }
  Status Read(const std::function<Status(db::Session&)>& read) override {
    const std::lock_guard lock(mutex_);
    return read(*this);
  }
  Result<int64_t> Generation() override { return writes; }
  Status Backup(const std::string& /*path*/) override { return {}; }

  bool failing = false;
  int writes = 0;

 private:
  Result<int64_t> Run(std::string_view sql, const db::Row& values) override {
    if (!sql.starts_with("INSERT INTO audit_anchors")) return Fail(Code::kInternal, "not known");
    rows_[std::get<std::string>(values.at(0))] = {values.at(1), values.at(2)};
    return 1;
  }
  Status Query(std::string_view sql, const db::Row& values,
               const std::function<Status(const db::Row&)>& row) override {
    if (!sql.starts_with("SELECT sequence, hash")) return Fail(Code::kInternal, "not known");
    const auto found = rows_.find(std::get<std::string>(values.at(0)));
    return found == rows_.end() ? Status() : row(found->second);
  }
  Result<std::vector<db::TableShape>> Tables() override { return {}; }

  std::mutex mutex_;
  std::map<std::string, db::Row> rows_;
};

}  // namespace sluice::audit::testing
