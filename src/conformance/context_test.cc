#include "conformance/context.h"

#include <fmt/format.h>

#include <stdexcept>

#include "base/testing/matchers.h"
#include "conformance/runner.h"
#include "net/testing/test_server.h"

namespace sluice::conformance {
namespace {

using sluice::testing::IsError;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr Section kAnySection{"Section", "section"};

class ContextTest : public net::testing::ServerTest {
 protected:
  void Answer(const std::string& path, int status, std::string body,
              std::string_view type = "application/json") {
    dispatcher_.On("/api" + path, [status, body = std::move(body), type](net::Request&) {
      return net::Response::Text(status, type, body);
    });
  }
  Outcome Run(Status (*function)(Context&), Needs needs = {}, Limits limits = {}) {
    Server server(Client(), limits, "conformance");
    const Check check{
        .id = "x", .title = "t", .section = kAnySection, .needs = needs, .run = function};
    return RunCheck(server, check);
  }
  client::SharingClient Client() {
    return {{.endpoint = fmt::format("http://127.0.0.1:{}/api", server_->port()),
             .bearer_token = "secret-token"},
            {.timeout = Millis(30'000)}};
  }
};

TEST_F(ContextTest, PassesWhenAllHolds) {
  Answer("/x", 200, R"({"a": 1})");
  Start();
  const Outcome outcome = Run([](Context& context) -> Status {
    const auto answer = TRY(context.Get("/x"));
    const json::Object body = TRY(context.RequireObject(answer));
    context.Expect(body.contains("a"), answer, "an a");
    return {};
  });
  EXPECT_EQ(outcome.verdict, Verdict::kPass);
  EXPECT_EQ(outcome.expectations, 3);
  EXPECT_EQ(outcome.requests, 1);
}

TEST_F(ContextTest, AFailureCanBeReproducedAndTellsNoSecrets) {
  Answer("/x", 500, R"(token secret-token, http://h/f.parquet?sig=geheim and more)");
  Start();
  const Outcome outcome = Run([](Context& context) -> Status {
    const auto answer = TRY(context.Post("/x", "{'a\n", {{"X-Odd", "secret-token"}}));
    context.ExpectStatus(answer, {200, 400});
    return {};
  });
  ASSERT_EQ(outcome.verdict, Verdict::kFail);
  ASSERT_EQ(outcome.failures.size(), 1U);
  const Failure& failure = outcome.failures.front();
  EXPECT_EQ(failure.expected, "status 200 or 400");
  EXPECT_EQ(failure.came, "status 500, body token $TOKEN, http://h/f.parquet?... and more");
  EXPECT_THAT(failure.request, HasSubstr(R"(-X POST -H "Authorization: Bearer $TOKEN")"));
  EXPECT_THAT(failure.request, HasSubstr(R"(--data-binary $'{\'a\x0a')"));
  EXPECT_THAT(failure.request, Not(HasSubstr("secret-token")));
  EXPECT_THAT(failure.request, HasSubstr("/api/x'"));
}

TEST_F(ContextTest, RequireEndsTheCheckOnce) {
  Answer("/x", 404, "{}");
  Start();
  const Outcome outcome = Run([](Context& context) -> Status {
    const auto answer = TRY(context.Get("/x"));
    TRY(context.RequireStatus(answer, 200));
    throw std::logic_error("not reached");
  });
  EXPECT_EQ(outcome.verdict, Verdict::kFail);
  EXPECT_EQ(outcome.failures.size(), 1U);
}

TEST_F(ContextTest, SkipsAndItsFailuresStay) {
  Answer("/x", 404, "{}");
  Start();
  EXPECT_EQ(Run([](Context& context) -> Status { return context.Skip("not offered"); }).verdict,
            Verdict::kSkip);
  const Outcome failed = Run([](Context& context) -> Status {
    context.Expect(false, "a", "b");
    return context.Skip("not offered");
  });
  EXPECT_EQ(failed.verdict, Verdict::kFail);
}

TEST_F(ContextTest, ACheckThatLooksAtNothingFails) {
  Start();
  EXPECT_EQ(Run([](Context&) -> Status { return {}; }).verdict, Verdict::kFail);
}

TEST_F(ContextTest, ABrokenCheckIsAFailure) {
  Start();
  const Outcome outcome =
      Run([](Context&) -> Status { throw std::out_of_range("no such member"); });
  EXPECT_EQ(outcome.verdict, Verdict::kFail);
  EXPECT_THAT(outcome.failures.at(0).came, HasSubstr("no such member"));
}

TEST_F(ContextTest, NoAnswerIsAFailureWithTheRequest) {
  Start();
  const Outcome outcome = Run([](Context& context) -> Status {
    TRY(context.Fetch("http://127.0.0.1:1/f?sig=geheim"));
    return {};
  });
  EXPECT_EQ(outcome.verdict, Verdict::kFail);
  EXPECT_EQ(outcome.failures.at(0).request, "curl -sS -i --path-as-is 'http://127.0.0.1:1/f?...'");
}

TEST_F(ContextTest, ErrorsHaveAShape) {
  Answer("/good", 404, R"({"errorCode": "X", "message": "y"})");
  Answer("/text", 404, "not found", "text/plain");
  Answer("/half", 404, R"({"errorCode": "X"})");
  Answer("/html", 404, R"({"errorCode": "X", "message": "y"})", "text/html");
  Start();
  const auto verdict = [&](std::string_view path) {
    static std::string target;
    target = path;
    return Run([](Context& context) -> Status {
             const auto answer = TRY(context.Get(target));
             context.ExpectError(answer, {400, 404});
             return {};
           })
        .verdict;
  };
  EXPECT_EQ(verdict("/good"), Verdict::kPass);
  EXPECT_EQ(verdict("/text"), Verdict::kFail);
  EXPECT_EQ(verdict("/half"), Verdict::kFail);
  EXPECT_EQ(verdict("/html"), Verdict::kFail);
}

TEST_F(ContextTest, RequestsOfARunAreLimited) {
  Answer("/x", 200, "{}");
  Start();
  const Outcome outcome = Run(
      [](Context& context) -> Status {
        for (int i = 0; i < 10; ++i) TRY(context.Get("/x"));
        return {};
      },
      {}, {.max_requests = 4});
  EXPECT_EQ(outcome.verdict, Verdict::kFail);
  EXPECT_EQ(outcome.requests, 5);  // the last one was not sent
}

TEST_F(ContextTest, ABusyServerIsAskedAgain) {
  dispatcher_.On("/api/x", [count = 0](net::Request&) mutable {
    net::Response busy = net::Response::Text(++count < 3 ? 429 : 200, "text/plain", "");
    busy.headers.Add("Retry-After", "0");
    return busy;
  });
  Start();
  Server server(Client(), {}, "conformance");
  const auto answer = server.Send({.target = "/x"});
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(server.requests(), 3);
}

TEST_F(ContextTest, AMadeTableIsFoundInItsShare) {
  Answer("/shares/conformance/all-tables", 200,
         R"({"items": [{"name": "Plain", "schema": "default", "share": "conformance"},
                       {"name": "plain", "schema": "other", "share": "conformance"}]})");
  Start();
  Server server(Client(), {}, "conformance");
  EXPECT_EQ(server.MadeTable("plain")->Full(), "conformance.default.Plain");
  EXPECT_THAT(server.MadeTable("cdf"), IsError(Code::kNotFound, "conformance.default.cdf"));
  Server other(Client(), {}, "conformance.other");
  EXPECT_EQ(other.MadeTable("plain")->Full(), "conformance.other.plain");
  const Outcome skipped = Run([](Context&) -> Status { return {}; }, NeedsMade("cdf"));
  EXPECT_EQ(skipped.verdict, Verdict::kSkip);
  EXPECT_THAT(skipped.skip_reason, HasSubstr("conformance.default.cdf"));
}

TEST_F(ContextTest, AServerThatRefusesTheTokenIsNotChecked) {
  Answer("/shares", 401, "{}");
  Start();
  const Report report = conformance::Run(Client(), {}, {});
  EXPECT_THAT(report.stopped, HasSubstr("401"));
  EXPECT_TRUE(report.results.empty());
}

TEST(Excerpt, IsOneLineWithoutSecrets) {
  EXPECT_EQ(Excerpt("a\nb\x01"), "a\\nb\\x01");
  EXPECT_EQ(Excerpt(R"({"url":"https://h/p?X-Amz-Signature=1","b":1})"),
            R"({"url":"https://h/p?...","b":1})");
  EXPECT_EQ(Excerpt("http://h/a?s=1 https://h/b?s=2"), "http://h/a?... https://h/b?...");
  EXPECT_EQ(Excerpt("\xc3\xa4\xc3\xa4", 3), "\xc3\xa4...");
}

}  // namespace
}  // namespace sluice::conformance
