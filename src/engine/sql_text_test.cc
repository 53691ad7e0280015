#include "engine/sql_text.h"

#include "base/testing/matchers.h"

namespace sluice::engine {
namespace {

using testing::IsError;
using testing::IsOkAnd;

TEST(SqlTextTest, QuotesAreDoubled) {
  EXPECT_EQ(SqlString("it's"), "'it''s'");
  EXPECT_EQ(SqlString(""), "''");
  EXPECT_EQ(SqlString("a\\\"b"), "'a\\\"b'");
  EXPECT_EQ(SqlName("a \"b\" 'c'"), "\"a \"\"b\"\" 'c'\"");
}

TEST(SqlTextTest, FilesAreNoPatterns) {
  EXPECT_THAT(SqlFile("/a/it's.parquet"), IsOkAnd(std::string("'/a/it''s.parquet'")));
  EXPECT_THAT(SqlFile("/a[1]/*?"), IsOkAnd(std::string("'/a[[]1]/[*][?]'")));
  EXPECT_THAT(SqlFile("/a\\b"), IsOkAnd(std::string("'/a\\b'")));
  EXPECT_THAT(SqlFile("/a\\b*"), IsError(Code::kUnsupported));
}

}  // namespace
}  // namespace sluice::engine
