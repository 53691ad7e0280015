// Privileges given and taken, and what is told of them.
#include "catalog/grants.h"

#include <gmock/gmock.h>

#include "base/testing/matchers.h"
#include "catalog/testing/share_catalog.h"

namespace sluice::catalog {
namespace {

using sluice::testing::IsError;
using sluice::testing::IsOk;
using std::chrono::hours;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using enum Privilege;

class GrantsTest : public ::testing::Test, public testing::ShareCatalog {
 protected:
  Status Give(const Caller& by, Kind kind, std::string_view name, const std::string& to,
              std::vector<std::string> add, std::vector<std::string> remove = {}) {
    return UpdateGrants(*catalog, by, {kind, name},
                        {{.principal = to, .add = std::move(add), .remove = std::move(remove)}});
  }
  // "bob@example.org: SELECT, MODIFY < CATALOG main"
  Result<std::vector<std::string>> List(const Caller& by, Kind kind, std::string_view name,
                                        const GrantQuery& query = {}) {
    const auto picture = Now();
    const Access access(*picture, by.principal, clock.Now());
    std::vector<std::string> lines;
    const std::vector<Assignment> found =
        TRY(ListGrants(*picture, access, clock.Now(), {kind, name}, query));
    for (const Assignment& one : found) {
      for (const HeldPrivilege& held : one.privileges) {
        std::string line = one.name + ": " + std::string(PrivilegeName(held.privilege));
        if (held.inherited_from != nullptr) line += " < " + picture->FullName(*held.inherited_from);
        lines.push_back(std::move(line));
      }
    }
    std::ranges::sort(lines);
    return lines;
  }
  std::vector<std::string> Bobs(Inherited inherited, Kind kind, std::string_view name) {
    return *List(root, kind, name, {inherited, "bob@example.org"});
  }
};

TEST_F(GrantsTest, BothSpellingsAndEachPairOnce) {
  ASSERT_THAT(Give(root, Kind::kCatalog, "main", "Bob@Example.org",
                   {"USE CATALOG", "use_catalog", "SELECT"}),
              IsOk());
  EXPECT_THAT(Bobs(Inherited::kNo, Kind::kCatalog, "main"),
              ElementsAre("bob@example.org: SELECT", "bob@example.org: USE_CATALOG"));
  ASSERT_THAT(Give(root, Kind::kCatalog, "main", "bob@example.org", {}, {"SELECT", "MODIFY"}),
              IsOk());
  EXPECT_THAT(Bobs(Inherited::kNo, Kind::kCatalog, "main"),
              ElementsAre("bob@example.org: USE_CATALOG"));
}

TEST_F(GrantsTest, AllPrivilegesIsAnEntryOfItsOwn) {
  ASSERT_THAT(Give(root, Kind::kTable, "main.sales.orders", "bob@example.org",
                   {"SELECT", "ALL PRIVILEGES"}),
              IsOk());
  ASSERT_THAT(Give(root, Kind::kTable, "main.sales.orders", "bob@example.org", {}, {"MODIFY"}),
              IsOk());
  EXPECT_THAT(Bobs(Inherited::kNo, Kind::kTable, "main.sales.orders"),
              ElementsAre("bob@example.org: ALL_PRIVILEGES", "bob@example.org: SELECT"));
  ASSERT_THAT(
      Give(root, Kind::kTable, "main.sales.orders", "bob@example.org", {}, {"ALL_PRIVILEGES"}),
      IsOk());
  EXPECT_THAT(Bobs(Inherited::kNo, Kind::kTable, "main.sales.orders"),
              ElementsAre("bob@example.org: SELECT"));
}

TEST_F(GrantsTest, RefusalsChangeNothing) {
  const auto before = Now();
  EXPECT_THAT(Give(root, Kind::kCatalog, "main", "bob@example.org", {"READ_FILES"}),
              IsError(Code::kInvalidArgument, "READ_FILES is not applicable to a catalog"));
  EXPECT_THAT(Give(root, Kind::kCatalog, "main", "bob@example.org", {"SELECT", "FLY"}),
              IsError(Code::kInvalidArgument, "'FLY'"));
  EXPECT_THAT(Give(root, Kind::kRecipient, "acme", "bob@example.org", {"SELECT"}),
              IsError(Code::kInvalidArgument));
  EXPECT_THAT(Give(root, Kind::kCatalog, "main", "nobody", {"SELECT"}),
              IsError(Code::kNotFound, "Could not find principal with name nobody"));
  EXPECT_THAT(Give(root, Kind::kCatalog, "nope", "bob@example.org", {"SELECT"}),
              IsError(Code::kNotFound));
  EXPECT_THAT(Give(bob, Kind::kCatalog, "main", "bob@example.org", {"SELECT"}),
              IsError(Code::kNotFound));
  EXPECT_THAT(Give(ada, Kind::kCatalog, "main", "ada@example.org", {"MODIFY"}),
              IsError(Code::kPermissionDenied));
  EXPECT_THAT(Give(ada, Kind::kMetastore, "sluice", "ada@example.org", {"CREATE_CATALOG"}),
              IsError(Code::kPermissionDenied));
  // All or nothing.
  EXPECT_THAT(UpdateGrants(*catalog, root, {Kind::kCatalog, "main"},
                           {{.principal = "bob@example.org", .add = {"SELECT"}},
                            {.principal = "nobody", .add = {"SELECT"}}}),
              IsError(Code::kNotFound));
  EXPECT_EQ(Now(), before);
}

TEST_F(GrantsTest, WhoManagesGrants) {
  ASSERT_THAT(Give(root, Kind::kCatalog, "main", "ada@example.org", {"MANAGE"}), IsOk());
  EXPECT_THAT(Give(ada, Kind::kTable, "main.sales.orders", "bob@example.org", {"SELECT"}), IsOk());
  EXPECT_THAT(Give(ada, Kind::kTable, "other.sales.orders", "bob@example.org", {"SELECT"}),
              IsError(Code::kPermissionDenied));
}

TEST_F(GrantsTest, WhatIsInheritedSaysFromWhere) {
  ASSERT_THAT(Give(root, Kind::kCatalog, "main", "bob@example.org", {"SELECT"}), IsOk());
  ASSERT_THAT(Give(root, Kind::kSchema, "main.sales", "bob@example.org", {"SELECT"}), IsOk());
  ASSERT_THAT(Give(root, Kind::kTable, "main.sales.orders", "bob@example.org", {"SELECT"}), IsOk());
  ASSERT_THAT(Give(root, Kind::kMetastore, "sluice", "bob@example.org", {"MANAGE", "CREATE_SHARE"}),
              IsOk());
  EXPECT_THAT(Bobs(Inherited::kNo, Kind::kTable, "main.sales.orders"),
              ElementsAre("bob@example.org: SELECT"));
  // Of the metastore nothing is.
  EXPECT_THAT(Bobs(Inherited::kYes, Kind::kTable, "main.sales.orders"),
              ElementsAre("bob@example.org: SELECT", "bob@example.org: SELECT < main",
                          "bob@example.org: SELECT < main.sales"));
}

TEST_F(GrantsTest, GroupsAreOpenedForWhomSomebodyAsks) {
  Change([&](Edit& edit) {
    const Id inner = edit.Create(
        Principal{.kind = PrincipalKind::kGroup, .name = "inner", .members = {bob.principal}});
    edit.Create(Principal{.kind = PrincipalKind::kGroup, .name = "outer", .members = {inner}});
  });
  ASSERT_THAT(Give(root, Kind::kCatalog, "main", "outer", {"MODIFY"}), IsOk());
  const GrantQuery all{Inherited::kYes, ""};
  EXPECT_THAT(*List(root, Kind::kCatalog, "main", all), ::testing::Contains("outer: MODIFY"));
  EXPECT_THAT(Bobs(Inherited::kYes, Kind::kSchema, "main.sales"),
              ElementsAre("bob@example.org: MODIFY < main"));
  EXPECT_THAT(Bobs(Inherited::kNo, Kind::kCatalog, "main"), IsEmpty());
}

TEST_F(GrantsTest, OthersSeeTheirOwn) {
  ASSERT_THAT(Give(root, Kind::kCatalog, "main", "bob@example.org", {"USE_CATALOG"}), IsOk());
  EXPECT_THAT(*List(bob, Kind::kCatalog, "main"), ElementsAre("bob@example.org: USE_CATALOG"));
  EXPECT_THAT(List(bob, Kind::kCatalog, "main", {Inherited::kNo, "ada@example.org"}),
              IsError(Code::kPermissionDenied));
  EXPECT_THAT(List(bob, Kind::kCatalog, "other"), IsError(Code::kNotFound));
  EXPECT_THAT(List(root, Kind::kCatalog, "main", {Inherited::kNo, "nobody"}),
              IsError(Code::kNotFound));
}

TEST_F(GrantsTest, AGrantThatEndedIsNotListed) {
  ASSERT_THAT(UpdateGrants(*catalog, root, {Kind::kCatalog, "main"},
                           {{.principal = "bob@example.org",
                             .add = {"SELECT"},
                             .expires_at = clock.Now() + hours(1)}}),
              IsOk());
  EXPECT_THAT(Bobs(Inherited::kNo, Kind::kCatalog, "main"), ElementsAre("bob@example.org: SELECT"));
  clock.Advance(hours(1));
  EXPECT_THAT(Bobs(Inherited::kNo, Kind::kCatalog, "main"), IsEmpty());
  ASSERT_THAT(Give(root, Kind::kCatalog, "main", "bob@example.org", {"SELECT"}), IsOk());
  EXPECT_THAT(Bobs(Inherited::kNo, Kind::kCatalog, "main"), ElementsAre("bob@example.org: SELECT"));
}

TEST_F(GrantsTest, ASharesGrantsAreRecipients) {
  MakeShare("s", {});
  GiveShare("s", "acme");
  EXPECT_THAT(*List(root, Kind::kShare, "s", {Inherited::kYes, ""}), ElementsAre("acme: SELECT"));
  EXPECT_THAT(*List(root, Kind::kShare, "s", {Inherited::kYes, "umbrella"}), IsEmpty());
  // ada owns the share: she is not told whether there are others that she may not see.
  EXPECT_THAT(*List(ada, Kind::kShare, "s", {Inherited::kYes, "acme"}),
              ElementsAre("acme: SELECT"));
  EXPECT_THAT(List(ada, Kind::kShare, "s", {Inherited::kYes, "umbrella"}),
              IsError(Code::kNotFound));
}

}  // namespace
}  // namespace sluice::catalog
