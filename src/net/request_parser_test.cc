#include "net/request_parser.h"

#include "base/testing/matchers.h"

namespace sluice::net {
namespace {

using ::testing::ElementsAre;
using testing::IsError;
using testing::IsOk;
using ::testing::Pair;

constexpr std::string_view kGet =
    "GET /a%20b?x=1&y=%2F HTTP/1.1\r\nHost: h\r\nX-Two:  v w \r\n\r\n";
constexpr std::string_view kChunked =
    "POST /q HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
    "5\r\nhello\r\n1;ext=1\r\n!\r\n0\r\nTrailer: t\r\nHost: evil\r\n\r\n";

std::string WithHeader(std::string_view fields, std::string_view body = {}) {
  return "POST / HTTP/1.1\r\nHost: h\r\n" + std::string(fields) + "\r\n" + std::string(body);
}

TEST(ParseRequest, SplitsTargetAndHeader) {
  const Result<Request> request = ParseRequest(kGet);
  ASSERT_THAT(request, IsOk());
  EXPECT_EQ(request->method, Method::kGet);
  EXPECT_EQ(request->target, "/a%20b?x=1&y=%2F");
  EXPECT_EQ(request->path, "/a%20b");
  EXPECT_THAT(request->query.all(), ElementsAre(Pair("x", "1"), Pair("y", "/")));
  EXPECT_THAT(request->headers.fields(), ElementsAre(Pair("Host", "h"), Pair("X-Two", "v w")));
}

TEST(ParseRequest, KeepsUnknownMethodsByName) {
  const Result<Request> request = ParseRequest("BREW /pot HTTP/1.1\r\nHost: h\r\n\r\n");
  ASSERT_THAT(request, IsOk());
  EXPECT_EQ(request->method, Method::kOther);
  EXPECT_EQ(request->method_text, "BREW");
}

TEST(ParseRequest, TakesTheAbsoluteForm) {
  const auto path = [](std::string_view target) {
    const auto request =
        ParseRequest("GET " + std::string(target) + " HTTP/1.1\r\nHost: h\r\n\r\n");
    return request ? request->path + " " + std::string(request->query.Find("q").value_or("-"))
                   : "refused";
  };
  EXPECT_EQ(path("http://h:80/a/b?q=1"), "/a/b 1");
  EXPECT_EQ(path("https://h"), "/ -");
  EXPECT_EQ(path("http://h?q=2"), "/ 2");
  EXPECT_EQ(path("/a#frag?q=1"), "/a -");
  EXPECT_EQ(path("ftp://h/a"), "refused");
  EXPECT_EQ(path("h:80"), "refused");
  EXPECT_EQ(path("a/b"), "refused");
  EXPECT_EQ(path("http://[::1]x80/a"), "refused");
}

TEST(ParseRequest, ReadsBodiesOfBothFramings) {
  const Result<Request> counted = ParseRequest(WithHeader("Content-Length: 3\r\n", "abcdef"));
  ASSERT_THAT(counted, IsOk());
  EXPECT_EQ(counted->body, "abc");
  const Result<Request> chunked = ParseRequest(kChunked);
  ASSERT_THAT(chunked, IsOk());
  EXPECT_EQ(chunked->body, "hello!");
  EXPECT_EQ(chunked->headers.Find("Trailer"), std::nullopt);
  EXPECT_EQ(chunked->headers.Find("Host"), "h");
}

TEST(RequestParser, DoesNotCareHowTheBytesArrive) {
  for (const std::string_view whole : {kGet, kChunked}) {
    for (const size_t step : {1U, 2U, 3U, 7U}) {
      Request request;
      RequestParser parser(request, {});
      std::string waiting;
      for (size_t at = 0; at < whole.size(); at += step) {
        ASSERT_FALSE(parser.done());
        waiting.append(whole.substr(at, step));
        const Result<size_t> used = parser.Put(waiting);
        ASSERT_THAT(used, IsOk());
        waiting.erase(0, *used);
      }
      EXPECT_TRUE(parser.done());
      EXPECT_EQ(waiting, "");
      const Request expected = ParseRequest(whole).value();
      EXPECT_EQ(request.body, expected.body);
      EXPECT_EQ(request.headers.fields(), expected.headers.fields());
    }
  }
}

TEST(RequestParser, LeavesTheNextRequestAlone) {
  Request request;
  RequestParser parser(request, {});
  EXPECT_EQ(parser.Put(std::string(kGet) + "GET /next").value(), kGet.size());
  EXPECT_TRUE(parser.done());
}

TEST(RequestParser, KnowsWhetherTheConnectionGoesOn) {
  const auto keeps = [](std::string_view head) {
    Request request;
    RequestParser parser(request, {});
    EXPECT_THAT(parser.Put(std::string(head) + "\r\n\r\n"), IsOk()) << head;
    return parser.keeps_alive();
  };
  EXPECT_TRUE(keeps("GET / HTTP/1.1\r\nHost: h"));
  EXPECT_FALSE(keeps("GET / HTTP/1.1\r\nHost: h\r\nConnection: close"));
  EXPECT_FALSE(keeps("GET / HTTP/1.0"));
  EXPECT_TRUE(keeps("GET / HTTP/1.0\r\nConnection: Keep-Alive"));
}

TEST(RequestParser, SeesWhoWaitsForContinue) {
  Request request;
  RequestParser parser(request, {});
  ASSERT_THAT(parser.Put(WithHeader("Content-Length: 3\r\nExpect: 100-continue\r\n")), IsOk());
  EXPECT_TRUE(parser.header_done());
  EXPECT_FALSE(parser.done());
  EXPECT_TRUE(parser.expects_continue());
}

TEST(ParseRequest, RefusesWhatIsMalformed) {
  const std::string text[] = {
      "\r\n\r\n",
      "GET\r\n\r\n",
      "GET / HTTP/2.0\r\nHost: h\r\n\r\n",
      "GET / HTTP/1.1\nHost: h\n\n",
      "GET  / HTTP/1.1\r\nHost: h\r\n\r\n",
      "G\x01T / HTTP/1.1\r\nHost: h\r\n\r\n",
      "GET / HTTP/1.1\r\nHost : h\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: h\r\nNo colon\r\n\r\n",
      WithHeader(std::string("X: a\0b\r\n", 8)),
      "GET /?a=%zz HTTP/1.1\r\nHost: h\r\n\r\n",
      "GET / HTTP/1.1\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
      WithHeader("Transfer-Encoding: chunked\r\n", "x\r\n"),
      WithHeader("Transfer-Encoding: chunked\r\n", "fffffffffffffffff\r\n"),
      WithHeader("Transfer-Encoding: chunked\r\n", "1\r\nabc\r\n0\r\n\r\n"),
      std::string(kGet.substr(0, kGet.size() - 2)),
      WithHeader("Content-Length: 4\r\n", "abc"),
  };
  for (const std::string& bytes : text) {
    EXPECT_THAT(ParseRequest(bytes), IsError(Code::kInvalidArgument)) << bytes;
  }
}

// Two readers of one such request would see two different requests.
TEST(ParseRequest, RefusesAmbiguousLengths) {
  for (const char* fields :
       {"Content-Length: 3\r\nContent-Length: 3\r\n", "Content-Length: 3\r\nContent-Length: 4\r\n",
        "Content-Length: 3, 3\r\n", "Content-Length: +3\r\n", "Content-Length: -1\r\n",
        "Content-Length: 0x3\r\n", "Content-Length:\r\n",
        "Content-Length: 99999999999999999999999\r\n",
        "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: gzip\r\n", "Transfer-Encoding: gzip, chunked\r\n",
        "Transfer-Encoding: chunked, identity\r\n", "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding: \x0b"
        "chunked\r\n"}) {
    EXPECT_THAT(ParseRequest(WithHeader(fields, "0\r\n\r\n")), IsError(Code::kInvalidArgument))
        << fields;
  }
  EXPECT_THAT(ParseRequest("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
              IsError(Code::kInvalidArgument));
}

std::string_view ReasonOf(const Result<Request>& request) {
  return request ? "accepted" : request.error().reason;
}

TEST(ParseRequest, LimitsTheHeader) {
  const ParseLimits limits{ByteCount{200}, ByteCount{10}};
  EXPECT_THAT(ParseRequest(WithHeader("X: " + std::string(100, 'x') + "\r\n"), limits), IsOk());
  EXPECT_EQ(ReasonOf(ParseRequest(WithHeader("X: " + std::string(200, 'x') + "\r\n"), limits)),
            kReasonHeaderTooLarge);
  EXPECT_EQ(ReasonOf(ParseRequest("GET /" + std::string(300, 'x'), limits)), kReasonHeaderTooLarge);
  std::string many;
  for (int i = 0; i < 40; ++i) many += "A: b\r\n";
  EXPECT_EQ(ReasonOf(ParseRequest(WithHeader(many), limits)), kReasonHeaderTooLarge);
}

TEST(ParseRequest, LimitsTheNumberOfFields) {
  std::string many;
  for (int i = 0; i < 300; ++i) many += "A: b\r\n";
  EXPECT_EQ(ReasonOf(ParseRequest(WithHeader(many))), kReasonHeaderTooLarge);
}

// A header that comes line by line must not pass because each line does.
TEST(RequestParser, LimitsTheSumOfHeaderLines) {
  Request request;
  RequestParser parser(request, {ByteCount{200}, ByteCount{10}});
  Result<size_t> used = parser.Put("GET / HTTP/1.1\r\nHost: h\r\n");
  std::string waiting;
  int lines = 0;
  for (; used && lines < 100; ++lines) {
    waiting += "A: b\r\n";
    used = parser.Put(waiting);
    if (used) waiting.erase(0, *used);
  }
  ASSERT_FALSE(used.has_value());
  EXPECT_EQ(used.error().reason, kReasonHeaderTooLarge);
  EXPECT_LT(lines, 40);
}

TEST(ParseRequest, LimitsTheBody) {
  const ParseLimits limits{KiB(1), ByteCount{10}};
  EXPECT_THAT(ParseRequest(WithHeader("Content-Length: 10\r\n", "0123456789"), limits), IsOk());
  // From the header alone: the body is not even there.
  EXPECT_EQ(ReasonOf(ParseRequest(WithHeader("Content-Length: 11\r\n"), limits)),
            kReasonBodyTooLarge);
  EXPECT_EQ(ReasonOf(ParseRequest(
                WithHeader("Transfer-Encoding: chunked\r\n", "6\r\n012345\r\n5\r\n"), limits)),
            kReasonBodyTooLarge);
}

TEST(ParseRequest, LimitsWhatChunksCostBesideTheirData) {
  const ParseLimits limits{KiB(1), ByteCount{1000}};
  std::string chunks;
  for (int i = 0; i < 100; ++i) chunks += "1;" + std::string(500, 'e') + "\r\nx\r\n";
  const std::string header = "Transfer-Encoding: chunked\r\n";
  EXPECT_EQ(ReasonOf(ParseRequest(WithHeader(header, chunks), limits)), kReasonBodyTooLarge);
  EXPECT_EQ(ReasonOf(ParseRequest(WithHeader(header, "1;" + std::string(5000, 'e')), limits)),
            kReasonBodyTooLarge);
  EXPECT_EQ(ReasonOf(ParseRequest(WithHeader(header, "0\r\nT: " + std::string(5000, 't')), limits)),
            kReasonBodyTooLarge);
}

}  // namespace
}  // namespace sluice::net
