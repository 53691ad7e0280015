#include "catalog/recipients.h"

#include "base/testing/manual_clock.h"
#include "base/testing/matchers.h"
#include "catalog/activation.h"
#include "catalog/testing/memory_store.h"

namespace sluice::catalog {
namespace {

using sluice::testing::IsError;
using sluice::testing::IsOk;
using std::chrono::hours;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr std::string_view kElsewhere = "aws:us-west-2:19a84bee-54bc-43a2-87de-023d0ec16016";

// A catalog with one administrator, one who may create recipients, one who may look at all of them,
// and one who may nothing.
class RecipientsTest : public ::testing::Test {
 protected:
  RecipientsTest() {
    catalog_ = *Catalog::Open(store_, clock_, random_, std::string(32, 'k'));
    const Status made = catalog_->Change({}, [&](Edit& edit) -> Status {
      for (Caller* who : {&ada_, &bob_, &eve_}) {
        who->principal = edit.Create(Principal{.name = who->name});
      }
      Securable metastore = edit.picture().metastore();
      metastore.grants = {{bob_.principal, Privilege::kUseRecipient},
                          {ada_.principal, Privilege::kCreateRecipient}};
      edit.Update(std::move(metastore));
      return {};
    });
    EXPECT_THAT(made, IsOk());
  }

  void MakeAdministrator(const Caller& who) {
    const Status made = catalog_->Change({}, [&](Edit& edit) -> Status {
      Securable metastore = edit.picture().metastore();
      metastore.owner = who.principal;
      edit.Update(std::move(metastore));
      return {};
    });
    EXPECT_THAT(made, IsOk());
  }

  Result<SecurablePtr> Create(NewRecipient recipient) {
    return CreateRecipient(*catalog_, ada_, std::move(recipient));
  }
  Result<SecurablePtr> CreateAcme() { return Create({.name = "acme"}); }
  Result<SecurablePtr> Rotate(seconds existing) {
    return RotateRecipientToken(*catalog_, ada_, "acme", existing);
  }
  const Recipient& Acme() {
    acme_ = *FindRecipient(*catalog_, ada_, "acme");
    return acme_->As<Recipient>();
  }
  // Opens the link that Acme shows.
  Result<MintedToken> Open() {
    const auto nonce = NonceOfToken(*catalog_, Acme().tokens.back());
    if (!nonce) return Fail(Code::kInternal, "there is no link");
    return Activate(*catalog_, *nonce, {});
  }
  // Whether the catalog knows this token and it has not ended.
  bool IsGood(const MintedToken& minted) {
    const auto picture = catalog_->Now();
    const auto found = picture->FindRecipientToken(crypto::Sha256(minted.token));
    if (!found) return false;
    const auto& token = found->recipient->As<Recipient>().tokens[found->index];
    return clock_.Now() < *token.expires_at;
  }
  Status SetTokenLifetime(seconds lifetime) {
    return catalog_->Change({}, [&](Edit& edit) -> Status {
      Securable metastore = edit.picture().metastore();
      metastore.As<Metastore>().recipient_token_lifetime = lifetime;
      edit.Update(std::move(metastore));
      return {};
    });
  }

  sluice::testing::ManualClock clock_{FromUnixMillis(1'700'000'000'000)};
  SecureRandom random_;
  testing::MemoryStore store_;
  std::unique_ptr<Catalog> catalog_;
  Caller ada_{.principal = {}, .name = "ada@example.org"};
  Caller bob_{.principal = {}, .name = "bob@example.org"};
  Caller eve_{.principal = {}, .name = "eve@example.org"};
  SecurablePtr acme_;
};

TEST_F(RecipientsTest, ARecipientHasALinkAndNoTokenYet) {
  const auto made = CreateRecipient(
      *catalog_, ada_, {.name = "acme", .comment = "a partner", .properties = {{"country", "SE"}}});
  ASSERT_THAT(made, IsOk());
  EXPECT_EQ((*made)->name, "acme");
  EXPECT_EQ((*made)->owner, ada_.principal);
  EXPECT_EQ((*made)->created_by, "ada@example.org");
  ASSERT_THAT(Acme().tokens, SizeIs(1));
  const RecipientToken& token = Acme().tokens[0];
  EXPECT_FALSE(token.hash);
  EXPECT_EQ(token.activation_expires_at, clock_.Now() + hours(72));
  const auto nonce = NonceOfToken(*catalog_, token);
  ASSERT_TRUE(nonce);
  EXPECT_THAT(*nonce, SizeIs(43));
  // What lies in the database gives nothing away.
  EXPECT_EQ(token.activation.text.find(*nonce), std::string::npos);
  EXPECT_EQ(AllProperties(**made), (Properties{{"country", "SE"}, {"databricks.name", "acme"}}));
}

TEST_F(RecipientsTest, OnlyWhoMayCreatesSeesAndChanges) {
  EXPECT_THAT(CreateRecipient(*catalog_, eve_, {.name = "x"}), IsError(Code::kPermissionDenied));
  EXPECT_THAT(CreateRecipient(*catalog_, bob_, {.name = "x"}), IsError(Code::kPermissionDenied));
  ASSERT_THAT(CreateAcme(), IsOk());
  EXPECT_THAT(FindRecipient(*catalog_, bob_, "ACME"), IsOk());
  // Who may not see it is told what somebody is told who asks for nothing that exists.
  const auto hidden = FindRecipient(*catalog_, eve_, "acme");
  ASSERT_THAT(hidden, IsError(Code::kNotFound, "Recipient 'acme' does not exist."));
  EXPECT_EQ(hidden.error().reason, "RECIPIENT_DOES_NOT_EXIST");
  EXPECT_THAT(UpdateRecipient(*catalog_, eve_, "acme", {.comment = "x"}), IsError(Code::kNotFound));
  EXPECT_THAT(DeleteRecipient(*catalog_, eve_, "acme"), IsError(Code::kNotFound));
  EXPECT_THAT(RotateRecipientToken(*catalog_, eve_, "acme", seconds(0)), IsError(Code::kNotFound));
  // Who may look may not touch.
  EXPECT_THAT(UpdateRecipient(*catalog_, bob_, "acme", {.comment = "x"}),
              IsError(Code::kPermissionDenied));
  EXPECT_THAT(UpdateRecipient(*catalog_, bob_, "acme", {.owner = bob_.name}),
              IsError(Code::kPermissionDenied));
  EXPECT_THAT(UpdateRecipient(*catalog_, bob_, "acme", {}), IsError(Code::kPermissionDenied));
  EXPECT_THAT(DeleteRecipient(*catalog_, bob_, "acme"), IsError(Code::kPermissionDenied));
  EXPECT_THAT(RotateRecipientToken(*catalog_, bob_, "acme", seconds(0)),
              IsError(Code::kPermissionDenied));
}

TEST_F(RecipientsTest, RefusesWhatIsNoRecipient) {
  const auto missing = Create({});
  ASSERT_THAT(missing,
              IsError(Code::kInvalidArgument, "CreateRecipient Missing required field: name"));
  EXPECT_EQ(missing.error().reason, "INVALID_PARAMETER_VALUE");
  EXPECT_THAT(Create({.name = "a b"}),
              IsError(Code::kInvalidArgument, "'a b' is not a valid name"));
  EXPECT_THAT(Create({.name = "x", .owner = "nobody"}), IsError(Code::kNotFound, "nobody"));
  EXPECT_THAT(Create({.name = "x", .expires_at = clock_.Now()}),
              IsError(Code::kInvalidArgument, "future"));
  EXPECT_THAT(Create({.name = "x", .comment = std::string(65'537, 'x')}),
              IsError(Code::kInvalidArgument, "comment"));
  ASSERT_THAT(CreateAcme(), IsOk());
  const auto twice = Create({.name = "Acme"});
  ASSERT_THAT(twice, IsError(Code::kAlreadyExists, "Recipient 'Acme' already exists"));
  EXPECT_EQ(twice.error().reason, "RECIPIENT_ALREADY_EXISTS");
}

TEST_F(RecipientsTest, WaysToAuthenticateThatAreNotThereYetAreRefused) {
  using enum AuthenticationType;
  EXPECT_THAT(Create({.name = "x", .authentication_type = kOidcFederation}),
              IsError(Code::kUnsupported, "OIDC_FEDERATION is not supported yet"));
  EXPECT_THAT(Create({.name = "x", .authentication_type = kOauthClientCredentials}),
              IsError(Code::kUnsupported, "OAUTH_CLIENT_CREDENTIALS is not supported yet"));
}

TEST_F(RecipientsTest, AMetastoreElsewhereIsKeptByItsIdentifier) {
  using enum AuthenticationType;
  const auto with = [&](std::string name, std::string_view id) {
    return Create({.name = std::move(name),
                   .authentication_type = kDatabricks,
                   .data_recipient_global_metastore_id = std::string(id)});
  };
  const auto made = with("far", kElsewhere);
  ASSERT_THAT(made, IsOk());
  EXPECT_THAT((*made)->As<Recipient>().tokens, IsEmpty());
  EXPECT_EQ(AllProperties(**made).at("databricks.metastoreId"),
            "19a84bee-54bc-43a2-87de-023d0ec16016");
  EXPECT_THAT(with("far2", kElsewhere), IsError(Code::kAlreadyExists, "'far'"));
  EXPECT_THAT(RotateRecipientToken(*catalog_, ada_, "far", seconds(0)),
              IsError(Code::kInvalidArgument, "does not use tokens"));
  for (const std::string_view bad :
       {"", "aws", "aws:us", "aws:us:x", "::", ":us:19a84bee-54bc-43a2-87de-023d0ec16016",
        "aws::19a84bee-54bc-43a2-87de-023d0ec16016", "aws:u s:19a84bee-54bc-43a2-87de-023d0ec16016",
        "aws:us:19a84bee-54bc-43a2-87de-023d0ec1601", "aws:us:19a84bee-54bc-43a2-87de-023d0ec1601g",
        "aws:us:19a84bee-54bc-43a2-87de-023d0ec16016:x",
        "aws:us:19a84bee054bc-43a2-87de-023d0ec16016"}) {
    EXPECT_THAT(with("bad", bad), IsError(Code::kInvalidArgument)) << bad;
  }
  EXPECT_THAT(Create({.name = "x", .data_recipient_global_metastore_id = std::string(kElsewhere)}),
              IsError(Code::kInvalidArgument, "DATABRICKS"));
}

TEST_F(RecipientsTest, PredefinedPropertiesCannotBeSet) {
  for (const char* key :
       {"databricks.name", "databricks.accountId", "databricks.metastoreId", "Databricks.Name"}) {
    EXPECT_THAT(Create({.name = "x", .properties = {{key, "v"}}}),
                IsError(Code::kInvalidArgument, "predefined"));
  }
  EXPECT_THAT(Create({.name = "x", .properties = {{"", "v"}}}), IsError(Code::kInvalidArgument));
  ASSERT_THAT(CreateAcme(), IsOk());
  EXPECT_THAT(UpdateRecipient(*catalog_, ada_, "acme",
                              {.properties = Properties{{"databricks.name", "v"}}}),
              IsError(Code::kInvalidArgument, "predefined"));
}

TEST_F(RecipientsTest, AddressesAreReadWhenTheyAreSet) {
  EXPECT_THAT(Create({.name = "x", .allowed_ip_addresses = {"10.0.0.256"}}),
              IsError(Code::kInvalidArgument, "10.0.0.256"));
  EXPECT_THAT(Create({.name = "x", .denied_ip_addresses = {"10.0.0.1/8"}}),
              IsError(Code::kInvalidArgument, "10.0.0.0/8"));
  for (const char* bad : {"", " , ", "the office", "10.0.0.0/8, office"}) {
    EXPECT_THAT(Create({.name = "x", .properties = {{"allowed_ip_ranges", bad}}}),
                IsError(Code::kInvalidArgument, "IP access list"))
        << bad;
  }
  std::vector<std::string> many(100, "10.0.0.1");
  ASSERT_THAT(Create({.name = "acme", .allowed_ip_addresses = many}), IsOk());
  // Together with those of the list.
  const auto one_more = UpdateRecipient(
      *catalog_, ada_, "acme", {.properties = Properties{{"allowed_ip_ranges", "10.0.0.2"}}});
  EXPECT_THAT(one_more, IsError(Code::kInvalidArgument, "at most 100"));
  many.push_back("10.0.0.1");
  EXPECT_THAT(Create({.name = "x", .allowed_ip_addresses = many}),
              IsError(Code::kInvalidArgument, "100"));
  EXPECT_THAT(Acme().allowed_ip_addresses, SizeIs(100));
}

TEST_F(RecipientsTest, TheListTheDeniedAndThePropertyCountTogether) {
  const auto made = Create({.name = "acme",
                            .allowed_ip_addresses = {"10.1.0.0/16", "2001:db8::/32"},
                            .denied_ip_addresses = {"10.1.9.9"},
                            .properties = {{"Allowed_IP_Ranges", "192.168.7.0/24, 172.16.0.1"}}});
  ASSERT_THAT(made, IsOk());
  const auto allowed = [&](std::string_view address) {
    return CheckAddress(**made, *IpAddress::Parse(address)).has_value();
  };
  for (const char* good : {"10.1.2.3", "192.168.7.9", "172.16.0.1", "2001:db8:1::5"}) {
    EXPECT_TRUE(allowed(good)) << good;
  }
  for (const char* bad : {"10.2.0.1", "10.1.9.9", "172.16.0.2", "2001:db9::1", "::1"}) {
    EXPECT_FALSE(allowed(bad)) << bad;
  }
  EXPECT_THAT(CheckAddress(**made, IpAddress()),
              IsError(Code::kPermissionDenied, "IP access list"));
}

TEST_F(RecipientsTest, UpdatesWhatIsGivenAndNothingElse) {
  ASSERT_THAT(Create({.name = "acme",
                      .comment = "c",
                      .allowed_ip_addresses = {"10.0.0.1"},
                      .denied_ip_addresses = {"10.0.0.2"},
                      .properties = {{"a", "1"}, {"b", "2"}}}),
              IsOk());
  clock_.Advance(hours(1));
  auto after = UpdateRecipient(*catalog_, ada_, "acme", {.properties = Properties{{"c", "3"}}});
  ASSERT_THAT(after, IsOk());
  EXPECT_EQ((*after)->properties, (Properties{{"c", "3"}}));
  EXPECT_EQ((*after)->comment, "c");
  EXPECT_EQ((*after)->updated_at, clock_.Now());
  EXPECT_LT((*after)->created_at, clock_.Now());
  after = UpdateRecipient(*catalog_, ada_, "acme",
                          {.allowed_ip_addresses = std::vector<std::string>{}});
  ASSERT_THAT(after, IsOk());
  EXPECT_THAT((*after)->As<Recipient>().allowed_ip_addresses, IsEmpty());
  EXPECT_THAT((*after)->As<Recipient>().denied_ip_addresses, ElementsAre("10.0.0.2"));
  ASSERT_THAT(Create({.name = "other"}), IsOk());
  EXPECT_THAT(UpdateRecipient(*catalog_, ada_, "other", {.owner = "nobody"}),
              IsError(Code::kNotFound));
  // Given away: its new owner may change it, the old one does not even see it.
  ASSERT_THAT(UpdateRecipient(*catalog_, ada_, "other", {.owner = bob_.name}), IsOk());
  EXPECT_THAT(UpdateRecipient(*catalog_, bob_, "other", {.comment = "mine"}), IsOk());
  EXPECT_THAT(FindRecipient(*catalog_, ada_, "other"), IsError(Code::kNotFound));
}

TEST_F(RecipientsTest, AreRenamedByAdministratorsWhoOwnThem) {
  ASSERT_THAT(CreateAcme(), IsOk());
  ASSERT_THAT(Create({.name = "other"}), IsOk());
  EXPECT_THAT(UpdateRecipient(*catalog_, ada_, "acme", {.new_name = "acme2"}),
              IsError(Code::kPermissionDenied, "does not own metastore"));
  // The name that it has is no new one.
  EXPECT_THAT(UpdateRecipient(*catalog_, ada_, "acme", {.new_name = "acme"}), IsOk());
  MakeAdministrator(bob_);
  EXPECT_THAT(UpdateRecipient(*catalog_, bob_, "acme", {.comment = "c"}), IsOk());
  ASSERT_THAT(UpdateRecipient(*catalog_, bob_, "acme", {.new_name = "acme2"}),
              IsError(Code::kPermissionDenied, "does not own recipient"));
  EXPECT_THAT(RotateRecipientToken(*catalog_, bob_, "acme", seconds(0)),
              IsError(Code::kPermissionDenied));
  MakeAdministrator(ada_);
  const Id id = (*FindRecipient(*catalog_, ada_, "acme"))->id;
  ASSERT_THAT(UpdateRecipient(*catalog_, ada_, "acme", {.new_name = "ACME2", .comment = "d"}),
              IsOk());
  EXPECT_THAT(FindRecipient(*catalog_, ada_, "acme"), IsError(Code::kNotFound));
  EXPECT_EQ((*FindRecipient(*catalog_, ada_, "acme2"))->id, id);
  // Only in its spelling.
  EXPECT_THAT(UpdateRecipient(*catalog_, ada_, "acme2", {.new_name = "acme2"}), IsOk());
  EXPECT_THAT(UpdateRecipient(*catalog_, ada_, "other", {.new_name = "acme2"}),
              IsError(Code::kAlreadyExists));
  EXPECT_THAT(UpdateRecipient(*catalog_, ada_, "other", {.new_name = "a/b"}),
              IsError(Code::kInvalidArgument));
}

TEST_F(RecipientsTest, ALinkOpensOnce) {
  ASSERT_THAT(CreateAcme(), IsOk());
  const std::string nonce = *NonceOfToken(*catalog_, Acme().tokens[0]);
  const auto info = ActivationInfo(*catalog_, nonce, {});
  ASSERT_THAT(info, IsOk());
  EXPECT_EQ(info->state, Activation::State::kReady);
  EXPECT_EQ(info->recipient->name, "acme");
  EXPECT_EQ(info->link_expires_at, clock_.Now() + hours(72));
  EXPECT_EQ(info->token_expires_at, clock_.Now() + hours(24 * 365));
  EXPECT_THAT(ActivationInfo(*catalog_, nonce.substr(1), {}), IsError(Code::kNotFound));

  const auto minted = Activate(*catalog_, nonce, {});
  ASSERT_THAT(minted, IsOk());
  EXPECT_THAT(minted->token, StartsWith("slr_"));
  EXPECT_THAT(minted->token, SizeIs(4 + 43));
  EXPECT_EQ(minted->expires_at, clock_.Now() + hours(24 * 365));
  EXPECT_TRUE(IsGood(*minted));
  const RecipientToken& token = Acme().tokens[0];
  EXPECT_EQ(token.hash, crypto::Sha256(minted->token));
  EXPECT_EQ(token.activation.text, "");
  EXPECT_EQ(NonceOfToken(*catalog_, token), std::nullopt);

  EXPECT_THAT(Activate(*catalog_, nonce, {}), IsError(Code::kNotFound, "was used already"));
  EXPECT_EQ(ActivationInfo(*catalog_, nonce, {})->state, Activation::State::kUsed);
  EXPECT_TRUE(IsGood(*minted));
}

TEST_F(RecipientsTest, NothingIsUsedUpWhenWritingFails) {
  ASSERT_THAT(CreateAcme(), IsOk());
  store_.fail_next = true;
  EXPECT_THAT(Open(), IsError(Code::kUnavailable));
  EXPECT_THAT(Open(), IsOk());
}

TEST_F(RecipientsTest, ALinkEndsWithItsTime) {
  ASSERT_THAT(CreateAcme(), IsOk());
  const std::string nonce = *NonceOfToken(*catalog_, Acme().tokens[0]);
  clock_.Advance(hours(72) - Millis(1));
  EXPECT_EQ(ActivationInfo(*catalog_, nonce, {})->state, Activation::State::kReady);
  clock_.Advance(Millis(1));
  EXPECT_EQ(ActivationInfo(*catalog_, nonce, {})->state, Activation::State::kExpired);
  EXPECT_THAT(Activate(*catalog_, nonce, {}), IsError(Code::kNotFound, "has expired"));
  EXPECT_EQ(NonceOfToken(*catalog_, Acme().tokens[0]), std::nullopt);
}

TEST_F(RecipientsTest, ATokenEndsWithWhateverEndsFirst) {
  ASSERT_THAT(SetTokenLifetime(hours(10)), IsOk());
  ASSERT_THAT(CreateAcme(), IsOk());
  clock_.Advance(hours(1));
  EXPECT_EQ(Open()->expires_at, clock_.Now() + hours(10));
  ASSERT_THAT(SetTokenLifetime(hours(24 * 400)), IsOk());
  ASSERT_THAT(Rotate(seconds(0)), IsOk());
  EXPECT_EQ(Open()->expires_at, clock_.Now() + hours(24 * 365));
  const TimePoint soon = clock_.Now() + hours(3);
  ASSERT_THAT(UpdateRecipient(*catalog_, ada_, "acme", {.expires_at = soon}), IsOk());
  // The one that lives, too.
  EXPECT_EQ(Acme().tokens[0].expires_at, soon);
  ASSERT_THAT(Rotate(seconds(0)), IsOk());
  EXPECT_EQ(Open()->expires_at, soon);
  // Later is for those to come.
  ASSERT_THAT(UpdateRecipient(*catalog_, ada_, "acme", {.expires_at = soon + hours(9)}), IsOk());
  EXPECT_EQ(Acme().tokens[0].expires_at, soon);
  EXPECT_THAT(UpdateRecipient(*catalog_, ada_, "acme", {.expires_at = clock_.Now()}),
              IsError(Code::kInvalidArgument, "future"));
}

TEST_F(RecipientsTest, ALinkOfARecipientWhoseTimeIsOverOpensNothing) {
  ASSERT_THAT(Create({.name = "acme", .expires_at = clock_.Now() + hours(1)}), IsOk());
  clock_.Advance(hours(1));
  EXPECT_THAT(Open(), IsError(Code::kNotFound, "has expired"));
}

TEST_F(RecipientsTest, RotationVoidsALinkThatWasNotOpened) {
  ASSERT_THAT(CreateAcme(), IsOk());
  const std::string old = *NonceOfToken(*catalog_, Acme().tokens[0]);
  ASSERT_THAT(Rotate(seconds(1000)), IsOk());
  ASSERT_THAT(Acme().tokens, SizeIs(1));
  EXPECT_THAT(Activate(*catalog_, old, {}), IsError(Code::kNotFound, "newer one"));
  EXPECT_THAT(ActivationInfo(*catalog_, old, {}), IsError(Code::kNotFound));
  EXPECT_THAT(Open(), IsOk());
}

TEST_F(RecipientsTest, TheOldTokenLivesForItsGraceAndNoLonger) {
  ASSERT_THAT(CreateAcme(), IsOk());
  const MintedToken old = *Open();
  ASSERT_THAT(Rotate(hours(2)), IsOk());
  const MintedToken fresh = *Open();
  EXPECT_NE(old.token, fresh.token);
  EXPECT_TRUE(IsGood(old) && IsGood(fresh));
  clock_.Advance(hours(2) - Millis(1));
  EXPECT_TRUE(IsGood(old));
  clock_.Advance(Millis(1));
  EXPECT_FALSE(IsGood(old));
  EXPECT_TRUE(IsGood(fresh));
}

TEST_F(RecipientsTest, AGraceOfNothingEndsTheOldTokenAtOnce) {
  ASSERT_THAT(CreateAcme(), IsOk());
  const MintedToken old = *Open();
  ASSERT_THAT(Rotate(seconds(0)), IsOk());
  EXPECT_FALSE(IsGood(old));
  EXPECT_THAT(Acme().tokens, SizeIs(1));
}

TEST_F(RecipientsTest, AGraceOnlyShortens) {
  ASSERT_THAT(SetTokenLifetime(hours(1)), IsOk());
  ASSERT_THAT(CreateAcme(), IsOk());
  const MintedToken old = *Open();
  ASSERT_THAT(Rotate(seconds(std::numeric_limits<int64_t>::max())), IsOk());
  EXPECT_EQ(Acme().tokens[0].expires_at, old.expires_at);
  EXPECT_THAT(Rotate(seconds(-1)), IsError(Code::kInvalidArgument, "negative"));
}

TEST_F(RecipientsTest, NoThirdToken) {
  ASSERT_THAT(CreateAcme(), IsOk());
  const MintedToken first = *Open();
  ASSERT_THAT(Rotate(hours(2)), IsOk());
  const MintedToken second = *Open();
  const auto third = Rotate(seconds(0));
  ASSERT_THAT(third, IsError(Code::kInvalidArgument,
                             "There are already two active tokens for recipient acme"));
  EXPECT_EQ(third.error().reason, "INVALID_PARAMETER_VALUE");
  EXPECT_TRUE(IsGood(first) && IsGood(second));
  // Once the first has ended there is room, and it is gone from the list.
  clock_.Advance(hours(2));
  ASSERT_THAT(Rotate(hours(1)), IsOk());
  ASSERT_THAT(Acme().tokens, SizeIs(2));
  EXPECT_EQ(Acme().tokens[0].hash, crypto::Sha256(second.token));
}

TEST_F(RecipientsTest, NobodyIsLetInWithATokenWhereOnlyMetastoresShare) {
  const auto set_scope = [&](std::string_view scope) {
    return catalog_->Change({}, [&](Edit& edit) -> Status {
      Securable metastore = edit.picture().metastore();
      metastore.As<Metastore>().sharing_scope = scope;
      edit.Update(std::move(metastore));
      return {};
    });
  };
  ASSERT_THAT(CreateAcme(), IsOk());
  ASSERT_THAT(set_scope("INTERNAL"), IsOk());
  const auto made = Create({.name = "late"});
  ASSERT_THAT(made, IsError(Code::kPermissionDenied, "External Delta Sharing is not enabled"));
  EXPECT_EQ(made.error().reason, "FEATURE_DISABLED");
  EXPECT_THAT(Rotate(seconds(0)), IsError(Code::kPermissionDenied, "External Delta Sharing"));
  const auto nonce = NonceOfToken(*catalog_, Acme().tokens.back());
  ASSERT_TRUE(nonce.has_value());
  EXPECT_THAT(ActivationInfo(*catalog_, *nonce, {}), IsError(Code::kPermissionDenied, "External"));
  EXPECT_THAT(Open(), IsError(Code::kPermissionDenied, "External Delta Sharing"));
  // Another metastore is what INTERNAL is for; and what is there can be looked at and changed.
  EXPECT_THAT(Create({.name = "elsewhere",
                      .authentication_type = AuthenticationType::kDatabricks,
                      .data_recipient_global_metastore_id = std::string(kElsewhere)}),
              IsOk());
  EXPECT_THAT(UpdateRecipient(*catalog_, ada_, "acme", {.comment = "waits"}), IsOk());
  ASSERT_THAT(set_scope("INTERNAL_AND_EXTERNAL"), IsOk());
  EXPECT_THAT(Open(), IsOk());
}

TEST_F(RecipientsTest, DeletionEndsTokensLinksAndGrants) {
  ASSERT_THAT(CreateAcme(), IsOk());
  const Id id = (Acme(), acme_->id);
  const MintedToken minted = *Open();
  ASSERT_THAT(Rotate(hours(5)), IsOk());
  const std::string nonce = *NonceOfToken(*catalog_, Acme().tokens[1]);
  std::vector<Id> shares;
  ASSERT_THAT(catalog_->Change(ada_,
                               [&](Edit& edit) -> Status {
                                 for (const char* name : {"one", "two"}) {
                                   shares.push_back(
                                       edit.Create({.parent = edit.picture().metastore().id,
                                                    .name = name,
                                                    .grants = {{id, Privilege::kSelect}, {"other"}},
                                                    .details = Share{}}));
                                 }
                                 return {};
                               }),
              IsOk());
  ASSERT_THAT(DeleteRecipient(*catalog_, ada_, "acme"), IsOk());
  EXPECT_FALSE(IsGood(minted));
  EXPECT_THAT(Activate(*catalog_, nonce, {}), IsError(Code::kNotFound));
  for (const Id& share : shares) {
    EXPECT_THAT(catalog_->Now()->Find(share)->grants, ElementsAre(Grant{"other"}));
  }
  // A new one of that name is another.
  ASSERT_THAT(CreateAcme(), IsOk());
  EXPECT_NE((Acme(), acme_->id), id);
  EXPECT_FALSE(IsGood(minted));
  EXPECT_THAT(DeleteRecipient(*catalog_, ada_, "nobody"), IsError(Code::kNotFound));
}

}  // namespace
}  // namespace sluice::catalog
