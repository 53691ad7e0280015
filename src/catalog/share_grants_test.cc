#include "catalog/share_grants.h"

#include "base/testing/matchers.h"
#include "catalog/testing/share_catalog.h"

namespace sluice::catalog {
namespace {

using sluice::testing::IsError;
using sluice::testing::IsOk;
using ::testing::IsEmpty;
using testing::ShareCatalog;
using ::testing::SizeIs;

class ShareGrants : public ::testing::Test {
 protected:
  ShareGrants() { world.MakeShare("s", {{.name = "main.sales.orders"}}); }

  Result<SecurablePtr> Give(const Caller& who, const std::string& recipient = "acme") {
    return UpdateSharePermissions(*world.catalog, who, "s",
                                  {{.recipient = recipient, .add = {"SELECT"}}});
  }
  Result<SecurablePtr> Take(const Caller& who, const std::string& recipient = "acme") {
    return UpdateSharePermissions(*world.catalog, who, "s",
                                  {{.recipient = recipient, .remove = {"SELECT"}}});
  }
  const std::vector<Grant>& Grants() const { return world.ShareOf("s").grants; }
  void OnMetastore(const Caller& who, Privilege privilege) {
    world.GrantTo(who, privilege, Kind::kMetastore, "sluice");
  }

  ShareCatalog world;
};

TEST_F(ShareGrants, TakeRightsOnTheShareAndOnTheRecipient) {
  EXPECT_THAT(Give(world.root), IsOk());
  EXPECT_THAT(Take(world.root), IsOk());
  // ada owns the share; the recipient is root's.
  const auto unseen = Give(world.ada);
  ASSERT_THAT(unseen, IsError(Code::kNotFound, "Recipient 'acme' does not exist"));
  EXPECT_EQ(unseen.error().reason, "RECIPIENT_DOES_NOT_EXIST");
  EXPECT_THAT(Grants(), IsEmpty());
  OnMetastore(world.ada, Privilege::kUseRecipient);
  EXPECT_THAT(Give(world.ada), IsOk());
  EXPECT_THAT(Grants(), SizeIs(1));
}

TEST_F(ShareGrants, MayBeGivenByTheOwnerOfTheRecipient) {
  world.Alter(Kind::kRecipient, "acme", [&](Securable& acme) { acme.owner = world.ada.principal; });
  EXPECT_THAT(Give(world.ada), IsOk());
  EXPECT_THAT(Give(world.ada, "umbrella"), IsError(Code::kNotFound));
}

TEST_F(ShareGrants, OfOthersTakeUseShareAndSetSharePermission) {
  EXPECT_THAT(Give(world.bob), IsError(Code::kNotFound, "Share 's' does not exist"));
  OnMetastore(world.bob, Privilege::kUseRecipient);
  OnMetastore(world.bob, Privilege::kSetSharePermission);
  EXPECT_THAT(Give(world.bob), IsError(Code::kNotFound));
  OnMetastore(world.bob, Privilege::kUseShare);
  EXPECT_THAT(Give(world.bob), IsOk());
}

TEST_F(ShareGrants, AreSeenButNotGivenWithUseShareAlone) {
  OnMetastore(world.bob, Privilege::kUseRecipient);
  OnMetastore(world.bob, Privilege::kUseShare);
  EXPECT_THAT(Give(world.bob), IsError(Code::kPermissionDenied));
  EXPECT_THAT(Grants(), IsEmpty());
}

TEST_F(ShareGrants, AreTakenBackWithRightsOnTheShareAlone) {
  world.GiveShare("s", "acme");
  EXPECT_THAT(Take(world.bob), IsError(Code::kNotFound));
  EXPECT_THAT(Grants(), SizeIs(1));
  EXPECT_THAT(Take(world.ada), IsOk());
  EXPECT_THAT(Grants(), IsEmpty());
  world.GiveShare("s", "acme");
  OnMetastore(world.bob, Privilege::kUseShare);
  EXPECT_THAT(Take(world.bob), IsOk());
  EXPECT_THAT(Grants(), IsEmpty());
}

TEST_F(ShareGrants, DoNotTellOwnersWhichRecipientsThereAre) {
  EXPECT_THAT(Take(world.ada), IsError(Code::kNotFound, "Recipient 'acme' does not exist"));
  EXPECT_THAT(Take(world.ada, "nobody"), IsError(Code::kNotFound, "Recipient 'nobody'"));
  EXPECT_THAT(Take(world.root), IsOk());  // nothing to take, and no failure
}

TEST_F(ShareGrants, AreOfSelectOnly) {
  for (const std::string privilege : {"MODIFY", "ALL_PRIVILEGES", "USE SHARE"}) {
    EXPECT_THAT(UpdateSharePermissions(*world.catalog, world.root, "s",
                                       {{.recipient = "acme", .add = {privilege}}}),
                IsError(Code::kInvalidArgument, "SELECT"));
  }
  EXPECT_THAT(UpdateSharePermissions(*world.catalog, world.root, "s",
                                     {{.recipient = "acme", .remove = {"READ"}}}),
              IsError(Code::kInvalidArgument, "'READ' is not a privilege"));
  EXPECT_THAT(UpdateSharePermissions(*world.catalog, world.root, "s",
                                     {{.recipient = "acme", .add = {"select"}}}),
              IsOk());
  EXPECT_THAT(UpdateSharePermissions(*world.catalog, world.root, "s",
                                     {{.recipient = "", .add = {"SELECT"}}}),
              IsError(Code::kInvalidArgument, "principal"));
}

TEST_F(ShareGrants, ComeTogetherOrNotAtAll) {
  EXPECT_THAT(UpdateSharePermissions(*world.catalog, world.root, "s",
                                     {{.recipient = "acme", .add = {"SELECT"}},
                                      {.recipient = "nobody", .add = {"SELECT"}}}),
              IsError(Code::kNotFound, "nobody"));
  EXPECT_THAT(Grants(), IsEmpty());
}

TEST_F(ShareGrants, StandOncePerRecipientInOrder) {
  for (int i = 0; i < 20; ++i) world.AddRecipient("r" + std::to_string(i));
  for (int i = 0; i < 20; ++i) world.GiveShare("s", "r" + std::to_string(i));
  for (int i = 0; i < 20; i += 2) world.GiveShare("s", "r" + std::to_string(i));
  EXPECT_THAT(Grants(), SizeIs(20));
  EXPECT_TRUE(std::ranges::is_sorted(Grants(), std::less<>{}, &Grant::principal));
  for (int i = 0; i < 20; ++i) {
    const Id id = world.Now()->FindByName(Kind::kRecipient, "r" + std::to_string(i))->id;
    EXPECT_NE(GrantOf(world.ShareOf("s"), id), nullptr);
  }
  EXPECT_EQ(GrantOf(world.ShareOf("s"), "zzz"), nullptr);
}

TEST_F(ShareGrants, MayEnd) {
  const TimePoint end = world.clock.Now() + std::chrono::hours(1);
  world.GiveShare("s", "acme", end);
  EXPECT_EQ(Grants()[0].expires_at, end);
  world.GiveShare("s", "acme", world.clock.Now() - std::chrono::hours(1));
  EXPECT_FALSE(Grants()[0].HoldsAt(world.clock.Now()));
  world.GiveShare("s", "acme");
  EXPECT_EQ(Grants()[0].expires_at, std::nullopt);
}

TEST_F(ShareGrants, ThatChangeNothingWriteNothing) {
  world.GiveShare("s", "acme");
  const SecurablePtr before = world.Now()->FindShared(world.ShareOf("s").id);
  world.clock.Advance(Millis(5));
  world.GiveShare("s", "acme");
  EXPECT_EQ(&world.ShareOf("s"), before.get());
}

}  // namespace
}  // namespace sluice::catalog
