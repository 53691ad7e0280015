#include "portal/routes.h"

#include "base/testing/matchers.h"

namespace sluice::embedded {

extern const portal::Files kTestWeb;  // src/portal/testing/web

}  // namespace sluice::embedded

namespace sluice::portal {
namespace {

using embedded::kTestWeb;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::string_view kScript = "/assets/main-4f2a.js";

class RoutesTest : public ::testing::Test {
 protected:
  net::Response Get(std::string_view path,
                    std::initializer_list<std::pair<std::string, std::string>> headers = {}) {
    net::Request request;
    request.path = path;
    for (const auto& [name, value] : headers) request.headers.Add(name, value);
    EXPECT_TRUE(router_.Match(request).has_value()) << path;
    return *request.route->handler(request);
  }
  // A page, as a browser opens it.
  net::Response Open(std::string_view path) {
    return Get(path, {{"Accept", "text/html,application/xhtml+xml,*/*;q=0.8"}});
  }
  static std::string_view BytesOf(const net::Response& response) {
    if (const auto* fixed = std::get_if<net::StaticBody>(&response.body)) return fixed->bytes;
    return std::get<std::string>(response.body);
  }
  static std::string Header(const net::Response& response, std::string_view name) {
    return std::string(response.headers.Find(name).value_or("(none)"));
  }
  static net::Router Of(Files files) {
    std::vector<net::RouteTable> tables;
    tables.push_back(Routes(files));
    return net::Router(std::move(tables));
  }

  net::Router router_ = Of(kTestWeb);
};

TEST_F(RoutesTest, TheTableHasWhatTheFolderHas) {
  ASSERT_EQ(kTestWeb.size(), 3U);
  EXPECT_EQ(kTestWeb[0].path, kScript);
  EXPECT_THAT(kTestWeb[0].plain, StartsWith("// the same words"));
  EXPECT_THAT(kTestWeb[0].gzip, StartsWith("\x1f\x8b"));
  EXPECT_EQ(kTestWeb[0].brotli, "these are not really brotli\n");
  EXPECT_EQ(kTestWeb[1].path, "/favicon.svg");
  EXPECT_EQ(kTestWeb[1].gzip, "") << "one that is larger than the file is left out";
  EXPECT_THAT(kTestWeb[2].plain, StartsWith("<!doctype html>"));
  EXPECT_THAT(kTestWeb[2].etag, StartsWith("W/\""));
}

TEST_F(RoutesTest, AnswersFilesWithTypeAndLifetime) {
  const net::Response script = Get(kScript);
  EXPECT_EQ(script.status, 200);
  EXPECT_EQ(Header(script, "content-type"), "text/javascript; charset=utf-8");
  EXPECT_EQ(Header(script, "cache-control"), "public, max-age=31536000, immutable");
  EXPECT_EQ(Header(script, "vary"), "Accept-Encoding");
  EXPECT_EQ(Header(script, "content-encoding"), "(none)");
  EXPECT_EQ(BytesOf(script).data(), kTestWeb[0].plain.data()) << "the bytes are not copied";
  const net::Response index = Get("/");
  EXPECT_EQ(Header(index, "content-type"), "text/html; charset=utf-8");
  EXPECT_EQ(Header(index, "cache-control"), "no-cache");
  EXPECT_EQ(BytesOf(index), BytesOf(Get("/index.html")));
  EXPECT_EQ(Header(Get("/favicon.svg"), "content-type"), "image/svg+xml");
  EXPECT_EQ(Header(Get("/favicon.svg"), "cache-control"), "no-cache");
}

TEST_F(RoutesTest, TakesTheBestEncodingThatTheBrowserHas) {
  const auto encoding = [&](std::string_view accepted) {
    const net::Response response = Get(kScript, {{"Accept-Encoding", std::string(accepted)}});
    const std::string used = Header(response, "content-encoding");
    const File& file = kTestWeb[0];
    const std::string_view expected =
        used == "br" ? file.brotli : (used == "gzip" ? file.gzip : file.plain);
    EXPECT_EQ(BytesOf(response), expected) << accepted;
    return used;
  };
  EXPECT_EQ(encoding("gzip, deflate, br, zstd"), "br");
  EXPECT_EQ(encoding("gzip"), "gzip");
  EXPECT_EQ(encoding("br;q=0, gzip;q=0.5"), "gzip");
  EXPECT_EQ(encoding("*"), "br");
  EXPECT_EQ(encoding("identity"), "(none)");
  const net::Response index = Get("/", {{"Accept-Encoding", "br, gzip"}});
  EXPECT_EQ(Header(index, "content-encoding"), "(none)") << "there is none";
}

TEST_F(RoutesTest, WhatTheBrowserHasIsNotSentAgain) {
  const std::string etag = Header(Get("/"), "etag");
  const net::Response known = Get("/", {{"If-None-Match", etag}});
  EXPECT_EQ(known.status, 304);
  EXPECT_EQ(BytesOf(known), "");
  EXPECT_EQ(Header(known, "etag"), etag);
  EXPECT_EQ(Header(known, "cache-control"), "no-cache");
  EXPECT_EQ(Header(known, "vary"), "Accept-Encoding");
  EXPECT_EQ(Get("/", {{"If-None-Match", "\"x\", " + etag}}).status, 304);
  EXPECT_EQ(Get("/", {{"If-None-Match", "\"x\""}}).status, 200);
  EXPECT_NE(Header(Get(kScript), "etag"), etag);
}

TEST_F(RoutesTest, PagesAreTheIndexAndFilesThatAreGoneAreNot) {
  for (const char* path :
       {"/shares", "/shares/retail", "/a.b/c", "/shares/", "/x%2ey", "//evil", "/..", "/shares/a.b",
        "/robots.txt", "/../../etc/passwd", "/%2e%2e/x", "/indexhtml"}) {
    const net::Response page = Open(path);
    EXPECT_EQ(page.status, 200) << path;
    EXPECT_EQ(BytesOf(page), kTestWeb[2].plain) << path;
    EXPECT_EQ(Header(page, "location"), "(none)") << path;
  }
  for (const char* path : {"/assets/gone-1a2b.js", "/assets/", "/assets/main-4f2a.js.br"}) {
    EXPECT_EQ(Open(path).status, 404) << path;
  }
  EXPECT_EQ(Get("/robots.txt").status, 404) << "nor does a robot";
  EXPECT_EQ(Get("/shares").status, 404) << "a script asks for no page";
  EXPECT_EQ(Get("/shares", {{"Accept", "application/json"}}).status, 404);
}

TEST_F(RoutesTest, EveryAnswerTellsTheBrowserWhatItMayDo) {
  const std::string etag = Header(Get("/"), "etag");
  for (const net::Response& response :
       {Get("/"), Get(kScript), Get("/gone"), Get("/", {{"If-None-Match", etag}})}) {
    const std::string policy = Header(response, "content-security-policy");
    EXPECT_THAT(policy, StartsWith("default-src 'none'; script-src 'self'; "));
    EXPECT_THAT(policy, HasSubstr("frame-ancestors 'none'"));
    EXPECT_THAT(policy, HasSubstr("base-uri 'none'"));
    EXPECT_EQ(policy.find("unsafe-inline"), policy.rfind("unsafe-inline"));
    EXPECT_THAT(policy, HasSubstr("style-src 'self' 'unsafe-inline'"));
    EXPECT_EQ(Header(response, "x-content-type-options"), "nosniff");
    EXPECT_EQ(Header(response, "x-frame-options"), "DENY");
    EXPECT_EQ(Header(response, "referrer-policy"), "same-origin");
    EXPECT_EQ(Header(response, "cross-origin-opener-policy"), "same-origin");
    EXPECT_THAT(Header(response, "permissions-policy"), HasSubstr("camera=()"));
  }
}

TEST_F(RoutesTest, WithoutFilesItSaysHowToBuildThem) {
  router_ = Of({});
  for (const char* path : {"/", "/shares"}) {
    const net::Response page = Open(path);
    EXPECT_EQ(page.status, 404);
    EXPECT_THAT(BytesOf(page), HasSubstr("make build"));
  }
  EXPECT_EQ(BytesOf(Get("/x.js")), "404 Not Found\n");
}

TEST_F(RoutesTest, IsForAnybodyAndOnNoRecord) {
  net::Request request;
  request.path = "/x";
  ASSERT_TRUE(router_.Match(request).has_value());
  EXPECT_EQ(request.route->access, net::Access::kPublic);
  EXPECT_EQ(request.route->work, net::Work::kMemory);
  EXPECT_FALSE(request.route->audited);
  request.method = net::Method::kPost;
  EXPECT_FALSE(router_.Match(request).has_value());
}

}  // namespace
}  // namespace sluice::portal
