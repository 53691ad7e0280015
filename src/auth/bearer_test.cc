#include "auth/bearer.h"

#include "base/encoding.h"
#include "base/testing/matchers.h"

namespace sluice::auth {
namespace {

using ::testing::HasSubstr;
using testing::IsError;
using testing::IsOkAnd;
using ::testing::Not;

constexpr std::string_view kToken = "faaie590d541265bcab1f2de9813274bf233";

std::string Bearer(std::string_view token) { return "Bearer " + std::string(token); }

Result<std::string> Authenticate(const Authenticator& authenticator, std::string_view header) {
  net::Request request;
  if (!header.empty()) request.headers.Add("Authorization", std::string(header));
  return authenticator.Authenticate(request, net::Access::kRecipient);
}

TEST(BearerToken, ReadsTheTokenWhateverTheCaseOfTheScheme) {
  EXPECT_EQ(BearerToken("Bearer abc"), "abc");
  EXPECT_EQ(BearerToken("bearer abc"), "abc");
  EXPECT_EQ(BearerToken("BEARER abc"), "abc");
  EXPECT_EQ(BearerToken("bEaReR   abc"), "abc");
  EXPECT_EQ(BearerToken("Bearer a-._~+/=!$:x"), "a-._~+/=!$:x");
}

TEST(BearerToken, TakesNothingElse) {
  for (const std::string_view bad : {"",
                                     " ",
                                     "Bearer",
                                     "Bearer ",
                                     "Bearer    ",
                                     "Bearerabc",
                                     "Bearer\tabc",
                                     "Bearer \tabc",
                                     " Bearer abc",
                                     "Bearer abc ",
                                     "Bearer abc\t",
                                     "Bearer abc def",
                                     "Bearer abc, Basic x",
                                     "Basic YTpi",
                                     "Token abc",
                                     "bear abc",
                                     "Bearer: abc",
                                     "abc",
                                     "Bearer a\x01",
                                     "Bearer a\x7f",
                                     "Bearer \xc3\xbc",
                                     "Bearer abc\r\nX: y"}) {
    EXPECT_EQ(BearerToken(bad), std::nullopt) << bad;
  }
  EXPECT_EQ(BearerToken(std::string_view("Bearer a\0b", 10)), std::nullopt);
}

TEST(BearerToken, HasALimit) {
  EXPECT_TRUE(BearerToken(Bearer(std::string(8192, 'x'))).has_value());
  EXPECT_EQ(BearerToken(Bearer(std::string(8193, 'x'))), std::nullopt);
}

TEST(SingleToken, LetsItsTokenIn) {
  const SingleToken tokens(kToken);
  EXPECT_THAT(Authenticate(tokens, Bearer(kToken)), IsOkAnd(tokens.principal()));
  EXPECT_THAT(Authenticate(tokens, "bearer " + std::string(kToken)), IsOkAnd(tokens.principal()));
}

TEST(SingleToken, PrincipalNamesTheTokenWithoutTellingIt) {
  const SingleToken tokens("abc");
  // The first 8 bytes of SHA-256("abc"), FIPS 180-2 appendix B.1.
  EXPECT_EQ(tokens.principal(), "recipient:ba7816bf8f01cfea");
  EXPECT_NE(SingleToken("abd").principal(), tokens.principal());
}

TEST(SingleToken, RefusesEverythingElse) {
  const SingleToken tokens(kToken);
  const std::string token(kToken);
  std::string other_case = token;
  other_case[0] = 'F';
  std::string last_differs = token;
  last_differs.back() = '4';
  for (const std::string& bad :
       {Bearer(token.substr(0, token.size() - 1)), Bearer(token.substr(1)), Bearer(token + "x"),
        Bearer(token + token), Bearer(other_case), Bearer(last_differs), Bearer("x"),
        Bearer(Hex(crypto::View(crypto::Sha256(token)))), Bearer("\"" + token + "\"")}) {
    const auto refused = Authenticate(tokens, bad);
    EXPECT_THAT(refused, IsError(Code::kUnauthenticated, "unknown"));
    EXPECT_THAT(refused.error().message + refused.error().detail, Not(HasSubstr(token)));
  }
  for (const std::string& none :
       {std::string(), token, "Basic " + token, Bearer(""), Bearer(token + " "), Bearer(" "),
        "Bearer" + token, Bearer(std::string(100'000, 'x'))}) {
    EXPECT_THAT(Authenticate(tokens, none), IsError(Code::kUnauthenticated, "is needed"));
  }
}

TEST(SingleToken, AnEmptyTokenOpensNothing) {
  const SingleToken tokens("");
  for (const std::string_view header : {"", "Bearer", "Bearer ", "Bearer  "}) {
    EXPECT_THAT(Authenticate(tokens, header), IsError(Code::kUnauthenticated));
  }
}

TEST(NoAuthentication, EveryoneIsAnonymous) {
  const NoAuthentication open;
  EXPECT_THAT(Authenticate(open, ""), IsOkAnd("anonymous"));
  EXPECT_THAT(Authenticate(open, "Basic x"), IsOkAnd("anonymous"));
}

}  // namespace
}  // namespace sluice::auth
