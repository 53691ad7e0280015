#include "net/router.h"

#include "base/testing/matchers.h"

namespace sluice::net {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::IsError;
using testing::IsOk;
using ::testing::Pair;

Route Row(Method method, std::string pattern, std::string_view operation) {
  return {method,
          std::move(pattern),
          Access::kRecipient,
          Work::kMemory,
          [](const Request&) -> Result<Response> { return Response{}; },
          operation};
}

std::function<Response(const Error&)> Renderer(std::string name) {
  return [name](const Error& error) {
    return Response::Text(HttpStatus(error), "text/plain", name + ": " + error.message);
  };
}

Router SomeRouter() {
  RouteTable root{"", {}, Renderer("root")};
  root.routes.push_back(Row(Method::kGet, "/health", "Health"));
  root.routes.push_back(Row(Method::kGet, "/", "Index"));
  RouteTable api{"/api", {}, Renderer("api")};
  api.routes.push_back(Row(Method::kGet, "/shares", "ListShares"));
  api.routes.push_back(Row(Method::kGet, "/shares/{share}", "GetShare"));
  api.routes.push_back(Row(Method::kHead, "/shares/{share}", "HeadShare"));
  api.routes.push_back(Row(Method::kGet, "/shares/{share}/all-tables", "ListAllTables"));
  api.routes.push_back(Row(Method::kPost, "/shares/{share}/{schema}/query", "Query"));
  api.routes.push_back(Row(Method::kPost, "/shares/fixed/thing", "Fixed"));
  api.routes.push_back(Row(Method::kGet, "/shares/{share}/thing", "Thing"));
  std::vector<RouteTable> tables;
  tables.push_back(std::move(root));
  tables.push_back(std::move(api));
  return Router(std::move(tables));
}

class RouterTest : public ::testing::Test {
 protected:
  // The operation that is found, or the error's message.
  std::string Match(Method method, std::string path) {
    request_ = Request{};
    request_.method = method;
    request_.path = std::move(path);
    const Status status = router_.Match(request_, &allowed_);
    return status ? std::string(request_.route->operation) : status.error().message;
  }

  Router router_ = SomeRouter();
  Request request_;
  std::string allowed_;
};

TEST_F(RouterTest, FindsRowsAndDecodesParameters) {
  EXPECT_EQ(Match(Method::kGet, "/health"), "Health");
  EXPECT_EQ(Match(Method::kGet, "/"), "Index");
  EXPECT_EQ(Match(Method::kGet, "/api/shares"), "ListShares");
  EXPECT_THAT(request_.params, IsEmpty());
  EXPECT_EQ(Match(Method::kGet, "/api/shares/my%20share"), "GetShare");
  EXPECT_EQ(request_.Param("share"), "my share");
  EXPECT_EQ(Match(Method::kPost, "/api/shares/a/b%C3%A9/query"), "Query");
  EXPECT_THAT(request_.params, ElementsAre(Pair("share", "a"), Pair("schema", "b\xC3\xA9")));
  EXPECT_EQ(request_.route->pattern, "/api/shares/{share}/{schema}/query");
}

TEST_F(RouterTest, LiteralsMayBeEscapedToo) {
  EXPECT_EQ(Match(Method::kGet, "/%61pi/shares"), "ListShares");
}

TEST_F(RouterTest, ALiteralWinsButDoesNotHideOtherMethods) {
  EXPECT_EQ(Match(Method::kPost, "/api/shares/fixed/thing"), "Fixed");
  EXPECT_EQ(Match(Method::kGet, "/api/shares/fixed/thing"), "Thing");
  EXPECT_EQ(request_.Param("share"), "fixed");
  EXPECT_EQ(Match(Method::kGet, "/api/shares/fixed/all-tables"), "ListAllTables");
}

TEST_F(RouterTest, WhatHasNoRowIsNotFound) {
  for (const char* path : {"", "*", "health", "/healt", "/health/", "/HEALTH", "/api", "/api/",
                           "/api/shares/", "/api/shares/a/", "/api/shares//all-tables", "/shares",
                           "/api/shares/a/b/c/d", "//api/shares", "/api/shares/a%2Fb",
                           "/api/shares/a%00", "/api/shares/a%", "/api/shares/%zz"}) {
    EXPECT_EQ(Match(Method::kGet, path), "404 Not Found") << path;
    EXPECT_EQ(request_.route, nullptr);
    EXPECT_THAT(request_.params, IsEmpty());
  }
}

TEST_F(RouterTest, OtherMethodsAreListed) {
  Request request;
  request.method = Method::kDelete;
  request.path = "/api/shares/a";
  EXPECT_THAT(router_.Match(request, &allowed_), IsError(Code::kUnsupported));
  EXPECT_EQ(allowed_, "GET, HEAD");
  request.method = Method::kHead;
  request.path = "/health";
  EXPECT_THAT(router_.Match(request, &allowed_), IsError(Code::kUnsupported));
  EXPECT_EQ(allowed_, "GET");
}

TEST_F(RouterTest, ErrorsSpeakTheDialectOfTheLongestPrefix) {
  const Error error{Code::kNotFound, "gone", "", {}};
  const auto text = [&](std::string_view path) {
    return std::get<std::string>(router_.RenderError(path, error).body);
  };
  EXPECT_EQ(text("/api/x"), "api: gone");
  EXPECT_EQ(text("/api"), "api: gone");
  EXPECT_EQ(text("/apis"), "root: gone");
  EXPECT_EQ(text(""), "root: gone");
  EXPECT_EQ(Match(Method::kGet, "/api/shares"), "ListShares");
  EXPECT_EQ(std::get<std::string>(request_.route->render_error(error).body), "api: gone");
}

TEST(Router, WithoutTablesStillAnswers) {
  const Router router({});
  Request request;
  request.path = "/";
  EXPECT_THAT(router.Match(request), IsError(Code::kNotFound));
  const Response response = router.RenderError("/", {Code::kNotFound, "404 Not Found", "", {}});
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(std::get<std::string>(response.body), "404 Not Found\n");
}

TEST(Router, KeepsWorkingAfterAMove) {
  Router first = SomeRouter();
  const Router second = std::move(first);
  EXPECT_EQ(second.routes().size(), 9U);
  Request request;
  request.path = "/api/shares/s";
  ASSERT_THAT(second.Match(request), IsOk());
  EXPECT_EQ(request.Param("share"), "s");
}

TEST_F(RouterTest, TheRestIsForPathsThatNobodyClaims) {
  std::vector<RouteTable> tables;
  tables.push_back({"", {Row(Method::kPost, "/form", "Form")}, Renderer("root")});
  tables.push_back({"", {}, Renderer("pages")});
  tables.back().rest = Row(Method::kGet, "", "Page");
  tables.push_back({"/api", {Row(Method::kGet, "/shares", "ListShares")}, Renderer("api")});
  router_ = Router(std::move(tables));
  for (const char* path : {"/", "/x", "/x/y.js", "/apis", "/%2e%2e/x", "//x", "/%zz"}) {
    EXPECT_EQ(Match(Method::kGet, path), "Page") << path;
    EXPECT_EQ(Match(Method::kHead, path), "Page") << path;
    EXPECT_EQ(Match(Method::kPost, path), "404 Not Found") << path;
  }
  EXPECT_EQ(request_.params.size(), 0U);
  for (const char* path : {"/api", "/api/", "/api/x", "/api/shares/x"}) {
    EXPECT_EQ(Match(Method::kGet, path), "404 Not Found") << path;
  }
  EXPECT_EQ(Match(Method::kGet, "/api/shares"), "ListShares");
  EXPECT_EQ(Match(Method::kGet, "/form"), "405 Method Not Allowed");
  EXPECT_EQ(Match(Method::kGet, "x"), "404 Not Found");
  EXPECT_EQ(Match(Method::kGet, ""), "404 Not Found");
  EXPECT_EQ(router_.routes().size(), 3U);
  Match(Method::kGet, "/x");
  EXPECT_EQ(request_.route->pattern, "/*");
  EXPECT_EQ(std::get<std::string>(request_.route->render_error(Error{}).body).substr(0, 5),
            "pages");
}

}  // namespace
}  // namespace sluice::net
