#include "audit/anchor.h"

#include "audit/testing/fake_database.h"
#include "base/testing/matchers.h"

namespace sluice::audit {
namespace {

using ::sluice::testing::IsError;
using ::sluice::testing::IsOkAnd;
using ::testing::Eq;
using ::testing::Optional;

TEST(DatabaseAnchors, KeepTheNewestOfEachLog) {
  testing::FakeDatabase database;
  DatabaseAnchors anchors(database);
  DatabaseAnchors others(database, "other");
  EXPECT_THAT(anchors.Load(), IsOkAnd(Eq(std::nullopt)));
  const Head first = {7, crypto::Sha256("seven")};
  const Head second = {9, crypto::Sha256("nine")};
  ASSERT_TRUE(anchors.Save(first, FromUnixMillis(1)).has_value());
  ASSERT_TRUE(anchors.Save(second, FromUnixMillis(2)).has_value());
  ASSERT_TRUE(others.Save(first, FromUnixMillis(3)).has_value());
  EXPECT_THAT(anchors.Load(), IsOkAnd(Optional(second)));
  EXPECT_THAT(others.Load(), IsOkAnd(Optional(first)));
}

TEST(DatabaseAnchors, RefuseARowThatIsNone) {
  testing::FakeDatabase database;
  DatabaseAnchors anchors(database);
  ASSERT_TRUE(anchors.Save({0, {}}, {}).has_value());
  EXPECT_THAT(anchors.Load(), IsError(Code::kCorrupt));
}

TEST(Migrations, MakeTheTables) { EXPECT_EQ(Migrations().size(), 2U); }

}  // namespace
}  // namespace sluice::audit
