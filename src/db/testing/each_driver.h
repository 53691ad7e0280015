// db/testing/each_driver.h -- a test that runs on each driver.
//
//   class BookTest : public db::testing::EachDriver {
//     void Prepare() override { database_ = place_->Open(); }
//   };
//   INSTANTIATE_TEST_SUITE_P(Each, BookTest, db::testing::Drivers(), db::testing::DriverName);
//
// Tests of a driver that this machine lacks are skipped, and say so.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "db/testing/temp_database.h"

namespace sluice::db::testing {

inline bool IsInstalled(Where where) {
  return where == Where::kSqlite || !PostgresServer::Binaries().empty();
}
inline constexpr const char* kNotInstalled = "no PostgreSQL is installed";

inline auto Drivers() { return ::testing::Values(Where::kSqlite, Where::kPostgres); }

inline std::string NameOf(Where where) { return where == Where::kSqlite ? "Sqlite" : "Postgres"; }
inline std::string DriverName(const ::testing::TestParamInfo<Where>& one) {
  return NameOf(one.param);
}

class EachDriver : public ::testing::TestWithParam<Where> {
 protected:
  void SetUp() final {
    if (!IsInstalled(GetParam())) GTEST_SKIP() << kNotInstalled;
    place_.emplace(GetParam());
    Prepare();
  }
  virtual void Prepare() {}

  std::optional<TempDatabase> place_;
};

}  // namespace sluice::db::testing
