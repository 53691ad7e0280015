#include "net/testing/fault_proxy.h"

#include <atomic>
#include <set>
#include <thread>

#include "base/testing/matchers.h"
#include "net/http_client.h"
#include "net/testing/test_server.h"

namespace sluice::net::testing {
namespace {

using sluice::testing::IsError;
using sluice::testing::IsOk;
using ::testing::HasSubstr;

class FaultProxyTest : public ServerTest {
 protected:
  FaultProxyTest() {
    dispatcher_.On("/file", [this](Request& request) {
      ++effects_;
      Response response;
      if (request.method == Method::kHead) {
        response.head_length = kBody.size();
      } else {
        response.body = kBody;
      }
      response.headers.Add("ETag", "\"1\"");
      response.headers.Add("X-Host", std::string(request.headers.Find("Host").value_or("")));
      return response;
    });
    dispatcher_.On("/streamed", [this](Request&) { return Stream(kBody, 1000); });
    dispatcher_.On("/write", [this](Request& request) {
      ++effects_;
      return Response::Text(request.body == "bad" ? 412 : 200, "text/plain", "");
    });
    Start();
    proxy_.emplace(server_->port(), FaultPlan{});
  }

  void Always(Fault fault) { proxy_->SetPlan({.seed = 1, .probability = 1, .kinds = {fault}}); }
  Result<ClientResponse> Call(std::string_view path, Method method = Method::kGet,
                              std::string body = {}) {
    ClientRequest request;
    request.method = method;
    request.url = "http://127.0.0.1:" + std::to_string(proxy_->port()) + std::string(path);
    request.headers.Add("Host", "bucket.example");
    request.body = std::move(body);
    request.timeout = Millis(30'000);
    return client_->Call(request);
  }
  // What a proxy sends behind an answer may come when the next request is under way.
  void Reconnect() { client_.emplace(ClientOptions{.proxy = "none"}); }
  // "200", or why there is no answer.
  std::string Outcome(std::string_view path, Method method = Method::kGet, std::string body = {}) {
    const auto answer = Call(path, method, std::move(body));
    if (answer) return std::to_string(answer->status);
    EXPECT_THAT(answer, IsError(Code::kUnavailable));
    return std::string(answer.error().reason);
  }

  const std::string kBody = Pattern(300'000);
  std::atomic<int> effects_{0};
  std::optional<HttpClient> client_{ClientOptions{.proxy = "none"}};
  std::optional<FaultProxy> proxy_;
};

TEST_F(FaultProxyTest, PassesOnWhatItSpares) {
  for (int i = 0; i < 3; ++i) {
    for (const char* path : {"/file", "/streamed"}) {
      const auto answer = Call(path);
      ASSERT_THAT(answer, IsOk());
      EXPECT_EQ(answer->status, 200);
      EXPECT_TRUE(answer->body == kBody) << path;
    }
  }
  EXPECT_EQ(Call("/file").value().headers.Find("X-Host"), "bucket.example");
  EXPECT_EQ(Call("/file", Method::kHead).value().headers.Find("Content-Length"), "300000");
  EXPECT_EQ(Outcome("/write", Method::kPut, kBody), "200");
  EXPECT_EQ(Outcome("/write", Method::kPut, "bad"), "412");
  EXPECT_EQ(Outcome("/none"), "404");
  EXPECT_EQ(proxy_->requests(), 11U);
  EXPECT_EQ(proxy_->faults(), 0U);
  EXPECT_EQ(proxy_->connections(), 1U);  // which was kept
  EXPECT_EQ(proxy_->upstream_failures(), 0U);
}

struct Expected {
  Fault fault;
  std::string_view get;  // what a GET comes to
  std::string_view put;
  bool put_has_effect;
};

TEST_F(FaultProxyTest, EachFaultIsSeenAsWhatItIs) {
  const Expected table[] = {
      {Fault::kCutBeforeRequest, "cut", "cut", false},
      {Fault::kCutAfterRequest, "cut", "cut", true},
      {Fault::kCutInHead, "cut", "cut", true},
      {Fault::kCutInBody, "cut", "cut", true},
      {Fault::kTruncatedBody, "cut", "cut", true},
      {Fault::kGarbage, "protocol", "protocol", true},
      {Fault::kDelay, "200", "200", true},
      {Fault::kDrip, "200", "200", true},
      {Fault::kAccessDenied, "403", "403", false},
      {Fault::kExpiredToken, "403", "403", false},
      {Fault::kTimeSkewed, "403", "403", false},
      {Fault::kTooManyRequests, "429", "429", false},
      {Fault::kInternalError, "500", "500", true},
      {Fault::kBadGateway, "502", "502", true},
      {Fault::kSlowDown, "503", "503", false},
      {Fault::kSlowDownRetryAfter, "503", "503", false},
      {Fault::kMoved, "301", "301", false},
      {Fault::kRedirected, "307", "307", false},
      {Fault::kLongBody, "200", "200", true},
      {Fault::kWrongLength, "200", "200", true},
      {Fault::kFlippedByte, "200", "200", true},
      {Fault::kEmpty200, "200", "200", true},
      {Fault::kErrorIn200, "200", "200", true},
  };
  std::set<Fault> tested;
  for (const Expected& expected : table) {
    tested.insert(expected.fault);
    const int number = static_cast<int>(expected.fault);
    for (int i = 0; i < 3; ++i) {  // a connection that was kept fails as a new one does
      Always(expected.fault);
      EXPECT_EQ(Outcome("/file"), expected.get) << number;
      if (expected.fault == Fault::kLongBody || expected.fault == Fault::kWrongLength) Reconnect();
      effects_ = 0;
      EXPECT_EQ(Outcome("/write", Method::kPut, "x"), expected.put) << number;
      EXPECT_EQ(effects_ > 0, expected.put_has_effect) << number;
      Always(Fault::kNone);
      const auto after = Call("/file");
      ASSERT_THAT(after, IsOk()) << number;
      EXPECT_TRUE(after->body == kBody) << number;
    }
  }
  EXPECT_EQ(tested.size(), kFaultKinds - 1);
  EXPECT_EQ(proxy_->upstream_failures(), 0U);
}

TEST_F(FaultProxyTest, FaultsOfTheBody) {
  Always(Fault::kLongBody);
  EXPECT_TRUE(Call("/file").value().body == kBody);
  Reconnect();
  Always(Fault::kWrongLength);
  EXPECT_TRUE(Call("/file").value().body == kBody.substr(0, kBody.size() / 2));
  Reconnect();
  EXPECT_EQ(Call("/file", Method::kHead).value().headers.Find("Content-Length"), "150000");
  Always(Fault::kEmpty200);
  EXPECT_EQ(Call("/file").value().body, "");
  Always(Fault::kErrorIn200);
  EXPECT_THAT(Call("/file").value().body, HasSubstr("<Code>InternalError</Code>"));
  Always(Fault::kFlippedByte);
  const std::string flipped = Call("/file").value().body;
  ASSERT_EQ(flipped.size(), kBody.size());
  int different = 0;
  for (size_t i = 0; i < flipped.size(); ++i) different += flipped[i] != kBody[i] ? 1 : 0;
  EXPECT_EQ(different, 1);
}

TEST_F(FaultProxyTest, FaultsOfTheStatusHaveTheirMarks) {
  const std::pair<Fault, std::string_view> codes[] = {
      {Fault::kAccessDenied, "AccessDenied"},       {Fault::kExpiredToken, "ExpiredToken"},
      {Fault::kTimeSkewed, "RequestTimeTooSkewed"}, {Fault::kSlowDown, "SlowDown"},
      {Fault::kInternalError, "InternalError"},     {Fault::kBadGateway, "<html>"}};
  for (const auto& [fault, code] : codes) {
    Always(fault);
    EXPECT_THAT(Call("/file").value().body, HasSubstr(std::string(code)));
    EXPECT_EQ(Call("/file", Method::kHead).value().body, "");
  }
  EXPECT_EQ(Call("/file").value().headers.Find("Retry-After"), std::nullopt);
  Always(Fault::kSlowDownRetryAfter);
  EXPECT_EQ(Call("/file").value().headers.Find("Retry-After"), "1");
  Always(Fault::kRedirected);
  EXPECT_EQ(Call("/file").value().headers.Find("Location"), "http://127.0.0.1:1/nowhere");
}

TEST_F(FaultProxyTest, AFalseSuccessHidesNoRefusal) {
  for (const Fault fault : {Fault::kEmpty200, Fault::kErrorIn200}) {
    Always(fault);
    EXPECT_EQ(Outcome("/write", Method::kPut, "bad"), "412");
    EXPECT_EQ(proxy_->count(fault), 0U);
  }
}

TEST_F(FaultProxyTest, TheSeedDecidesWhateverTheOrder) {
  const auto outcomes = [&](uint64_t seed, bool backwards) {
    proxy_->SetPlan({.seed = seed, .probability = 0.5, .kinds = {Fault::kSlowDown}});
    std::map<std::string, std::string> seen;
    for (int i = 0; i < 60; ++i) {
      const int n = backwards ? 59 - i : i;
      const std::string path = "/file?n=" + std::to_string(n);
      seen[path] = Outcome(path) + Outcome(path) + Outcome(path);
    }
    return seen;
  };
  const auto first = outcomes(7, false);
  EXPECT_EQ(outcomes(7, true), first);
  EXPECT_NE(outcomes(8, false), first);
  const uint64_t faults = proxy_->count(Fault::kSlowDown);
  EXPECT_GT(faults, 540U * 35 / 100);
  EXPECT_LT(faults, 540U * 65 / 100);
  EXPECT_EQ(proxy_->faults(), faults);
}

TEST_F(FaultProxyTest, AllKindsFromManyThreadsEndInTime) {
  proxy_->SetPlan({.seed = 3, .probability = 0.7, .kinds = {}});
  const auto began = std::chrono::steady_clock::now();
  std::atomic<int> answers{0};
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&, i] {
        HttpClient client({.proxy = "none"});
        for (int n = 0; n < 100; ++n) {
          ClientRequest request;
          request.url = "http://127.0.0.1:" + std::to_string(proxy_->port()) + "/file?" +
                        std::to_string(i * 1000 + n);
          const auto answer = client.Call(request);
          if (answer.has_value()) ++answers;
        }
      });
    }
  }
  EXPECT_GE(proxy_->requests(), 800U);
  EXPECT_GT(answers, 400);
  for (size_t i = 0; i < kFaultKinds; ++i) EXPECT_GT(proxy_->count(static_cast<Fault>(i)), 5U) << i;
  EXPECT_EQ(proxy_->upstream_failures(), 0U);
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(30));
}

TEST_F(FaultProxyTest, EndsAtOnceWithConnectionsOpen) {
  proxy_->SetPlan({.probability = 1, .kinds = {Fault::kDelay}, .delay = std::chrono::hours(1)});
  Client idle(proxy_->port());
  Client waits(proxy_->port());
  waits.Send(Request11("GET /file"));
  while (proxy_->count(Fault::kDelay) == 0) std::this_thread::yield();
  proxy_.reset();
  EXPECT_TRUE(idle.AtEnd());
}

TEST_F(FaultProxyTest, WithoutAnUpstreamItSaysSo) {
  FaultProxy alone(1, {});
  ClientRequest request;
  request.url = "http://127.0.0.1:" + std::to_string(alone.port()) + "/x";
  EXPECT_EQ(client_->Call(request).value().status, 502);
  EXPECT_EQ(alone.upstream_failures(), 1U);
}

}  // namespace
}  // namespace sluice::net::testing
