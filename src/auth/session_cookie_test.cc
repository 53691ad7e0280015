#include "auth/session_cookie.h"

#include "base/testing/matchers.h"

namespace sluice::auth {
namespace {

using std::chrono::seconds;
using testing::IsError;
using testing::IsOk;

net::Request Come(std::initializer_list<std::pair<std::string, std::string>> headers) {
  net::Request request;
  request.headers.Add("Host", "share.example.org");
  request.headers.Add("X-Sluice-Portal", "1");
  for (const auto& [name, value] : headers) request.headers.Add(name, value);
  return request;
}

TEST(SessionCookie, IsFoundAmongOthers) {
  for (const char* header :
       {"sluice_session=abc", "a=b; sluice_session=abc", "sluice_session=abc;a",
        "xsluice_session=x; sluice_session=abc", ";;  sluice_session=abc; ",
        "sluice_session=; sluice_session=abc", "sluice_sessio; sluice_session=abc"}) {
    const net::Request request = Come({{"Cookie", header}});
    EXPECT_EQ(SessionSecret(request), "abc") << header;
  }
  const net::Request two = Come({{"cookie", "a=b"}, {"cookie", "sluice_session=abc"}});
  EXPECT_EQ(SessionSecret(two), "abc");
  for (const char* header : {"", ";", "=", "sluice_session", "sluice_session=",
                             "Sluice_Session=abc", "sluice_session2=abc", "x=sluice_session=abc"}) {
    const net::Request request = Come({{"Cookie", header}});
    EXPECT_FALSE(SessionSecret(request)) << header;
  }
}

TEST(SessionCookie, CountsBesideTheHeaderOnly) {
  net::Request request;
  request.headers.Add("Cookie", "sluice_session=abc");
  EXPECT_FALSE(SessionSecret(request));
  for (const char* value : {"", "0", "true", "11"}) {
    request.headers.Set("X-Sluice-Portal", value);
    EXPECT_FALSE(SessionSecret(request)) << value;
  }
  request.headers.Set("X-Sluice-Portal", "1");
  EXPECT_TRUE(SessionSecret(request));
  request.headers.Add("Authorization", "");
  EXPECT_FALSE(SessionSecret(request)) << "whoever sends an Authorization header means that";
}

TEST(SessionCookie, OverHttpsOnlyTheOneThatNobodyElseCanPlant) {
  net::Request request = Come({{"Cookie", "sluice_session=planted"}});
  request.tls = true;
  EXPECT_FALSE(SessionSecret(request));
  request.tls = false;
  request.forwarded_scheme = "https";
  EXPECT_FALSE(SessionSecret(request));
  request.headers.Set("Cookie", "sluice_session=planted; __Host-sluice_session=own");
  EXPECT_EQ(SessionSecret(request), "own");
  // Behind a proxy of which nobody told us.
  request.forwarded_scheme = "";
  EXPECT_EQ(SessionSecret(request), "own");
}

TEST(SessionCookie, IsSetAsTheSchemeAllows) {
  net::Request request = Come({});
  EXPECT_EQ(SessionCookie(request, "abc", seconds(60)),
            "sluice_session=abc; Path=/; HttpOnly; SameSite=Strict; Max-Age=60");
  request.headers.Add("Origin", "https://share.example.org");
  const std::string secure =
      "__Host-sluice_session=abc; Path=/; HttpOnly; SameSite=Strict; Max-Age=60; Secure";
  EXPECT_EQ(SessionCookie(request, "abc", seconds(60)), secure);
  request = Come({});
  request.tls = true;
  EXPECT_EQ(SessionCookie(request, "abc", seconds(60)), secure);
  EXPECT_EQ(NoSessionCookie(request),
            "__Host-sluice_session=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0; Secure");
}

TEST(SameOrigin, IsWhatTheBrowserSays) {
  const auto check = [](std::initializer_list<std::pair<std::string, std::string>> headers) {
    return CheckSameOrigin(Come(headers), "https://public.example.org");
  };
  EXPECT_THAT(check({}), IsOk()) << "programs that are no browser say nothing";
  EXPECT_THAT(check({{"Sec-Fetch-Site", "same-origin"}}), IsOk());
  EXPECT_THAT(check({{"Sec-Fetch-Site", "same-origin"}, {"Origin", "http://localhost:5173"}}),
              IsOk());
  for (const char* site : {"cross-site", "same-site", "", "x"}) {
    EXPECT_THAT(check({{"Sec-Fetch-Site", site}, {"Origin", "http://share.example.org"}}),
                IsError(Code::kPermissionDenied))
        << site;
  }
  for (const char* origin : {"http://share.example.org", "https://share.example.org",
                             "https://SHARE.example.org", "https://public.example.org"}) {
    EXPECT_THAT(check({{"Origin", origin}}), IsOk()) << origin;
  }
  for (const char* origin :
       {"https://evil.example.org", "null", "", "https://", "share.example.org",
        "http://share.example.org:81", "http://share.example.org.evil"}) {
    EXPECT_THAT(check({{"Origin", origin}}), IsError(Code::kPermissionDenied)) << origin;
  }
}

TEST(SameOrigin, NoPublicOriginIsNobodys) {
  EXPECT_THAT(CheckSameOrigin(Come({{"Origin", "null"}}), ""), IsError(Code::kPermissionDenied));
  EXPECT_THAT(CheckSameOrigin(Come({{"Origin", "://"}}), ""), IsError(Code::kPermissionDenied));
}

}  // namespace
}  // namespace sluice::auth
