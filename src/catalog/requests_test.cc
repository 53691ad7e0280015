#include "catalog/requests.h"

#include "base/testing/matchers.h"
#include "catalog/testing/share_catalog.h"

namespace sluice::catalog {
namespace {

using ::sluice::testing::IsError;
using ::sluice::testing::IsOk;
using ::testing::SizeIs;

class RequestsTest : public ::testing::Test, protected testing::ShareCatalog {
 protected:
  Asker Recipient(std::string_view name) const {
    return {Now()->FindByName(Kind::kRecipient, name)->id, true};
  }
  static Asker User(const Caller& caller) { return {caller.principal, false}; }
  AccessRequestPtr Ask(const Asker& asker, const NewRequest& wanted) {
    const auto made = CreateRequest(*catalog, asker, wanted);
    EXPECT_THAT(made, IsOk());
    return made.value_or(nullptr);
  }
  bool HasShare(std::string_view recipient, std::string_view share) const {
    const auto picture = Now();
    return GrantOf(*picture->FindByName(Kind::kShare, share), Recipient(recipient).id) != nullptr;
  }
  void MakeShare() { ASSERT_THAT(CreateShare(*catalog, ada, {.name = "numbers"}), IsOk()); }
};

TEST_F(RequestsTest, ARecipientIsNotToldWhetherAShareIsThere) {
  MakeShare();
  const auto there = Ask(Recipient("acme"), {.share = "numbers", .comment = "please"});
  const auto not_there = Ask(Recipient("acme"), {.share = "nothing", .comment = "please"});
  EXPECT_EQ(there->status, RequestStatus::kOpen);
  EXPECT_EQ(not_there->status, RequestStatus::kOpen);
}

TEST_F(RequestsTest, ARecipientNeedNotKnowAShare) {
  const auto request = Ask(Recipient("acme"), {.comment = "data about returns, please"});
  EXPECT_THAT(AnswerRequest(*catalog, User(root), request->id,
                            {.status = RequestStatus::kApproved, .grant = true}),
              IsError(Code::kInvalidArgument));
  EXPECT_THAT(AnswerRequest(*catalog, User(root), request->id,
                            {.status = RequestStatus::kApproved, .answer = "see numbers"}),
              IsOk());
}

TEST_F(RequestsTest, AnApprovalGrantsInTheSameChange) {
  MakeShare();
  const auto request = Ask(Recipient("acme"), {.share = "numbers"});
  // ada may grant her share, but not use root's recipient: nothing of it happens.
  EXPECT_THAT(AnswerRequest(*catalog, User(ada), request->id,
                            {.status = RequestStatus::kApproved, .grant = true}),
              IsError(Code::kNotFound));
  EXPECT_EQ(Now()->requests().Find(request->id)->status, RequestStatus::kOpen);
  EXPECT_FALSE(HasShare("acme", "numbers"));

  const auto answered =
      AnswerRequest(*catalog, User(root), request->id,
                    {.status = RequestStatus::kApproved, .answer = "welcome", .grant = true});
  ASSERT_THAT(answered, IsOk());
  EXPECT_TRUE((*answered)->granted);
  EXPECT_EQ((*answered)->answered_by, "root@example.org");
  EXPECT_TRUE(HasShare("acme", "numbers"));
  EXPECT_THAT(AnswerRequest(*catalog, User(root), request->id, {.status = RequestStatus::kDenied}),
              IsError(Code::kConflict));
}

TEST_F(RequestsTest, WhoMayAnswer) {
  MakeShare();
  const auto request = Ask(Recipient("acme"), {.share = "numbers"});
  const auto elsewhere = Ask(Recipient("acme"), {.share = "other"});
  EXPECT_THAT(AnswerRequest(*catalog, User(bob), request->id, {.status = RequestStatus::kDenied}),
              IsError(Code::kNotFound));
  EXPECT_THAT(AnswerRequest(*catalog, User(ada), elsewhere->id, {.status = RequestStatus::kDenied}),
              IsError(Code::kNotFound));
  EXPECT_THAT(AnswerRequest(*catalog, Recipient("umbrella"), request->id,
                            {.status = RequestStatus::kClosed}),
              IsError(Code::kNotFound));
  EXPECT_THAT(AnswerRequest(*catalog, Recipient("acme"), request->id,
                            {.status = RequestStatus::kApproved, .grant = true}),
              IsError(Code::kPermissionDenied));
  EXPECT_THAT(AnswerRequest(*catalog, User(ada), request->id, {.status = RequestStatus::kDenied}),
              IsOk());
  EXPECT_THAT(
      AnswerRequest(*catalog, Recipient("acme"), elsewhere->id, {.status = RequestStatus::kClosed}),
      IsOk());
}

TEST_F(RequestsTest, AUserAsksForWhatItSees) {
  const NewRequest wanted{.securable_type = Kind::kSchema,
                          .full_name = "main.hr",
                          .privileges = {"SELECT"},
                          .comment = "for the report"};
  EXPECT_THAT(CreateRequest(*catalog, User(bob), wanted), IsError(Code::kNotFound));
  GrantTo(bob, Privilege::kBrowse, Kind::kCatalog, "main");
  const auto request = Ask(User(bob), wanted);
  ASSERT_NE(request, nullptr);
  ASSERT_THAT(AnswerRequest(*catalog, User(root), request->id,
                            {.status = RequestStatus::kApproved, .grant = true}),
              IsOk());
  const auto picture = Now();
  const auto& grants = picture->FindByName(Kind::kSchema, "main.hr")->grants;
  EXPECT_TRUE(std::ranges::any_of(grants, [&](const Grant& grant) {
    return grant.principal == bob.principal && grant.privilege == Privilege::kSelect;
  }));
}

TEST_F(RequestsTest, WhatIsRefused) {
  const Asker acme = Recipient("acme");
  const auto refused = [&](const Asker& asker, const NewRequest& wanted) {
    EXPECT_THAT(CreateRequest(*catalog, asker, wanted), IsError(Code::kInvalidArgument));
  };
  refused(acme, {});
  refused(acme, {.share = "s", .comment = std::string(201, 'x')});
  refused(acme, {.kind = RequestKind::kFeedback});
  refused(acme, {.kind = RequestKind::kFeedback, .comment = std::string(2001, 'x')});
  refused(acme, {.share = "s", .privileges = {"SELECT"}});
  refused(User(bob), {.share = "s"});
  refused(User(bob), {.kind = RequestKind::kRenewal});
  refused(User(root), {.securable_type = Kind::kSchema, .full_name = "main.hr"});
  refused(
      User(root),
      {.securable_type = Kind::kSchema, .full_name = "main.hr", .privileges = {"CREATE_SHARE"}});
  // Characters count, not bytes.
  std::string umlauts;
  for (int i = 0; i < 200; ++i) umlauts += "ü";
  EXPECT_THAT(CreateRequest(*catalog, acme, {.share = "s", .comment = umlauts}), IsOk());
}

TEST_F(RequestsTest, OnlySoManyAreOpenAndKept) {
  const Asker acme = Recipient("acme");
  for (size_t i = 0; i < kMostOpenRequests; ++i) Ask(acme, {.share = "s"});
  EXPECT_THAT(CreateRequest(*catalog, acme, {.share = "s"}), IsError(Code::kInvalidArgument));
  EXPECT_THAT(CreateRequest(*catalog, Recipient("umbrella"), {.share = "s"}), IsOk());
  const auto close_all = [&] {
    const auto picture = Now();
    for (const auto& one : picture->requests().Of(acme.id)) {
      if (one->status != RequestStatus::kOpen) continue;
      EXPECT_THAT(AnswerRequest(*catalog, acme, one->id, {.status = RequestStatus::kClosed}),
                  IsOk());
    }
  };
  for (size_t round = 0; round < 12; ++round) {
    close_all();
    for (size_t i = 0; i < kMostOpenRequests; ++i) {
      clock.Advance(std::chrono::seconds(1));
      Ask(acme, {.share = "s"});
    }
  }
  EXPECT_THAT(Now()->requests().Of(acme.id), SizeIs(kMostRequests));
}

TEST_F(RequestsTest, TheNewestFirst) {
  std::vector<Id> made;
  for (int i = 0; i < 3; ++i) {
    clock.Advance(std::chrono::seconds(1));
    made.insert(made.begin(), Ask(Recipient(i == 1 ? "umbrella" : "acme"), {.share = "s"})->id);
  }
  std::vector<Id> seen;
  std::string after;
  Now()->requests().Visit("", [&](const std::string& name, const AccessRequestPtr& one) {
    seen.push_back(one->id);
    if (seen.size() == 1) after = name;
    return true;
  });
  EXPECT_EQ(seen, made);
  seen.clear();
  Now()->requests().Visit(after, [&](const std::string&, const AccessRequestPtr& one) {
    seen.push_back(one->id);
    return true;
  });
  EXPECT_EQ(seen, std::vector<Id>(made.begin() + 1, made.end()));
}

}  // namespace
}  // namespace sluice::catalog
