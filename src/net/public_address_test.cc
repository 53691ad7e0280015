#include "net/public_address.h"

#include <gtest/gtest.h>

#include "base/testing/matchers.h"
#include "net/http_client.h"

namespace sluice::net {
namespace {

bool IsPublic(std::string_view text) { return IsPublicAddress(IpAddress::Parse(text).value()); }

TEST(PublicAddress, OfTheInternet) {
  for (const std::string_view text :
       {"8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00:1450::1"}) {
    EXPECT_TRUE(IsPublic(text)) << text;
  }
}

TEST(PublicAddress, OfNobodyElse) {
  for (const std::string_view text : {"0.0.0.0",     "127.0.0.1",        "127.8.8.8",
                                      "10.1.2.3",    "172.16.0.1",       "172.31.255.255",
                                      "192.168.1.1", "169.254.169.254",  "100.64.0.1",
                                      "224.0.0.1",   "255.255.255.255",  "::",
                                      "::1",         "::ffff:127.0.0.1", "::ffff:10.0.0.1",
                                      "::127.0.0.1", "64:ff9b::7f00:1",  "fe80::1",
                                      "fd00::1",     "ff02::1",          "2002:7f00:1::"}) {
    EXPECT_FALSE(IsPublic(text)) << text;
  }
}

TEST(PublicAddress, AClientConnectsToNoOther) {
  HttpClient client({.proxy = "none", .public_only = true});
  for (const std::string_view url :
       {"http://127.0.0.1:9/", "http://localhost:9/", "http://[::1]:9/", "http://0x7f.1:9/",
        "http://2130706433:9/"}) {
    const auto answer = client.Call({.url = std::string(url), .headers = {}, .body = {}});
    ASSERT_FALSE(answer) << url;
    EXPECT_EQ(answer.error().code, Code::kPermissionDenied) << url;
  }
}

}  // namespace
}  // namespace sluice::net
