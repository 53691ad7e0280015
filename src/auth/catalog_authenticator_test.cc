#include "auth/catalog_authenticator.h"

#include "base/testing/manual_clock.h"
#include "base/testing/matchers.h"
#include "catalog/activation.h"
#include "catalog/recipients.h"
#include "catalog/sessions.h"
#include "catalog/testing/memory_store.h"

namespace sluice::auth {
namespace {

using catalog::Caller;
using catalog::Edit;
using std::chrono::hours;
using testing::IsError;
using testing::IsOk;
using testing::IsOkAnd;

constexpr std::string_view kPersonalToken = "dapi0123456789";

class CatalogAuthenticatorTest : public ::testing::Test {
 protected:
  CatalogAuthenticatorTest() {
    acme_ = *catalog::CreateRecipient(*catalog_, {}, {.name = "acme"});
    EXPECT_THAT(catalog_->Change({},
                                 [&](Edit& edit) -> Status {
                                   ada_ = edit.Create(catalog::Principal{.name = "ada"});
                                   pat_ = edit.Create(
                                       catalog::AccessToken{.principal = ada_,
                                                            .hash = crypto::Sha256(kPersonalToken),
                                                            .expires_at = clock_.Now() + hours(1)});
                                   return {};
                                 }),
                IsOk());
    token_ = Mint();
  }

  // Opens the recipient's link.
  std::string Mint() {
    const auto recipient = *catalog::FindRecipient(*catalog_, {}, "acme");
    const auto& entry = recipient->As<catalog::Recipient>().tokens.back();
    return catalog::Activate(*catalog_, *catalog::NonceOfToken(*catalog_, entry), {})->token;
  }
  Result<std::string> Come(std::string_view scheme, std::string_view token, net::Access access,
                           std::string_view from = "192.0.2.1") const {
    net::Request request;
    request.headers.Add("Authorization", std::string(scheme) + std::string(token));
    request.client = *IpAddress::Parse(from);
    Result<std::string> principal = authenticator_.Authenticate(request, access);
    if (!principal) return principal;
    const Status admitted = authenticator_.Admit(*principal, request);
    if (!admitted) return std::unexpected(admitted.error());
    return principal;
  }
  Result<std::string> AsRecipient(std::string_view token,
                                  std::string_view from = "192.0.2.1") const {
    return Come("Bearer ", token, net::Access::kRecipient, from);
  }
  Result<std::string> AsUser(std::string_view token) const {
    return Come("Bearer ", token, net::Access::kUser);
  }
  void Update(const catalog::RecipientChange& change) {
    ASSERT_THAT(catalog::UpdateRecipient(*catalog_, {}, "acme", change), IsOk());
  }
  std::string Acme() const { return "recipient:" + acme_->id; }

  sluice::testing::ManualClock clock_{FromUnixMillis(1'700'000'000'000)};
  SecureRandom random_;
  catalog::testing::MemoryStore store_;
  std::unique_ptr<catalog::Catalog> catalog_ =
      *catalog::Catalog::Open(store_, clock_, random_, std::string(32, 'k'));
  CatalogAuthenticator authenticator_{*catalog_};
  catalog::SecurablePtr acme_;
  catalog::Id ada_;
  catalog::Id pat_;
  std::string token_;
};

TEST_F(CatalogAuthenticatorTest, ATokenNamesItsRecipient) {
  EXPECT_THAT(AsRecipient(token_), IsOkAnd(Acme()));
  EXPECT_THAT(AsRecipient(token_ + "x"), IsError(Code::kUnauthenticated, "unknown"));
  EXPECT_THAT(AsRecipient("x"), IsError(Code::kUnauthenticated, "unknown"));
  EXPECT_THAT(AsRecipient(""), IsError(Code::kUnauthenticated, "is needed"));
}

TEST_F(CatalogAuthenticatorTest, NeitherNonceNorHashIsAToken) {
  ASSERT_THAT(catalog::RotateRecipientToken(*catalog_, {}, "acme", hours(1)), IsOk());
  const auto recipient = *catalog::FindRecipient(*catalog_, {}, "acme");
  const auto& entry = recipient->As<catalog::Recipient>().tokens.back();
  EXPECT_THAT(AsRecipient(*catalog::NonceOfToken(*catalog_, entry)),
              IsError(Code::kUnauthenticated));
  EXPECT_THAT(AsRecipient(acme_->id), IsError(Code::kUnauthenticated));
}

TEST_F(CatalogAuthenticatorTest, OnlyBearerTokensAreTaken) {
  for (const std::string_view scheme : {"Basic ", "", "Token ", "Bearer"}) {
    EXPECT_THAT(Come(scheme, token_, net::Access::kRecipient), IsError(Code::kUnauthenticated));
    EXPECT_THAT(Come(scheme, kPersonalToken, net::Access::kUser), IsError(Code::kUnauthenticated));
  }
  EXPECT_THAT(authenticator_.Authenticate({}, net::Access::kUser),
              IsError(Code::kUnauthenticated, "is needed"));
}

TEST_F(CatalogAuthenticatorTest, RecipientsAndUsersHaveRoutesOfTheirOwn) {
  EXPECT_THAT(AsUser(kPersonalToken), IsOkAnd("user:" + ada_));
  EXPECT_THAT(AsUser(token_), IsError(Code::kUnauthenticated));
  EXPECT_THAT(AsRecipient(kPersonalToken), IsError(Code::kUnauthenticated));
}

TEST_F(CatalogAuthenticatorTest, ATokenEndsWithItsTime) {
  clock_.Advance(hours(24 * 365) - Millis(1));
  EXPECT_THAT(AsRecipient(token_), IsOk());
  clock_.Advance(Millis(1));
  EXPECT_THAT(AsRecipient(token_), IsError(Code::kUnauthenticated, "no longer valid"));
}

TEST_F(CatalogAuthenticatorTest, AnOldTokenEndsWithItsGrace) {
  ASSERT_THAT(catalog::RotateRecipientToken(*catalog_, {}, "acme", hours(2)), IsOk());
  const std::string fresh = Mint();
  EXPECT_THAT(AsRecipient(token_), IsOkAnd(Acme()));
  EXPECT_THAT(AsRecipient(fresh), IsOkAnd(Acme()));
  clock_.Advance(hours(2));
  EXPECT_THAT(AsRecipient(token_), IsError(Code::kUnauthenticated));
  EXPECT_THAT(AsRecipient(fresh), IsOkAnd(Acme()));
  ASSERT_THAT(catalog::RotateRecipientToken(*catalog_, {}, "acme", std::chrono::seconds(0)),
              IsOk());
  EXPECT_THAT(AsRecipient(fresh), IsError(Code::kUnauthenticated));
}

TEST_F(CatalogAuthenticatorTest, LinksEndWithATokenThatEndsAtOnce) {
  const auto link = [&](TimePoint issued) {
    return authenticator_.CheckLink(Acme(), std::chrono::floor<std::chrono::seconds>(issued), {});
  };
  const TimePoint before = clock_.Now();
  clock_.Advance(std::chrono::minutes(5));
  EXPECT_THAT(link(before), IsOk());
  ASSERT_THAT(catalog::RotateRecipientToken(*catalog_, {}, "acme", hours(1)), IsOk());
  EXPECT_THAT(link(before), IsOk());
  ASSERT_THAT(catalog::RotateRecipientToken(*catalog_, {}, "acme", std::chrono::seconds(0)),
              IsOk());
  const TimePoint rotated = clock_.Now();
  EXPECT_THAT(link(before), IsError(Code::kPermissionDenied, "ended with its token"));
  EXPECT_THAT(link(rotated + std::chrono::seconds(1)), IsOk());
  // What does not end at once leaves that time as it is.
  clock_.Advance(hours(1));
  Mint();
  ASSERT_THAT(catalog::RotateRecipientToken(*catalog_, {}, "acme", hours(1)), IsOk());
  EXPECT_THAT(link(rotated + std::chrono::seconds(1)), IsOk());
  EXPECT_THAT(link(before), IsError(Code::kPermissionDenied));
  EXPECT_THAT(authenticator_.CheckLink("user:" + ada_, before, {}), IsOk());
}

TEST_F(CatalogAuthenticatorTest, DeletionEndsATokenAtOnce) {
  ASSERT_THAT(catalog::DeleteRecipient(*catalog_, {}, "acme"), IsOk());
  EXPECT_THAT(AsRecipient(token_), IsError(Code::kUnauthenticated));
  EXPECT_THAT(authenticator_.CheckPrincipal(Acme(), {}), IsError(Code::kPermissionDenied));
}

TEST_F(CatalogAuthenticatorTest, APersonalTokenEndsWithItsTimeItsUserAndItself) {
  clock_.Advance(hours(1) - Millis(1));
  EXPECT_THAT(AsUser(kPersonalToken), IsOk());
  clock_.Advance(Millis(1));
  EXPECT_THAT(AsUser(kPersonalToken), IsError(Code::kUnauthenticated));
  clock_.Advance(hours(-1));
  const auto set_active = [&](bool active) {
    return catalog_->Change({}, [&](Edit& edit) -> Status {
      catalog::Principal ada = *edit.picture().FindPrincipal(ada_);
      ada.active = active;
      edit.Update(std::move(ada));
      return {};
    });
  };
  ASSERT_THAT(set_active(false), IsOk());
  EXPECT_THAT(AsUser(kPersonalToken), IsError(Code::kUnauthenticated));
  EXPECT_THAT(authenticator_.CheckPrincipal("user:" + ada_, {}), IsError(Code::kPermissionDenied));
  ASSERT_THAT(set_active(true), IsOk());
  EXPECT_THAT(AsUser(kPersonalToken), IsOk());
  EXPECT_THAT(authenticator_.CheckPrincipal("user:" + ada_, {}), IsOk());
  ASSERT_THAT(catalog_->Change({},
                               [&](Edit& edit) -> Status {
                                 edit.EraseAccessToken(pat_);
                                 return {};
                               }),
              IsOk());
  EXPECT_THAT(AsUser(kPersonalToken), IsError(Code::kUnauthenticated));
}

TEST_F(CatalogAuthenticatorTest, AGoodTokenFromAWrongAddressIsForbidden) {
  Update({.allowed_ip_addresses = std::vector<std::string>{"10.0.0.0/8", "2001:db8::/32"},
          .denied_ip_addresses = std::vector<std::string>{"10.0.0.66"}});
  for (const char* inside : {"10.1.2.3", "::ffff:10.1.2.3", "2001:db8::7"}) {
    EXPECT_THAT(AsRecipient(token_, inside), IsOkAnd(Acme())) << inside;
    EXPECT_THAT(authenticator_.CheckPrincipal(Acme(), *IpAddress::Parse(inside)), IsOk());
  }
  for (const char* outside : {"11.1.2.3", "10.0.0.66", "2001:db9::7", "::"}) {
    EXPECT_THAT(AsRecipient(token_, outside), IsError(Code::kPermissionDenied, "IP access list"))
        << outside;
    EXPECT_THAT(authenticator_.CheckPrincipal(Acme(), *IpAddress::Parse(outside)),
                IsError(Code::kPermissionDenied));
  }
  // A stranger does not find out that there is a list.
  EXPECT_THAT(AsRecipient("x", "11.1.2.3"), IsError(Code::kUnauthenticated));
}

TEST_F(CatalogAuthenticatorTest, AListHoldsAsSoonAsItIsSet) {
  EXPECT_THAT(AsRecipient(token_, "11.0.0.1"), IsOk());
  Update({.properties = catalog::Properties{{"allowed_ip_ranges", "10.0.0.0/8"}}});
  EXPECT_THAT(AsRecipient(token_, "11.0.0.1"), IsError(Code::kPermissionDenied));
  EXPECT_THAT(AsRecipient(token_, "10.0.0.1"), IsOk());
  Update({.properties = catalog::Properties{{"allowed_ip_ranges", "11.0.0.0/8"}}});
  EXPECT_THAT(AsRecipient(token_, "11.0.0.1"), IsOk());
  EXPECT_THAT(AsRecipient(token_, "10.0.0.1"), IsError(Code::kPermissionDenied));
  // A comment is none.
  Update({.properties = catalog::Properties{{"note", "10.0.0.0/8"}}});
  EXPECT_THAT(AsRecipient(token_, "10.0.0.1"), IsOk());
}

TEST_F(CatalogAuthenticatorTest, ASessionIsAsGoodAsItsToken) {
  const auto begin = [&](std::string_view token) {
    return catalog::BeginSession(*catalog_, {.token = token, .lifetime = hours(12)})->secret;
  };
  const auto come = [&](const std::string& secret, net::Access access) {
    net::Request request;
    request.headers.Add("X-Sluice-Portal", "1");
    request.headers.Add("Cookie", "sluice_session=" + secret);
    return authenticator_.Authenticate(request, access);
  };
  const std::string user = begin(kPersonalToken);
  const std::string recipient = begin(token_);
  EXPECT_THAT(come(user, net::Access::kUser), IsOkAnd("user:" + ada_));
  EXPECT_THAT(come(recipient, net::Access::kRecipient), IsOkAnd(Acme()));
  EXPECT_THAT(come(user, net::Access::kRecipient), IsError(Code::kUnauthenticated, "sign in"));
  EXPECT_THAT(come(recipient, net::Access::kUser), IsError(Code::kUnauthenticated, "sign in"));
  EXPECT_THAT(come("", net::Access::kUser), IsError(Code::kUnauthenticated, "sign in"));
  EXPECT_THAT(come(user + "x", net::Access::kUser), IsError(Code::kUnauthenticated, "sign in"));
  EXPECT_THAT(come(std::string(kPersonalToken), net::Access::kUser),
              IsError(Code::kUnauthenticated, "sign in"));

  net::Request request;
  request.headers.Add("Cookie", "sluice_session=" + user);
  EXPECT_THAT(authenticator_.Authenticate(request, net::Access::kUser),
              IsError(Code::kUnauthenticated, "is needed"));
  request.headers.Add("X-Sluice-Portal", "1");
  EXPECT_THAT(authenticator_.Authenticate(request, net::Access::kUser), IsOk());
  request.headers.Add("Authorization", "Bearer x");
  EXPECT_THAT(authenticator_.Authenticate(request, net::Access::kUser),
              IsError(Code::kUnauthenticated, "unknown"));

  clock_.Advance(hours(1));
  EXPECT_THAT(come(user, net::Access::kUser), IsError(Code::kUnauthenticated)) << "as the token";
  EXPECT_THAT(come(recipient, net::Access::kRecipient), IsOk());
}

TEST_F(CatalogAuthenticatorTest, TokensOpenNothingWhereOnlyMetastoresShare) {
  const auto set_scope = [&](std::string_view scope) {
    return catalog_->Change({}, [&](Edit& edit) -> Status {
      catalog::Securable metastore = edit.picture().metastore();
      metastore.As<catalog::Metastore>().sharing_scope = scope;
      edit.Update(std::move(metastore));
      return {};
    });
  };
  ASSERT_THAT(set_scope(catalog::kInternalScope), IsOk());
  const auto refused = AsRecipient(token_);
  ASSERT_THAT(refused, IsError(Code::kPermissionDenied, "External Delta Sharing is not enabled"));
  EXPECT_EQ(refused.error().reason, "FEATURE_DISABLED");
  // The links of files that were handed out before are as void.
  EXPECT_THAT(authenticator_.CheckPrincipal("recipient:" + acme_->id, {}),
              IsError(Code::kPermissionDenied, "External"));
  EXPECT_THAT(AsUser(kPersonalToken), IsOk());
  ASSERT_THAT(set_scope(catalog::kExternalScope), IsOk());
  EXPECT_THAT(AsRecipient(token_), IsOk());
}

TEST_F(CatalogAuthenticatorTest, APrincipalThatIsNoneHasNoAccess) {
  const std::string metastore = catalog_->Now()->metastore().id;
  for (const std::string& bad : {std::string(), "recipient:" + metastore, "recipient:" + ada_,
                                 "user:" + acme_->id, acme_->id, std::string("anonymous")}) {
    EXPECT_THAT(authenticator_.CheckPrincipal(bad, {}), IsError(Code::kPermissionDenied)) << bad;
  }
}

}  // namespace
}  // namespace sluice::auth
