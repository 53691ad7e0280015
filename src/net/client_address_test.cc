#include "net/client_address.h"

#include "base/testing/matchers.h"

namespace sluice::net {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

constexpr auto kForwarded = ForwardedHeader::kForwarded;

Request Resolved(std::string peer, const Fields& fields,
                 ForwardedHeader header = ForwardedHeader::kXForwardedFor,
                 std::string_view trusted = "10.0.0.0/8 2001:db8::/32") {
  Request request;
  request.peer = std::move(peer);
  request.local = "127.0.0.1:8080";
  for (const auto& [name, value] : fields) request.headers.Add(name, value);
  ResolveClient(request, {ParseIpNetworks(trusted).value_or(std::vector<IpNetwork>()), header});
  return request;
}

// Through the proxy 10.0.0.1.
std::string ClientOf(const Fields& fields,
                     ForwardedHeader header = ForwardedHeader::kXForwardedFor) {
  return Resolved("10.0.0.1:5000", fields, header).client.Text();
}

TEST(AddressOfPeer, IsThePeersWithoutPortAndZone) {
  EXPECT_EQ(AddressOfPeer("127.0.0.1:50312").Text(), "127.0.0.1");
  EXPECT_EQ(AddressOfPeer("[2001:db8::1]:80").Text(), "2001:db8::1");
  EXPECT_EQ(AddressOfPeer("[::ffff:10.0.0.1]:80").Text(), "10.0.0.1");
  EXPECT_EQ(AddressOfPeer("[fe80::1%eth0]:80").Text(), "fe80::1");
  EXPECT_TRUE(AddressOfPeer("").is_unspecified());
  EXPECT_TRUE(AddressOfPeer("somewhere:80").is_unspecified());
}

TEST(ResolveClient, WhoIsNoProxyIsNotBelieved) {
  const Fields claims = {{"X-Forwarded-For", "10.0.0.9"},
                         {"Forwarded", "for=10.0.0.9;proto=https;host=evil.example"},
                         {"X-Forwarded-Proto", "https"},
                         {"X-Forwarded-Host", "evil.example"}};
  for (const auto header : {ForwardedHeader::kXForwardedFor, kForwarded}) {
    const Request request = Resolved("8.8.8.8:5000", claims, header);
    EXPECT_EQ(request.client.Text(), "8.8.8.8");
    EXPECT_EQ(request.Origin(), "http://127.0.0.1:8080");
    EXPECT_EQ(Resolved("10.0.0.1:5000", claims, header, "").client.Text(), "10.0.0.1")
        << "nobody is trusted";
  }
}

TEST(ResolveClient, IsTheLastAddressThatNoTrustedProxyHas) {
  EXPECT_EQ(ClientOf({{"X-Forwarded-For", "8.8.8.8"}}), "8.8.8.8");
  EXPECT_EQ(ClientOf({{"X-Forwarded-For", "6.6.6.6, 8.8.8.8"}}), "8.8.8.8") << "6.6.6.6 is a claim";
  EXPECT_EQ(ClientOf({{"X-Forwarded-For", "6.6.6.6,8.8.8.8 , 10.0.0.2"}}), "8.8.8.8");
  EXPECT_EQ(ClientOf({{"x-forwarded-for", "6.6.6.6"}, {"X-Forwarded-For", "8.8.8.8"}}), "8.8.8.8");
  EXPECT_EQ(ClientOf({{"X-Forwarded-For", "8.8.8.8"}, {"X-Forwarded-For", "10.0.0.2"}}), "8.8.8.8");
  EXPECT_EQ(ClientOf({{"X-Forwarded-For", "10.0.0.3, 10.0.0.2"}}), "10.0.0.3") << "all are proxies";
  EXPECT_EQ(ClientOf({}), "10.0.0.1") << "the proxy itself asks";
}

TEST(ResolveClient, TakesAddressesAsProxiesWriteThem) {
  EXPECT_EQ(ClientOf({{"X-Forwarded-For", "8.8.8.8:61234"}}), "8.8.8.8");
  EXPECT_EQ(ClientOf({{"X-Forwarded-For", "2600::1"}}), "2600::1");
  EXPECT_EQ(ClientOf({{"X-Forwarded-For", "[2600::1]"}}), "2600::1");
  EXPECT_EQ(ClientOf({{"X-Forwarded-For", "[2600::1]:61234"}}), "2600::1");
  EXPECT_EQ(ClientOf({{"X-Forwarded-For", "8.8.8.8, ::ffff:10.0.0.2"}}), "8.8.8.8");
  EXPECT_EQ(ClientOf({{"X-Forwarded-For", "8.8.8.8, [2001:db8::7]:1"}}), "8.8.8.8");
}

TEST(ResolveClient, AnElementThatIsNoneIsTheProxyThatWroteIt) {
  for (const std::string bad :
       {"", "unknown", "_hidden", "8.8.8", "8.8.8.8:x", "8.8.8.8:99999", "[8.8.8.8]", "[2600::1",
        "[2600::1]x", "2600::1%eth0", "::", "\"8.8.8.8\"", "8.8.8.8 9.9.9.9", "for=8.8.8.8"}) {
    EXPECT_EQ(ClientOf({{"X-Forwarded-For", "6.6.6.6, " + bad}}), "10.0.0.1") << bad;
    EXPECT_EQ(ClientOf({{"X-Forwarded-For", "6.6.6.6, " + bad + ", 10.0.0.2"}}), "10.0.0.2") << bad;
    EXPECT_EQ(ClientOf({{"X-Forwarded-For", bad + ", 8.8.8.8"}}), "8.8.8.8")
        << "a client's nonsense harms nobody: " << bad;
  }
}

TEST(ResolveClient, OnlyTheHeaderOfTheOperatorsProxiesIsRead) {
  const Fields both = {{"X-Forwarded-For", "8.8.8.8"}, {"Forwarded", "for=9.9.9.9"}};
  EXPECT_EQ(ClientOf(both), "8.8.8.8");
  EXPECT_EQ(ClientOf(both, kForwarded), "9.9.9.9");
  EXPECT_EQ(ClientOf({{"Forwarded", "for=9.9.9.9"}}), "10.0.0.1");
  EXPECT_EQ(ClientOf({{"X-Forwarded-For", "8.8.8.8"}}, kForwarded), "10.0.0.1");
}

TEST(ResolveClient, ReadsForwarded) {
  const auto client = [](std::string value) {
    return ClientOf({{"Forwarded", std::move(value)}}, kForwarded);
  };
  EXPECT_EQ(client("for=8.8.8.8"), "8.8.8.8");
  EXPECT_EQ(client("For=\"[2600::1]:4711\""), "2600::1");
  EXPECT_EQ(client("for=8.8.8.8;proto=https;by=10.0.0.1"), "8.8.8.8");
  EXPECT_EQ(client("by=10.0.0.1 ; FOR=8.8.8.8;"), "8.8.8.8");
  EXPECT_EQ(client("for=6.6.6.6, for=8.8.8.8"), "8.8.8.8");
  EXPECT_EQ(client("for=6.6.6.6, for=8.8.8.8, for=10.0.0.2;secret=x"), "8.8.8.8");
  EXPECT_EQ(client("for=\"6.6.6.6, for=8.8.8.8"), "8.8.8.8") << "an open quote swallows nothing";
}

TEST(ResolveClient, AForwardedElementThatIsNoneIsTheProxyThatWroteIt) {
  for (const std::string bad :
       {"", "for", "for=", "8.8.8.8", "proto=https", "for=unknown", "for=_gazonk", "for=\"8.8.8.8",
        "for=8.8.8.8;for=9.9.9.9", "for=\"8.8.8\\.8\"", "for = 8.8.8.8", "for=2600::1%1"}) {
    EXPECT_EQ(ClientOf({{"Forwarded", "for=6.6.6.6, " + bad}}, kForwarded), "10.0.0.1") << bad;
  }
}

TEST(ResolveClient, LinksAreForTheHostThatTheProxySays) {
  const Fields said = {{"X-Forwarded-For", "8.8.8.8"},
                       {"X-Forwarded-Proto", "HTTPS"},
                       {"X-Forwarded-Host", "share.example.com"},
                       {"Host", "backend:8080"}};
  EXPECT_EQ(Resolved("10.0.0.1:1", said).Origin(), "https://share.example.com");
  EXPECT_EQ(Resolved("8.8.8.8:1", said).Origin(), "http://backend:8080");
  EXPECT_EQ(Resolved("10.0.0.1:1", {{"X-Forwarded-Proto", "http, https"},
                                    {"X-Forwarded-Host", "claim.example, share.example.com"}})
                .Origin(),
            "https://share.example.com");
  EXPECT_EQ(Resolved("10.0.0.1:1", {{"Host", "share.example.com"}, {"X-Forwarded-Proto", "https"}})
                .Origin(),
            "https://share.example.com");
}

TEST(ResolveClient, LinksAreForTheHostOfTheOutermostTrustedProxy) {
  const Request request = Resolved(
      "10.0.0.1:1",
      {{"Forwarded",
        "for=1.1.1.1;host=evil.example;proto=http, "
        "for=8.8.8.8;host=share.example.com;proto=https, for=10.0.0.2;host=inner;proto=http"}},
      kForwarded);
  EXPECT_EQ(request.client.Text(), "8.8.8.8");
  EXPECT_EQ(request.Origin(), "https://share.example.com");
}

TEST(ResolveClient, NoUnsoundSchemeOrHostGetsIntoALink) {
  for (const std::string host : {"a b", "a/b", "user@a", "a?x", "\"a\"", "a<b>", ""}) {
    const Request request =
        Resolved("10.0.0.1:1", {{"X-Forwarded-Host", host}, {"X-Forwarded-Proto", "javascript"}});
    EXPECT_EQ(request.Origin(), "http://127.0.0.1:8080") << host;
  }
}

}  // namespace
}  // namespace sluice::net
