#include "catalog/sessions.h"

#include "base/testing/manual_clock.h"
#include "base/testing/matchers.h"
#include "catalog/access_tokens.h"
#include "catalog/activation.h"
#include "catalog/recipients.h"
#include "catalog/testing/memory_store.h"

namespace sluice::catalog {
namespace {

using sluice::testing::IsError;
using sluice::testing::IsOk;
using std::chrono::hours;
using std::chrono::seconds;

class SessionsTest : public ::testing::Test {
 protected:
  SessionsTest() {
    Change([&](Edit& edit) {
      ada_ = edit.Create(Principal{.name = "ada"});
      token_ = MakeAccessToken(edit, ada_, "", std::nullopt);
    });
    EXPECT_THAT(CreateRecipient(*catalog_, {}, {.name = "acme"}), IsOk());
    recipient_token_ = Mint();
  }

  void Change(const std::function<void(Edit&)>& change) {
    ASSERT_THAT(catalog_->Change({},
                                 [&](Edit& edit) -> Status {
                                   change(edit);
                                   return {};
                                 }),
                IsOk());
  }
  std::string Mint() {
    const auto recipient = *FindRecipient(*catalog_, {}, "acme");
    const auto& entry = recipient->As<Recipient>().tokens.back();
    return Activate(*catalog_, *NonceOfToken(*catalog_, entry), {})->token;
  }
  Result<NewSession> Begin(std::string_view token, std::string_view replaces = {},
                           seconds lifetime = hours(12)) {
    return BeginSession(
        *catalog_, {.token = token, .from = from_, .lifetime = lifetime, .replaces = replaces});
  }
  Result<SignedIn> Find(std::string_view secret) { return FindSession(*catalog_, secret, from_); }
  size_t Count() const {
    size_t count = 0;
    catalog_->Now()->VisitSessions([&](const BrowserSession&) { return ++count > 0; });
    return count;
  }

  sluice::testing::ManualClock clock_{FromUnixMillis(1'700'000'000'000)};
  SecureRandom random_;
  testing::MemoryStore store_;
  std::unique_ptr<Catalog> catalog_ = *Catalog::Open(store_, clock_, random_, std::string(32, 'k'));
  IpAddress from_ = *IpAddress::Parse("192.0.2.1");
  Id ada_;
  NewAccessToken token_;
  std::string recipient_token_;
};

TEST_F(SessionsTest, IsOfWhomTheTokenIs) {
  const auto made = Begin(token_.token);
  ASSERT_THAT(made, IsOk());
  EXPECT_EQ(made->who.holder.user->id, ada_);
  EXPECT_EQ(made->who.expires_at, clock_.Now() + hours(12));
  EXPECT_EQ(made->secret.size(), 43U);
  EXPECT_EQ(Find(made->secret)->holder.user->id, ada_);
  EXPECT_EQ(TokenOfSession(*catalog_->Now(), made->secret, clock_.Now()), token_.info.hash);

  const auto other = Begin(recipient_token_);
  ASSERT_THAT(other, IsOk());
  EXPECT_EQ(other->who.holder.user, nullptr);
  EXPECT_EQ(other->who.holder.recipient->name, "acme");
  EXPECT_EQ(other->who.expires_at, clock_.Now() + hours(12)) << "and not the year of the token";
  EXPECT_EQ(Find(other->secret)->holder.recipient->name, "acme");
}

TEST_F(SessionsTest, RefusesWhatIsNoTokenWithOneSentence) {
  const std::string secret = Begin(token_.token)->secret;
  Change([&](Edit& edit) { edit.EraseAccessToken(token_.info.id); });
  const std::string_view sentence = "This token is unknown or no longer valid.";
  for (const std::string& bad :
       {token_.token, secret, std::string(), std::string("x"), token_.info.id}) {
    const auto refused = Begin(bad);
    EXPECT_THAT(refused, IsError(Code::kUnauthenticated));
    EXPECT_EQ(refused.error().message, sentence);
  }
}

TEST_F(SessionsTest, TheSecretIsNewAndTheOldOneEnds) {
  const std::string first = Begin(token_.token)->secret;
  const std::string second = Begin(token_.token, first)->secret;
  EXPECT_NE(first, second);
  EXPECT_THAT(Find(first), IsError(Code::kUnauthenticated, "sign in"));
  EXPECT_THAT(Find(second), IsOk());
  // What a browser was made to bring along is not taken over.
  const std::string planted(43, 'A');
  EXPECT_NE(Begin(token_.token, planted)->secret, planted);
  EXPECT_THAT(Find(planted), IsError(Code::kUnauthenticated));
}

TEST_F(SessionsTest, EndsWithItsTimeAndNotAfterTheToken) {
  const std::string secret = Begin(token_.token)->secret;
  NewAccessToken brief;
  Change([&](Edit& edit) { brief = MakeAccessToken(edit, ada_, "", hours(1)); });
  const auto short_one = Begin(brief.token);
  EXPECT_EQ(short_one->who.expires_at, clock_.Now() + hours(1));
  clock_.Advance(hours(1));
  EXPECT_THAT(Find(short_one->secret), IsError(Code::kUnauthenticated));
  clock_.Advance(hours(11) - Millis(1));
  EXPECT_THAT(Find(secret), IsOk());
  EXPECT_TRUE(TokenOfSession(*catalog_->Now(), secret, clock_.Now()));
  clock_.Advance(Millis(1));
  EXPECT_THAT(Find(secret), IsError(Code::kUnauthenticated));
  EXPECT_FALSE(TokenOfSession(*catalog_->Now(), secret, clock_.Now()));
}

TEST_F(SessionsTest, LastsAWeekAtMost) {
  EXPECT_EQ(Begin(token_.token, {}, hours(24 * 365))->who.expires_at,
            clock_.Now() + kLongestSession);
}

TEST_F(SessionsTest, DiesWithTheToken) {
  const std::string secret = Begin(token_.token)->secret;
  Change([&](Edit& edit) { edit.EraseAccessToken(token_.info.id); });
  EXPECT_THAT(Find(secret), IsError(Code::kUnauthenticated));
}

TEST_F(SessionsTest, DiesWithTheUser) {
  const std::string secret = Begin(token_.token)->secret;
  Change([&](Edit& edit) {
    Principal ada = *edit.picture().FindPrincipal(ada_);
    ada.active = false;
    edit.Update(std::move(ada));
  });
  EXPECT_THAT(Find(secret), IsError(Code::kUnauthenticated));
  EXPECT_THAT(Begin(token_.token), IsError(Code::kUnauthenticated));
  Change([&](Edit& edit) { edit.ErasePrincipal(ada_); });
  EXPECT_THAT(Find(secret), IsError(Code::kUnauthenticated));
}

TEST_F(SessionsTest, DiesWithTheRotationAndTheRecipient) {
  const std::string secret = Begin(recipient_token_)->secret;
  ASSERT_THAT(RotateRecipientToken(*catalog_, {}, "acme", hours(1)), IsOk());
  EXPECT_EQ(Find(secret)->expires_at, clock_.Now() + hours(1)) << "the grace counts for it too";
  clock_.Advance(hours(1));
  EXPECT_THAT(Find(secret), IsError(Code::kUnauthenticated));

  const std::string other = Begin(Mint())->secret;
  EXPECT_THAT(Find(other), IsOk());
  ASSERT_THAT(DeleteRecipient(*catalog_, {}, "acme"), IsOk());
  EXPECT_THAT(Find(other), IsError(Code::kUnauthenticated));
}

TEST_F(SessionsTest, TheAddressListHoldsEachTime) {
  const std::string secret = Begin(recipient_token_)->secret;
  ASSERT_THAT(UpdateRecipient(*catalog_, {}, "acme",
                              {.allowed_ip_addresses = std::vector<std::string>{"10.0.0.0/8"}}),
              IsOk());
  EXPECT_THAT(Find(secret), IsError(Code::kPermissionDenied, "IP access list"));
  EXPECT_THAT(Begin(recipient_token_), IsError(Code::kPermissionDenied, "IP access list"));
  EXPECT_THAT(Begin("x"), IsError(Code::kUnauthenticated)) << "strangers are told of no list";
  from_ = *IpAddress::Parse("10.1.2.3");
  EXPECT_THAT(Find(secret), IsOk());
}

TEST_F(SessionsTest, EndsWhenAsked) {
  const std::string secret = Begin(token_.token)->secret;
  const std::string other = Begin(token_.token)->secret;
  ASSERT_THAT(EndSession(*catalog_, secret), IsOk());
  EXPECT_THAT(Find(secret), IsError(Code::kUnauthenticated));
  EXPECT_THAT(Find(other), IsOk());
  EXPECT_THAT(EndSession(*catalog_, secret), IsOk());
  EXPECT_THAT(EndSession(*catalog_, "x"), IsOk());
}

TEST_F(SessionsTest, ThoseThatAreOverGoWithTheNextSignIn) {
  for (int i = 0; i < 3; ++i) EXPECT_THAT(Begin(recipient_token_), IsOk());
  EXPECT_THAT(Begin(token_.token), IsOk());
  EXPECT_EQ(Count(), 4U);
  ASSERT_THAT(DeleteRecipient(*catalog_, {}, "acme"), IsOk());
  EXPECT_THAT(Begin(token_.token), IsOk());
  EXPECT_EQ(Count(), 2U);
  clock_.Advance(hours(12));
  EXPECT_THAT(Begin(token_.token), IsOk());
  EXPECT_EQ(Count(), 1U);
}

TEST_F(SessionsTest, OneTokenHasSoManyAtMost) {
  const std::string first = Begin(token_.token)->secret;
  const std::string other = Begin(recipient_token_)->secret;
  clock_.Advance(Millis(1));
  for (size_t i = 0; i < kMostSessions; ++i) ASSERT_THAT(Begin(token_.token), IsOk());
  EXPECT_EQ(Count(), kMostSessions + 1);
  EXPECT_THAT(Find(first), IsError(Code::kUnauthenticated));
  EXPECT_THAT(Find(other), IsOk());
}

TEST_F(SessionsTest, NothingIsBegunThatCannotBeKept) {
  store_.fail_next = true;
  EXPECT_THAT(Begin(token_.token), IsError(Code::kUnavailable));
  EXPECT_EQ(Count(), 0U);
}

}  // namespace
}  // namespace sluice::catalog
