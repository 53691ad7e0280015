#include "client/sharing_client.h"

#include <fmt/format.h>

#include "base/testing/matchers.h"
#include "net/testing/test_server.h"

namespace sluice::client {
namespace {

using sluice::testing::IsError;
using sluice::testing::IsOk;

class SharingClientTest : public net::testing::ServerTest {
 protected:
  // Tells the request's method, header and body.
  static net::Response Tell(net::Request& request) {
    std::string text = request.method_text.empty() ? std::string(net::MethodName(request.method))
                                                   : request.method_text;
    for (const std::string_view name : {"Authorization", "Content-Type", "X-Mine"}) {
      const auto value = request.headers.Find(name);
      text += fmt::format("|{}", value.value_or("-"));
    }
    net::Response response = net::Response::Text(200, "text/plain", text + "|" + request.body);
    response.headers.Add("X-Answer", "yes");
    return response;
  }

  SharingClient Client(std::string token) {
    return {Profile{.endpoint = fmt::format("http://127.0.0.1:{}/api", server_->port()),
                    .bearer_token = std::move(token)},
            {.timeout = Millis(30'000), .max_body = KiB(64)}};
  }
};

TEST_F(SharingClientTest, SendsWhatItIsTold) {
  dispatcher_.On("/api/x", Tell);
  Start();
  SharingClient client = Client("tok");
  const auto plain = client.Send({.target = "/x"});
  ASSERT_THAT(plain, IsOk());
  EXPECT_EQ(plain->body, "GET|Bearer tok|-|-|");
  EXPECT_EQ(plain->Header("x-answer"), "yes");
  EXPECT_EQ(plain->Header("x-none"), "");
  const auto post = client.Send({.method = "POST",
                                 .target = "/x",
                                 .headers = {{"X-Mine", "1"}},
                                 .body = "{",
                                 .auth = Auth::kNone});
  ASSERT_THAT(post, IsOk());
  EXPECT_EQ(post->body, "POST|-|-|1|{");
}

TEST_F(SharingClientTest, SaysAnyMethod) {
  dispatcher_.On("/api/x", Tell);
  Start();
  SharingClient client = Client("tok");
  for (const std::string method : {"DELETE", "PATCH", "PUT", "OPTIONS"}) {
    const auto answer = client.Send({.method = method, .target = "/x", .body = "b"});
    ASSERT_THAT(answer, IsOk());
    EXPECT_EQ(answer->body, method + "|Bearer tok|-|-|b");
  }
  EXPECT_THAT(client.Send({.method = "GET /y", .target = "/x"}), IsError(Code::kInvalidArgument));
}

TEST_F(SharingClientTest, TheTokenStaysAtTheEndpoint) {
  dispatcher_.On("/elsewhere", Tell);
  Start();
  SharingClient client = Client("tok");
  const auto answer =
      client.Send({.target = fmt::format("http://127.0.0.1:{}/elsewhere", server_->port())});
  ASSERT_THAT(answer, IsOk());
  EXPECT_EQ(answer->body, "GET|-|-|-|");
}

TEST_F(SharingClientTest, AnotherTokenIsAnotherClient) {
  dispatcher_.On("/api/x", Tell);
  Start();
  SharingClient other = Client("tok").WithToken("wrong");
  const auto answer = other.Send({.target = "/x"});
  ASSERT_THAT(answer, IsOk());
  EXPECT_EQ(answer->body, "GET|Bearer wrong|-|-|");
}

TEST_F(SharingClientTest, LargeAnswersEnd) {
  dispatcher_.On("/api/x", [](net::Request&) {
    return net::Response::Text(200, "text/plain", std::string(100'000, 'x'));
  });
  Start();
  SharingClient client = Client("tok");
  EXPECT_THAT(client.Send({.target = "/x"}), IsError(Code::kResourceExhausted));
}

TEST_F(SharingClientTest, CredentialsBuyAToken) {
  dispatcher_.On("/token", [](net::Request& request) {
    // "my id:s+/cret", percent-encoded, in base64.
    EXPECT_EQ(request.headers.Find("Authorization"), "Basic bXklMjBpZDpzJTJCJTJGY3JldA==");
    EXPECT_EQ(request.body, "grant_type=client_credentials&scope=all");
    return net::Response::Text(200, "application/json", R"({"access_token": "bought"})");
  });
  dispatcher_.On("/api/x", Tell);
  Start();
  Profile profile{.endpoint = fmt::format("http://127.0.0.1:{}/api", server_->port())};
  profile.credentials = {
      .token_endpoint = fmt::format("http://127.0.0.1:{}/token", server_->port()),
      .id = "my id",
      .secret = "s+/cret",
      .scope = "all"};
  SharingClient client(profile, {});
  const auto answer = client.Send({.target = "/x"});
  ASSERT_THAT(answer, IsOk());
  EXPECT_EQ(answer->body, "GET|Bearer bought|-|-|");
}

TEST_F(SharingClientTest, NoTokenIsAnError) {
  dispatcher_.On("/token", [](net::Request&) {
    return net::Response::Text(400, "application/json", R"({"error": "invalid_client"})");
  });
  Start();
  Profile profile{.endpoint = "http://127.0.0.1:1"};
  profile.credentials = {
      .token_endpoint = fmt::format("http://127.0.0.1:{}/token", server_->port()),
      .id = "a",
      .secret = "b"};
  SharingClient client(profile, {});
  EXPECT_THAT(client.Send({.target = "/x"}), IsError(Code::kUnauthenticated, "status 400"));
}

TEST(ParseLines, OneValueALine) {
  const auto lines = ParseLines("{\"a\":1}\n[2]\r\n3\n");
  ASSERT_THAT(lines, IsOk());
  EXPECT_EQ(lines->size(), 3U);
  EXPECT_EQ(ParseLines("")->size(), 0U);
  EXPECT_THAT(ParseLines("1\n\n2"), IsError(Code::kInvalidArgument, "line 2"));
  EXPECT_THAT(ParseLines("1\n{"), IsError(Code::kInvalidArgument, "line 2"));
}

}  // namespace
}  // namespace sluice::client
