// Rows of tables that others wrote are those that their writers expect.
#include "engine/row_reader.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "base/clock.h"
#include "base/testing/matchers.h"
#include "delta/snapshots.h"
#include "delta/testing/test_table.h"
#include "engine/columns.h"
#include "engine/database.h"
#include "engine/engine.h"
#include "engine/parquet_fields.h"
#include "engine/row_sql.h"
#include "engine/sql_text.h"

namespace sluice::engine {
namespace {

namespace fs = std::filesystem;
using sluice::testing::IsError;
using sluice::testing::IsOk;

constexpr size_t kAll = 10'000'000;

class Tables : public ::testing::Test {
 protected:
  Result<RowsRead> Read(const std::string& location, const RowsWanted& wanted,
                        RowLimits limits = {.answer = GiB(1), .time = Millis(600'000)}) {
    const auto snapshot = TRY(snapshots_.Latest(location));
    const RowReader reader(database_, limits);
    const auto open = [this](const std::string& at) { return snapshots_.Store(at); };
    return reader.Read({snapshot, location, external_, open}, wanted);
  }

  // All rows, in some order.
  Result<std::vector<std::string>> Sorted(const std::string& location) {
    RowsRead read = TRY(Read(location, {.most = kAll}));
    EXPECT_FALSE(read.more);
    std::ranges::sort(read.rows);
    return read.rows;
  }

  // The rows of plain Parquet files, as the columns of the table.
  Result<std::vector<std::string>> Expected(const std::string& location,
                                            const std::vector<fs::path>& files) {
    const auto snapshot = TRY(snapshots_.Latest(location));
    const auto fields = TRY(delta::ReadSchemaTree(snapshot->metadata().schema_string));
    std::vector<WantedColumn> wanted;
    for (const auto& field : fields) wanted.push_back({&field});
    std::vector<std::string> all;
    for (const fs::path& file : files) {
      Connection connection = TRY(database_.Connect());
      const std::string literal = TRY(SqlFile(file.string()));
      const ColumnType columns = TRY(ReadFileColumns(connection, literal, FieldIds::kNone));
      const std::string sql =
          TRY(RowStatement(literal, columns, wanted, delta::ColumnMapping::kNone));
      Rows rows = TRY(connection.Run(sql));
      while (true) {
        const Chunk chunk = TRY(rows.Next());
        if (chunk.size() == 0) break;
        const TextColumn texts(connection.api(), chunk.vector(1));
        for (idx_t row = 0; row < chunk.size(); ++row) all.emplace_back(texts.At(row));
      }
    }
    std::ranges::sort(all);
    return all;
  }

  static std::vector<fs::path> ParquetIn(const fs::path& folder) {
    std::vector<fs::path> files;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      if (entry.path().extension() == ".parquet") files.push_back(entry.path());
    }
    return files;
  }

  Database database_{{MiB(512), 2, {}}};
  Engine engine_{{MiB(512), 2, {}}};
  SystemClock clock_;
  Metrics metrics_;
  SecureRandom random_;
  delta::ExternalLocations external_;
  storage::Stores stores_{{clock_, random_, metrics_}};
  delta::Snapshots snapshots_{stores_, engine_.checkpoint_reader(), clock_, metrics_, {}};
};

// Tables whose expected rows are not compared, and why.
const std::map<std::string, std::string> kOthers = {
    {"delta-tables/golden/data-reader-partition-values/delta",
     "a time without a zone in a partition value: expected in the zone of who wrote it, read in "
     "UTC"},
    {"spark-tables/many_files", "takes long; the files are like those of the others"},
};

TEST_F(Tables, OfOthersHaveTheRowsThatAreExpected) {
  const fs::path shared = SLUICE_SHARED_DIR;
  if (!fs::exists(shared / "delta-tables")) GTEST_SKIP() << "no tables in " << shared;
  std::vector<std::pair<fs::path, std::vector<fs::path>>> tables;
  for (const auto& entry : fs::directory_iterator(shared / "delta-tables/golden")) {
    if (!fs::exists(entry.path() / "expected")) continue;
    tables.emplace_back(entry.path() / "delta", ParquetIn(entry.path() / "expected"));
  }
  for (const auto& entry : fs::directory_iterator(shared / "spark-tables")) {
    const fs::path rows =
        shared / "spark-tables/_expected" / entry.path().filename() / "expected.parquet";
    if (fs::exists(rows)) tables.emplace_back(entry.path(), std::vector{rows});
  }
  std::set<std::string> right;
  for (const auto& [table, files] : tables) {
    const std::string name = table.lexically_relative(shared).string();
    SCOPED_TRACE(name);
    if (kOthers.contains(name)) continue;
    const auto read = Sorted(table.string());
    if (!read) {
      ADD_FAILURE() << read.error().message << " | " << read.error().detail;
      continue;
    }
    const auto expected = Expected(table.string(), files);
    ASSERT_THAT(expected, IsOk());
    EXPECT_EQ(read->size(), expected->size());
    if (*read != *expected) {
      for (size_t i = 0; i < std::min<size_t>(2, std::min(read->size(), expected->size())); ++i) {
        ADD_FAILURE() << "read     " << (*read)[i] << "\nexpected " << (*expected)[i];
      }
    }
    right.insert(name);
  }
  EXPECT_GE(right.size(), 60U);
}

}  // namespace
}  // namespace sluice::engine
