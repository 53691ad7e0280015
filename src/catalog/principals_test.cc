// Users, groups, service principals, and their tokens.
#include "catalog/principals.h"

#include <gmock/gmock.h>

#include "base/testing/matchers.h"
#include "catalog/access_tokens.h"
#include "catalog/testing/tree_catalog.h"

namespace sluice::catalog {
namespace {

using sluice::testing::IsError;
using sluice::testing::IsOk;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using enum PrincipalKind;

class PrincipalsTest : public ::testing::Test, public testing::TreeCatalog {
 protected:
  Result<Principal> Make(PrincipalKind kind, std::string name, std::vector<Id> members = {}) {
    return CreatePrincipal(*catalog, root,
                           {.kind = kind, .name = std::move(name), .members = std::move(members)});
  }
  Result<Principal> SetMembers(const Id& group, std::vector<Id> members) {
    return UpdatePrincipal(*catalog, root, {kGroup, group}, [&](Principal& changed) -> Status {
      changed.members = members;
      return {};
    });
  }
  Result<Principal> SetActive(const Caller& user, bool active) {
    return UpdatePrincipal(*catalog, root, {kUser, user.principal},
                           [&](Principal& changed) -> Status {
                             changed.active = active;
                             return {};
                           });
  }
  Id IdOf(std::string_view name) { return catalog->Now()->FindPrincipalByName(name)->id; }
};

TEST_F(PrincipalsTest, OnlyAdministratorsMakeChangeAndDelete) {
  const auto nothing = [](Principal&) { return Status(); };
  EXPECT_THAT(CreatePrincipal(*catalog, ada, {.name = "eve@example.org"}),
              IsError(Code::kPermissionDenied, "Only administrators can create users"));
  EXPECT_THAT(UpdatePrincipal(*catalog, ada, {kUser, ada.principal}, nothing),
              IsError(Code::kPermissionDenied));
  EXPECT_THAT(DeletePrincipal(*catalog, ada, {kUser, bob.principal}),
              IsError(Code::kPermissionDenied, "Only administrators can delete users"));
  EXPECT_THAT(Make(kUser, "eve@example.org"), IsOk());
}

TEST_F(PrincipalsTest, NamesAreUniqueOverAllKinds) {
  EXPECT_THAT(Make(kGroup, "crew"), IsOk());
  for (const PrincipalKind kind : {kUser, kGroup}) {
    EXPECT_THAT(Make(kind, "CREW"), IsError(Code::kAlreadyExists, "Group with name crew"));
  }
  EXPECT_THAT(Make(kGroup, "Ada@example.org"), IsError(Code::kAlreadyExists));
  EXPECT_THAT(Make(kGroup, "Account Users"), IsError(Code::kAlreadyExists));
}

TEST_F(PrincipalsTest, NamesThatAreNone) {
  for (const std::string& bad :
       {std::string(), std::string("a b"), std::string("a\nb"), std::string(321, 'a')}) {
    EXPECT_THAT(Make(kUser, bad), IsError(Code::kInvalidArgument)) << bad;
  }
  EXPECT_THAT(Make(kUser, std::string(320, 'a')), IsOk());
  EXPECT_THAT(Make(kGroup, " crew"), IsError(Code::kInvalidArgument));
  EXPECT_THAT(Make(kGroup, "the crew"), IsOk());
  EXPECT_THAT(Make(kServicePrincipal, "etl"), IsError(Code::kInvalidArgument, "UUID"));
}

TEST_F(PrincipalsTest, AServicePrincipalGetsAUuid) {
  const auto made = Make(kServicePrincipal, "");
  ASSERT_THAT(made, IsOk());
  EXPECT_THAT(made->name, SizeIs(36));
  const auto given = Make(kServicePrincipal, "19A84BEE-54bc-43a2-87de-023d0ec16016");
  ASSERT_THAT(given, IsOk());
  EXPECT_EQ(given->name, "19a84bee-54bc-43a2-87de-023d0ec16016");
}

TEST_F(PrincipalsTest, GroupsNestButNotInACircle) {
  const Id inner = Make(kGroup, "inner", {ada.principal, ada.principal})->id;
  const Id middle = Make(kGroup, "middle", {inner})->id;
  const Id outer = Make(kGroup, "outer", {middle})->id;
  EXPECT_THAT(catalog->Now()->FindPrincipal(inner)->members, ElementsAre(ada.principal));
  EXPECT_THAT(SetMembers(inner, {outer}), IsError(Code::kInvalidArgument, "would be in itself"));
  EXPECT_THAT(SetMembers(inner, {inner}), IsError(Code::kInvalidArgument, "would be in itself"));
  EXPECT_THAT(SetMembers(outer, {"nobody"}), IsError(Code::kInvalidArgument, "'nobody'"));
  EXPECT_THAT(SetMembers(outer, {IdOf(kAllUsers)}), IsError(Code::kInvalidArgument));
  EXPECT_TRUE(AccessOf(ada).Is(outer));
  EXPECT_THAT(SetMembers(middle, {}), IsOk());
  EXPECT_FALSE(AccessOf(ada).Is(outer));
}

TEST_F(PrincipalsTest, WhatMustStay) {
  EXPECT_THAT(SetMembers(IdOf(kAllUsers), {ada.principal}), IsError(Code::kInvalidArgument));
  EXPECT_THAT(DeletePrincipal(*catalog, root, {kGroup, IdOf(kAllUsers)}),
              IsError(Code::kInvalidArgument));
  EXPECT_THAT(DeletePrincipal(*catalog, root, {kGroup, IdOf(kAdmins)}),
              IsError(Code::kInvalidArgument));
  EXPECT_THAT(UpdatePrincipal(*catalog, root, {kGroup, IdOf(kAdmins)},
                              [](Principal& changed) -> Status {
                                changed.name = "chiefs";
                                return {};
                              }),
              IsError(Code::kInvalidArgument, "keeps its name"));
}

TEST_F(PrincipalsTest, NobodyLocksEverybodyOut) {
  constexpr std::string_view kWhy = "must have an active user";
  EXPECT_THAT(SetActive(root, false), IsError(Code::kInvalidArgument, kWhy));
  EXPECT_THAT(DeletePrincipal(*catalog, root, {kUser, root.principal}),
              IsError(Code::kInvalidArgument, kWhy));
  EXPECT_THAT(SetMembers(IdOf(kAdmins), {}), IsError(Code::kInvalidArgument, kWhy));
  // A service principal does not count; a user in a group within does.
  const Id robot = Make(kServicePrincipal, "")->id;
  EXPECT_THAT(SetMembers(IdOf(kAdmins), {robot}), IsError(Code::kInvalidArgument, kWhy));
  const Id crew = Make(kGroup, "crew", {ada.principal})->id;
  EXPECT_THAT(SetMembers(IdOf(kAdmins), {crew}), IsOk());
  root = ada;  // who is the administrator now
  EXPECT_THAT(DeletePrincipal(*catalog, root, {kGroup, crew}),
              IsError(Code::kInvalidArgument, kWhy));
  EXPECT_THAT(SetMembers(crew, {bob.principal}), IsOk());
}

TEST_F(PrincipalsTest, ADeletedPrincipalLeavesNothingBehindButWhatItOwned) {
  const Id crew = Make(kGroup, "crew", {ada.principal})->id;
  GrantOnMetastore(ada, Privilege::kCreateShare);
  ASSERT_THAT(CreateAccessToken(*catalog, ada, {}), IsOk());
  ASSERT_THAT(DeletePrincipal(*catalog, root, {kUser, ada.principal}), IsOk());
  const auto now = catalog->Now();
  EXPECT_THAT(now->FindPrincipal(crew)->members, IsEmpty());
  EXPECT_THAT(now->metastore().grants, IsEmpty());
  EXPECT_THAT(now->AccessTokensOf(ada.principal), IsEmpty());
  EXPECT_THAT(DeletePrincipal(*catalog, root, {kUser, ada.principal}), IsError(Code::kNotFound));
  EXPECT_THAT(DeletePrincipal(*catalog, root, {kUser, crew}), IsError(Code::kNotFound));
}

TEST_F(PrincipalsTest, OthersSeeNamesAndNoMore) {
  const Id crew = Make(kGroup, "crew", {ada.principal})->id;
  ASSERT_THAT(UpdatePrincipal(*catalog, root, {kUser, ada.principal},
                              [](Principal& changed) -> Status {
                                changed.emails = {"private@example.org"};
                                changed.external_id = "x";
                                return {};
                              }),
              IsOk());
  const auto now = catalog->Now();
  const Principal& user = *now->FindPrincipal(ada.principal);
  const SeenPrincipal by_bob = SeenBy(AccessOf(bob), user);
  EXPECT_FALSE(by_bob.whole);
  EXPECT_EQ(by_bob.principal.name, "ada@example.org");
  EXPECT_THAT(by_bob.principal.emails, IsEmpty());
  EXPECT_EQ(by_bob.principal.external_id, "");
  EXPECT_TRUE(SeenBy(AccessOf(ada), user).whole);
  EXPECT_TRUE(SeenBy(AccessOf(root), user).whole);
  EXPECT_THAT(SeenBy(AccessOf(ada), *now->FindPrincipal(crew)).principal.members, IsEmpty());
}

TEST_F(PrincipalsTest, TokensAreOnesOwn) {
  const auto made = CreateAccessToken(*catalog, ada, {.comment = "mine", .lifetime = seconds(60)});
  ASSERT_THAT(made, IsOk());
  EXPECT_EQ(made->token.substr(0, 4), kAccessTokenPrefix);
  EXPECT_EQ(made->info.expires_at, clock.Now() + seconds(60));
  EXPECT_THAT(ListAccessTokens(*catalog, ada), ElementsAre(made->info));
  EXPECT_THAT(ListAccessTokens(*catalog, root), IsEmpty());
  EXPECT_THAT(DeleteAccessToken(*catalog, bob, made->info.id), IsError(Code::kNotFound));
  EXPECT_THAT(UpdateAccessToken(*catalog, bob, made->info.id, "his"), IsError(Code::kNotFound));
  EXPECT_EQ(UpdateAccessToken(*catalog, ada, made->info.id, "still mine")->comment, "still mine");
  EXPECT_NE(catalog->Now()->FindAccessToken(crypto::Sha256(made->token)), nullptr);
  EXPECT_THAT(DeleteAccessToken(*catalog, root, made->info.id), IsOk());
  EXPECT_EQ(catalog->Now()->FindAccessToken(crypto::Sha256(made->token)), nullptr);
}

TEST_F(PrincipalsTest, TokensForOthersAreForAdministratorsToMake) {
  EXPECT_THAT(CreateAccessToken(*catalog, ada, {.principal = "bob@example.org"}),
              IsError(Code::kPermissionDenied));
  EXPECT_THAT(CreateAccessToken(*catalog, ada, {.principal = "nobody"}),
              IsError(Code::kPermissionDenied));
  EXPECT_THAT(CreateAccessToken(*catalog, root, {.principal = "nobody"}), IsError(Code::kNotFound));
  EXPECT_THAT(CreateAccessToken(*catalog, root, {.principal = "admins"}),
              IsError(Code::kInvalidArgument, "group"));
  ASSERT_THAT(CreateAccessToken(*catalog, root, {.principal = "bob@example.org"}), IsOk());
  EXPECT_THAT(ListAccessTokens(*catalog, bob), SizeIs(1));
  ASSERT_THAT(SetActive(bob, false), IsOk());
  EXPECT_THAT(CreateAccessToken(*catalog, root, {.principal = "bob@example.org"}),
              IsError(Code::kInvalidArgument, "deactivated"));
}

TEST_F(PrincipalsTest, TokensHaveLimits) {
  for (const int64_t bad : {int64_t{0}, int64_t{-1}, INT64_MAX}) {
    EXPECT_THAT(CreateAccessToken(*catalog, ada, {.lifetime = seconds(bad)}),
                IsError(Code::kInvalidArgument));
  }
  EXPECT_THAT(CreateAccessToken(*catalog, ada, {.comment = std::string(4097, 'x')}),
              IsError(Code::kInvalidArgument));
  for (size_t i = 0; i < kMostAccessTokens; ++i) {
    ASSERT_THAT(CreateAccessToken(*catalog, ada, {.lifetime = seconds(60)}), IsOk());
  }
  EXPECT_THAT(CreateAccessToken(*catalog, ada, {}), IsError(Code::kInvalidArgument, "600"));
  clock.Advance(seconds(60));
  EXPECT_THAT(CreateAccessToken(*catalog, ada, {}), IsOk());
  EXPECT_THAT(ListAccessTokens(*catalog, ada), SizeIs(1));
}

}  // namespace
}  // namespace sluice::catalog
