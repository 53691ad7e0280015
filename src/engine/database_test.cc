#include "engine/database.h"

#include <optional>

#include "base/testing/matchers.h"
#include "engine/columns.h"

namespace sluice::engine {
namespace {

using testing::IsError;
using testing::IsOk;

Result<int64_t> Sum(Rows& rows, const DuckdbApi& api) {
  int64_t sum = 0;
  while (true) {
    const Chunk chunk = TRY(rows.Next());
    if (chunk.size() == 0) return sum;
    const NumberColumn<int64_t> numbers(api, chunk.vector(0));
    for (idx_t row = 0; row < chunk.size(); ++row) sum += numbers.At(row);
  }
}

TEST(DatabaseTest, StreamsAllRows) {
  Database database({MiB(256), 2, {}});
  Connection connection = *database.Connect();
  Rows rows = *connection.Stream("SELECT i::BIGINT FROM range(100000) r(i)");
  EXPECT_EQ(*Sum(rows, connection.api()), int64_t{100000} * 99999 / 2);
}

TEST(DatabaseTest, FailureInTheMiddleOfAStreamIsAnError) {
  Database database({MiB(256), 1, {}});
  Connection connection = *database.Connect();
  auto rows = connection.Stream(
      "SELECT CASE WHEN i < 5000000 THEN i ELSE error('stop') END::BIGINT FROM range(6000000) "
      "r(i)");
  ASSERT_THAT(rows, IsOk());
  EXPECT_THAT(Sum(*rows, connection.api()), IsError(Code::kInternal));
}

TEST(DatabaseTest, RowsOutliveTheirStatementButNotTheNext) {
  Database database({MiB(256), 1, {}});
  Connection connection = *database.Connect();
  std::optional<Rows> rows(*connection.Run("SELECT 42::BIGINT AS answer"));
  EXPECT_EQ(rows->columns(), 1U);
  EXPECT_EQ(rows->ColumnName(0), "answer");
  Rows moved = *std::move(rows);
  rows.reset();
  EXPECT_EQ(*Sum(moved, connection.api()), 42);
}

TEST(DatabaseTest, UnreadStreamsAreCleanedUp) {
  Database database({MiB(256), 1, {}});
  for (int i = 0; i < 3; ++i) {
    Connection connection = *database.Connect();
    Rows rows = *connection.Stream("SELECT i FROM range(100000) r(i)");
    EXPECT_GT(rows.Next()->size(), 0U);
  }
  EXPECT_THAT(database.Connect()->Run("SELECT 1"), IsOk());
}

TEST(DatabaseTest, FolderForTemporaryFilesNeedNotExist) {
  Database database({MiB(256), 1, "/dev/null/no-folder"});
  EXPECT_THAT(database.Connect(), IsOk());
}

}  // namespace
}  // namespace sluice::engine
