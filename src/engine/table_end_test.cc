// A program that goes on with a Delta table: what it finds there is what it wrote last, whatever
// others did to the table meanwhile.
#include "engine/table_end.h"

#include "base/testing/matchers.h"
#include "engine/sql_text.h"
#include "engine/table_writer.h"
#include "storage/testing/temp_folder.h"

namespace sluice::engine {
namespace {

namespace fs = std::filesystem;
using ::sluice::testing::IsError;
using ::sluice::testing::IsOk;

constexpr std::string_view kSchema =
    R"({"type":"struct","fields":[{"name":"n","type":"long","nullable":true,"metadata":{}}]})";

class TableEndTest : public ::testing::Test {
 protected:
  // The next version: one file of one row.
  Status Append(TableWriter& writer, std::optional<delta::Transaction> transaction,
                std::string user_metadata = "") {
    delta::Commit commit;
    if (version_ == 0) {
      commit.protocol = delta::Protocol{};
      commit.metadata = delta::Metadata{};
      commit.metadata->id = "11111111-2222-3333-4444-555555555555";
      commit.metadata->schema_string = kSchema;
    }
    commit.time = FromUnixMillis(1'735'689'600'000 + version_);
    commit.transaction = std::move(transaction);
    commit.user_metadata = std::move(user_metadata);
    commit.adds = {TRY(writer.WriteFile({.name = std::to_string(version_) + ".parquet",
                                         .select = "SELECT 1::BIGINT AS n",
                                         .time = commit.time,
                                         .durable = true}))};
    TRY(writer.Write(commit));
    ++version_;
    return {};
  }
  TableWriter Writer() { return TableWriter::Open(engine_, table_, version_).value(); }
  Result<std::optional<TableEnd>> End() { return FindTableEnd(engine_, table_, "mine"); }

  storage::testing::TempFolder folder_;
  const fs::path table_ = folder_.path() / "t";
  Engine engine_{{}};
  int64_t version_ = 0;
};

TEST_F(TableEndTest, ThereIsNoTable) {
  EXPECT_FALSE(End().value().has_value());
  fs::create_directories(table_ / "_delta_log");
  EXPECT_FALSE(End().value().has_value());
}

TEST_F(TableEndTest, TheNewestTransactionOfThisProgram) {
  TableWriter first = Writer();
  ASSERT_THAT(Append(first, delta::Transaction{"mine", 10}, "a"), IsOk());
  // Another process goes on, and others write, too.
  TableWriter later = Writer();
  ASSERT_THAT(Append(later, delta::Transaction{"mine", 20}, "b"), IsOk());
  ASSERT_THAT(Append(later, delta::Transaction{"yours", 99}, "c"), IsOk());
  ASSERT_THAT(Append(later, std::nullopt, "d"), IsOk());
  const auto end = End().value();
  ASSERT_TRUE(end.has_value());
  EXPECT_EQ(end->version, 3);
  EXPECT_EQ(end->metadata.schema_string, kSchema);
  ASSERT_TRUE(end->transaction.has_value());
  EXPECT_EQ(end->transaction->version, 20);
  EXPECT_EQ(end->user_metadata, "b");
  EXPECT_FALSE(FindTableEnd(engine_, table_, "nobody").value()->transaction.has_value());
}

TEST_F(TableEndTest, WhoWasFasterIsNotOverwritten) {
  TableWriter one = Writer();
  TableWriter other = Writer();
  ASSERT_THAT(Append(one, delta::Transaction{"mine", 10}), IsOk());
  version_ = 0;
  EXPECT_THAT(Append(other, delta::Transaction{"mine", 10}), IsError(Code::kAlreadyExists));
  EXPECT_EQ(End().value()->version, 0);
}

// Others make checkpoints and clean up the commits before them.
TEST_F(TableEndTest, ATransactionThatOnlyACheckpointKnows) {
  TableWriter writer = Writer();
  ASSERT_THAT(Append(writer, delta::Transaction{"mine", 10}, "a"), IsOk());
  ASSERT_THAT(Append(writer, std::nullopt), IsOk());
  ASSERT_THAT(writer.WriteCheckpoint(), IsOk());
  const fs::path checkpoint = table_ / "_delta_log/00000000000000000001.checkpoint.parquet";
  const std::string file = SqlString(checkpoint.string());
  const std::string with_txn =
      "SELECT * REPLACE (CASE WHEN protocol IS NOT NULL THEN {'appId': 'mine', 'version': "
      "10::BIGINT, 'lastUpdated': 1::BIGINT} ELSE NULL END AS txn) FROM read_parquet(" +
      file + ")";
  ASSERT_THAT(engine_.Execute("CREATE TABLE c AS " + with_txn), IsOk());
  ASSERT_THAT(engine_.Execute("COPY c TO " + file + " (FORMAT parquet)"), IsOk());
  fs::remove(table_ / "_delta_log/00000000000000000000.json");
  const auto end = End();
  ASSERT_THAT(end, IsOk());
  ASSERT_TRUE((*end)->transaction.has_value());
  EXPECT_EQ((*end)->transaction->version, 10);
  EXPECT_EQ((*end)->user_metadata, "");
}

TEST_F(TableEndTest, ABrokenLogIsRefused) {
  TableWriter writer = Writer();
  ASSERT_THAT(Append(writer, std::nullopt), IsOk());
  ASSERT_THAT(Append(writer, std::nullopt), IsOk());
  ASSERT_THAT(Append(writer, std::nullopt), IsOk());
  fs::remove(table_ / "_delta_log/00000000000000000001.json");
  EXPECT_THAT(End(), IsError(Code::kCorrupt));
}

}  // namespace
}  // namespace sluice::engine
