#include "server/pipeline.h"

#include <stdexcept>
#include <vector>

#include "base/json.h"
#include "base/testing/manual_clock.h"
#include "base/testing/matchers.h"
#include "sharing/errors.h"

namespace sluice::server {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Lines final : public log::LineSink {
 public:
  void WriteLine(std::string_view line) override { lines.emplace_back(line); }
  std::vector<std::string> lines;
};

class PipelineTest : public ::testing::Test {
 protected:
  PipelineTest()
      : generations_(Make("the-token-of-the-recipient")),
        pipeline_(generations_, clock_, random_, metrics_, access_log_) {
    log::SetLevel(log::Level::kOff);
  }

  static std::shared_ptr<Generation> Make(std::string_view token) {
    auto generation = std::make_shared<Generation>();
    generation->authenticator = std::make_unique<auth::SingleToken>(token);
    generation->router = net::Router(Tables());
    return generation;
  }

  // From now on, `limits` count for everybody; the holder of a link is its {x}.
  void Limit(RateLimits limits) {
    const std::shared_ptr<Generation> next = Make("the-token-of-the-recipient");
    next->rate_limits = [limits](std::string_view) { return limits; };
    next->link_holder = [](const net::Request& request) { return std::string(request.Param("x")); };
    generations_.Set(next);
  }

  static std::vector<net::RouteTable> Tables() {
    using enum net::Method;
    const auto answer = [](const net::Request& request) -> Result<net::Response> {
      return net::Response::Text(200, "text/plain", "for " + request.principal);
    };
    const auto fail = [](const net::Request&) -> Result<net::Response> {
      return Fail(Code::kNotFound, "no such thing", "/secret/path");
    };
    const auto crash = [](const net::Request&) -> Result<net::Response> {
      throw std::runtime_error("secret of the house");
    };
    net::Route guess{kPost, "/guess", net::Access::kPublic, net::Work::kStorage, fail, "Guess"};
    guess.limited_by_address = true;
    return {{"/api",
             {std::move(guess),
              {kGet, "/open", net::Access::kPublic, net::Work::kMemory, answer, "Open"},
              {kGet, "/mine", net::Access::kRecipient, net::Work::kStorage, answer, "Mine"},
              {kGet, "/fail", net::Access::kRecipient, net::Work::kStorage, fail, "Fail"},
              {kGet, "/crash", net::Access::kRecipient, net::Work::kStorage, crash, "Crash"},
              {kGet, "/link/{x}", net::Access::kSignedLink, net::Work::kStorage, answer, "Link"}},
             sharing::RenderError}};
  }

  // Sends a request through the pipeline, as net does.
  net::Response Ask(std::string path, std::string authorization = {},
                    net::Method method = net::Method::kGet) {
    request_ = net::Request();
    request_.method = method;
    request_.method_text = net::MethodName(method);
    request_.path = std::move(path);
    request_.peer = peer_;
    request_.target = request_.path + "?secret=query";
    if (!authorization.empty()) request_.headers.Add("Authorization", std::move(authorization));
    for (auto& [name, value] : headers_) request_.headers.Add(name, value);
    in_memory_ = pipeline_.Prepare(request_);
    return pipeline_.Handle(request_);
  }

  static std::string Body(const net::Response& response) {
    return std::get<std::string>(response.body);
  }

  const std::string good_ = "Bearer the-token-of-the-recipient";
  const auth::SingleToken token_{"the-token-of-the-recipient"};
  CurrentGeneration generations_;
  sluice::testing::ManualClock clock_{FromUnixMillis(1'700'000'000'000)};
  SecureRandom random_;
  Metrics metrics_;
  Lines access_log_;
  Pipeline pipeline_;
  std::vector<std::pair<std::string, std::string>> headers_;
  std::string peer_ = "10.0.0.1:5000";
  net::Request request_;
  bool in_memory_ = false;
};

TEST_F(PipelineTest, ARecipientsRouteNeedsTheToken) {
  EXPECT_EQ(Ask("/api/mine").status, 401);
  EXPECT_EQ(Ask("/api/mine", "Bearer wrong").status, 401);
  EXPECT_EQ(Ask("/api/mine", "Basic dXNlcjpwYXNz").status, 401);
  const net::Response response = Ask("/api/mine", good_);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(Body(response), "for " + token_.principal());
  EXPECT_FALSE(in_memory_);
}

TEST_F(PipelineTest, ANewGenerationCountsForTheNextRequest) {
  ASSERT_EQ(Ask("/api/mine", good_).status, 200);
  generations_.Set(Make("another"));
  EXPECT_EQ(Ask("/api/mine", good_).status, 401);
  EXPECT_EQ(Ask("/api/mine", "Bearer another").status, 200);
}

TEST_F(PipelineTest, ARequestEndsUnderTheGenerationItBeganIn) {
  const std::weak_ptr<const Generation> old = generations_.Get();
  net::Request request;
  request.method = net::Method::kGet;
  request.path = "/api/mine";
  request.headers.Add("Authorization", good_);
  pipeline_.Prepare(request);
  generations_.Set(Make("another"));
  EXPECT_EQ(pipeline_.Handle(request).status, 200);
  EXPECT_FALSE(old.expired());
  request = net::Request();
  EXPECT_TRUE(old.expired());
}

TEST_F(PipelineTest, WhatNeverBecameARequestIsAnsweredToo) {
  net::Request request;
  request.path = "/api/x";
  const net::Response response =
      pipeline_.Reject(request, Error{Code::kInvalidArgument, "malformed", {}, {}});
  EXPECT_EQ(response.status, 400);
  EXPECT_FALSE(request.id.empty());
}

TEST_F(PipelineTest, PublicRoutesAndLinksNeedNone) {
  EXPECT_EQ(Body(Ask("/api/open")), "for ");
  EXPECT_TRUE(in_memory_);
  EXPECT_EQ(Ask("/api/link/abc").status, 200);
}

TEST_F(PipelineTest, AStrangerDoesNotLearnWhichPathsExist) {
  EXPECT_EQ(Ask("/api/nowhere").status, 401);
  EXPECT_EQ(Ask("/nowhere").status, 401);
  EXPECT_EQ(Ask("/api/mine", {}, net::Method::kDelete).status, 401);
  EXPECT_EQ(Ask("/api/nowhere", good_).status, 404);
  const net::Response refused = Ask("/api/mine", good_, net::Method::kDelete);
  EXPECT_EQ(refused.status, 405);
  EXPECT_EQ(refused.headers.Find("allow"), "GET");
}

TEST_F(PipelineTest, AFailureIsRenderedWithoutItsDetail) {
  const net::Response response = Ask("/api/fail", good_);
  EXPECT_EQ(response.status, 404);
  EXPECT_THAT(Body(response), HasSubstr("no such thing"));
  EXPECT_THAT(Body(response), Not(HasSubstr("secret")));
}

TEST_F(PipelineTest, WhatIsThrownBecomesAnAnswer) {
  const net::Response response = Ask("/api/crash", good_);
  EXPECT_EQ(response.status, 500);
  EXPECT_THAT(Body(response), HasSubstr(request_.id));
  EXPECT_THAT(Body(response), Not(HasSubstr("secret")));
}

TEST_F(PipelineTest, EveryAnswerCarriesTheRequestsId) {
  headers_ = {{"traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}};
  for (const char* path : {"/api/open", "/api/mine", "/api/nowhere", "/api/crash"}) {
    EXPECT_EQ(Ask(path).headers.Find("x-request-id"), "0af7651916cd43dd8448eb211c80319c") << path;
  }
}

TEST_F(PipelineTest, TheAccessLogNamesTheRequestAndNoSecret) {
  const net::Response response = Ask("/api/link/secret-payload");
  pipeline_.Finished(request_, response, {200, 12, Millis(3), true});
  const net::Response refused = Ask("/api/mine", "Bearer secret-token");
  pipeline_.Finished(request_, refused, {401, 5, Millis(1), false});
  ASSERT_EQ(access_log_.lines.size(), 2U);
  for (const std::string& line : access_log_.lines) {
    EXPECT_TRUE(json::Parse(line).has_value()) << line;
    EXPECT_THAT(line, Not(HasSubstr("secret")));
  }
  EXPECT_THAT(access_log_.lines[0], HasSubstr(R"("path":"/api/link/{x}","operation":"Link")"));
  EXPECT_THAT(access_log_.lines[0], HasSubstr(R"("status":200,"bytes":12,"ms":3)"));
  EXPECT_THAT(access_log_.lines[1], HasSubstr(R"("complete":false,"error":"unauthenticated")"));
}

TEST_F(PipelineTest, TheAccessLogHoldsWhatTheBodyKnowsInTheEnd) {
  class Counting final : public net::BodySource {
   public:
    Result<size_t> Next(std::span<char> /*out*/) override {
      ++calls_;
      return 0U;
    }
    void AddLogFields(net::LogFields& fields) const override {
      fields.emplace_back("calls", std::to_string(calls_));
    }

   private:
    int calls_ = 0;
  };
  net::Response response = Ask("/api/mine", good_);
  response.log_fields.emplace_back("known", "true");
  auto body = std::make_unique<Counting>();
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(body->Next({}).has_value());
  response.body = std::move(body);
  pipeline_.Finished(request_, response, {200, 12, Millis(3), true});
  response.body = std::unique_ptr<net::BodySource>();
  pipeline_.Finished(request_, response, {200, 12, Millis(3), true});
  ASSERT_EQ(access_log_.lines.size(), 2U);
  EXPECT_THAT(access_log_.lines[0], HasSubstr(R"("known":true,"calls":3)"));
  EXPECT_THAT(access_log_.lines[1], Not(HasSubstr("calls")));
}

TEST_F(PipelineTest, TheClientIsWhomATrustedProxyNames) {
  headers_ = {{"X-Forwarded-For", "6.6.6.6, 8.8.8.8"}, {"X-Forwarded-Proto", "https"}};
  Ask("/api/open");
  EXPECT_EQ(request_.client.Text(), "10.0.0.1");
  const std::shared_ptr<Generation> next = Make("token");
  next->proxies.networks = *ParseIpNetworks("10.0.0.1");
  generations_.Set(next);
  const net::Response response = Ask("/api/open");
  EXPECT_EQ(request_.client.Text(), "8.8.8.8");
  EXPECT_THAT(request_.Origin(), ::testing::StartsWith("https://"));
  pipeline_.Finished(request_, response, {200, 12, Millis(3), true});
  headers_.clear();
  pipeline_.Finished(request_, Ask("/api/open"), {200, 12, Millis(3), true});
  ASSERT_EQ(access_log_.lines.size(), 2U);
  EXPECT_THAT(access_log_.lines[0], HasSubstr(R"("peer":"10.0.0.1:5000","client":"8.8.8.8")"));
  EXPECT_THAT(access_log_.lines[1], Not(HasSubstr("client")));
}

TEST_F(PipelineTest, WhatNeverBecameARequestIsThePeers) {
  net::Request request;
  request.peer = "10.0.0.1:5000";
  request.headers.Add("X-Forwarded-For", "8.8.8.8");
  pipeline_.Reject(request, Error{Code::kInvalidArgument, "malformed", {}, {}});
  EXPECT_EQ(request.client.Text(), "10.0.0.1");
}

TEST_F(PipelineTest, TooManyRequestsAreToldWhenToComeAgain) {
  Limit({.requests = {.per_second = 1, .burst = 2}, .files = {}});
  EXPECT_EQ(Ask("/api/mine", good_).status, 200);
  EXPECT_EQ(Ask("/api/nowhere", good_).status, 404) << "what fails counts, too";
  const net::Response refused = Ask("/api/mine", good_);
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.headers.Find("retry-after"), "1");
  EXPECT_THAT(Body(refused), HasSubstr(R"("errorCode":"RESOURCE_EXHAUSTED")"));
  EXPECT_EQ(refused.headers.Find("x-request-id"), request_.id);
  EXPECT_THAT(metrics_.Render(),
              HasSubstr(R"(sluice_http_rejected_total{reason="request rate"} 1)"));
  EXPECT_EQ(Ask("/api/open").status, 200) << "nobody's requests are not counted";
  EXPECT_EQ(Ask("/api/mine", "Bearer wrong").status, 401);
  EXPECT_EQ(Ask("/api/link/a").status, 200);
  clock_.Advance(Millis(1000));
  EXPECT_EQ(Ask("/api/mine", good_).status, 200);
}

TEST_F(PipelineTest, RetryAfterIsInWholeSeconds) {
  Limit({.requests = {.per_second = 1000, .burst = 1}, .files = {}});
  Ask("/api/mine", good_);
  EXPECT_EQ(Ask("/api/mine", good_).headers.Find("retry-after"), "1");
}

TEST_F(PipelineTest, AChangedFileIsNoNewStart) {
  Limit({.requests = {.per_second = 1, .burst = 2}, .files = {}});
  for (int i = 0; i < 2; ++i) Ask("/api/mine", good_);
  Limit({.requests = {.per_second = 1, .burst = 2}, .files = {}});
  EXPECT_EQ(Ask("/api/mine", good_).status, 429);
}

TEST_F(PipelineTest, FileLinksHaveABucketOfTheirOwn) {
  Limit({.requests = {.per_second = 1, .burst = 1}, .files = {.per_second = 2, .burst = 2}});
  EXPECT_EQ(Ask("/api/mine", good_).status, 200);
  EXPECT_EQ(Ask("/api/link/a").status, 200);
  EXPECT_EQ(Ask("/api/link/a").status, 200);
  EXPECT_EQ(Ask("/api/link/a").status, 429);
  EXPECT_EQ(Ask("/api/link/b").status, 200) << "the link of another";
  EXPECT_THAT(metrics_.Render(), HasSubstr(R"(sluice_http_rejected_total{reason="file rate"} 1)"));
}

TEST_F(PipelineTest, AnAddressMayGuessNowAndThen) {
  const auto guess = [&] { return Ask("/api/guess", {}, net::Method::kPost).status; };
  int guesses = 0;
  while (guesses < 1000 && guess() == 404) ++guesses;
  EXPECT_EQ(guesses, 100);
  EXPECT_THAT(metrics_.Render(),
              HasSubstr(R"(sluice_http_rejected_total{reason="sign-in rate"} 1)"));
  peer_ = "10.0.0.1:5001";
  EXPECT_EQ(guess(), 429) << "the port is another one, the address is not";
  EXPECT_EQ(Ask("/api/mine", good_).status, 200) << "who has a token goes on";
  peer_ = "10.0.0.2:5000";
  EXPECT_EQ(guess(), 404);
  peer_ = "10.0.0.1:5000";
  clock_.Advance(Millis(500));
  EXPECT_EQ(guess(), 404);
  EXPECT_EQ(guess(), 429);
}

TEST(TraceId, IsTakenFromASoundTraceparentOnly) {
  EXPECT_EQ(TraceId("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
            "0af7651916cd43dd8448eb211c80319c");
  EXPECT_EQ(TraceId("00-00000000000000000000000000000000-b7ad6b7169203331-01"), "");
  EXPECT_EQ(TraceId("00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01"), "");
  EXPECT_EQ(TraceId("00-0af7651916cd43dd8448eb211c80319c"), "");
  EXPECT_EQ(TraceId("evil\r\nheader: x"), "");
  EXPECT_EQ(TraceId(""), "");
}

}  // namespace
}  // namespace sluice::server
