#include "server/demo_tables.h"

#include <map>
#include <set>

#include "base/encoding.h"
#include "base/testing/matchers.h"
#include "engine/engine.h"

namespace sluice::server {
namespace {

using testing::IsOk;

TEST(DemoTablesTest, CommitsFollowEachOtherInTime) {
  for (const auto& table : DemoTables()) {
    for (size_t i = 1; i < table.commits.size(); ++i) {
      EXPECT_LT(table.commits[i - 1].time, table.commits[i].time) << table.name << " " << i;
    }
    EXPECT_LT(table.checkpoint_version, static_cast<int>(table.commits.size())) << table.name;
  }
}

TEST(DemoTablesTest, SourcesHaveTheColumnsAndTypesOfTheTables) {
  const std::map<std::string, std::string> types = {{"BIGINT", "long"},
                                                    {"INTEGER", "integer"},
                                                    {"DOUBLE", "double"},
                                                    {"VARCHAR", "string"},
                                                    {"BOOLEAN", "boolean"},
                                                    {"DATE", "date"},
                                                    {"TIMESTAMP WITH TIME ZONE", "timestamp"}};
  engine::Engine engine({GiB(1), 2, {}});
  for (const auto& source : DemoSources()) ASSERT_THAT(engine.Execute(source.sql), IsOk());
  for (const auto& table : DemoTables()) {
    std::map<std::string, std::string> columns;
    for (const auto& column : table.columns) columns[column.name] = column.delta_type;
    std::set<std::string> sources;
    for (const auto& commit : table.commits) {
      if (!commit.source.empty()) sources.insert(commit.source);
    }
    for (const auto& source : sources) {
      const auto described =
          engine.Query("SELECT column_name, column_type FROM (DESCRIBE " + source + ")");
      ASSERT_THAT(described, IsOk());
      std::map<std::string, std::string> found;
      for (const auto& row : described->rows) {
        const std::string& type = *row[1];
        found[*row[0]] = types.contains(type) ? types.at(type) : AsciiLower(type);
      }
      EXPECT_EQ(found, columns) << source;
    }
  }
}

}  // namespace
}  // namespace sluice::server
