#include "net/http.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/testing/matchers.h"

namespace sluice::net {
namespace {

using ::testing::ElementsAre;
using testing::IsError;
using ::testing::Pair;

TEST(Headers, AreFoundWithoutRegardToCase) {
  Headers headers;
  headers.Add("Content-Type", "a");
  headers.Add("content-type", "b");
  EXPECT_EQ(headers.Find("CONTENT-TYPE"), "a");
  EXPECT_EQ(headers.Find("Content-Typ"), std::nullopt);
}

TEST(Headers, SetReplacesAllOfThatName) {
  Headers headers;
  headers.Add("X", "1");
  headers.Add("Y", "2");
  headers.Add("x", "3");
  headers.Set("X", "4");
  EXPECT_THAT(headers.fields(), ElementsAre(Pair("Y", "2"), Pair("X", "4")));
}

TEST(QueryParams, AreDecodedInOrder) {
  const auto query = QueryParams::Parse("a=1&b=x%20y+z&&c&=d&a=2&e=f=g");
  ASSERT_TRUE(query.has_value());
  EXPECT_THAT(query->all(), ElementsAre(Pair("a", "1"), Pair("b", "x y z"), Pair("c", ""),
                                        Pair("", "d"), Pair("a", "2"), Pair("e", "f=g")));
  EXPECT_EQ(query->Find("a"), "1");
  EXPECT_EQ(query->Find("A"), std::nullopt);
}

TEST(QueryParams, APlusThatIsEscapedStaysAPlus) {
  const auto query = QueryParams::Parse("a=%2B+");
  ASSERT_TRUE(query.has_value());
  EXPECT_EQ(query->Find("a"), "+ ");
}

TEST(QueryParams, BrokenEscapesAreErrors) {
  for (const char* text : {"a=%", "a=%1", "a=%zz", "%g0=1", "a=1&b=%-1"}) {
    EXPECT_THAT(QueryParams::Parse(text), IsError(Code::kInvalidArgument)) << text;
  }
}

Request RequestWithHost(std::string host) {
  Request request;
  request.local = "127.0.0.1:8080";
  request.headers.Add("Host", std::move(host));
  return request;
}

TEST(Origin, IsTheHostThatTheClientUsed) {
  EXPECT_EQ(RequestWithHost("share.example.com").Origin(), "http://share.example.com");
  EXPECT_EQ(RequestWithHost("[::1]:99").Origin(), "http://[::1]:99");
  Request request = RequestWithHost("share.example.com:444");
  request.tls = true;
  EXPECT_EQ(request.Origin(), "https://share.example.com:444");
}

TEST(Origin, IsTheLocalAddressWhereTheHostCannotBeOne) {
  for (const char* host :
       {"", "a/b", "user@host", "a b", "h:port", "h:1:2", "a\"b", "<x>", "%41", ":80"}) {
    EXPECT_EQ(RequestWithHost(host).Origin(), "http://127.0.0.1:8080") << host;
  }
  Request request;
  request.local = "127.0.0.1:1";
  EXPECT_EQ(request.Origin(), "http://127.0.0.1:1");
}

bool IsOpen(int fd) { return ::fcntl(fd, F_GETFD) >= 0; }

TEST(FileBody, ClosesItsFileOnce) {
  const int first = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  const int second = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  {
    FileBody a(first, 1, 2);
    FileBody b(std::move(a));
    EXPECT_EQ(b.fd(), first);
    b = FileBody(second, 3, 4);
    EXPECT_FALSE(IsOpen(first));
    EXPECT_EQ(b.offset(), 3U);
    EXPECT_EQ(b.length(), 4U);
    EXPECT_TRUE(IsOpen(second));
  }
  EXPECT_FALSE(IsOpen(second));
}

TEST(HttpStatus, FollowsTheCodeAndSharperReasons) {
  EXPECT_EQ(HttpStatus(Code::kInvalidArgument), 400);
  EXPECT_EQ(HttpStatus(Code::kCorrupt), 422);
  EXPECT_EQ(HttpStatus(Code::kUnavailable), 503);
  EXPECT_EQ(HttpStatus(Error{Code::kInvalidArgument, "", "", kReasonHeaderTooLarge}), 431);
  EXPECT_EQ(HttpStatus(Error{Code::kInvalidArgument, "", "", kReasonBodyTooLarge}), 413);
  EXPECT_EQ(HttpStatus(Error{Code::kInvalidArgument, "", "", kReasonTooSlow}), 408);
  EXPECT_EQ(HttpStatus(Error{Code::kNotFound, "", "", "SOME_WORD"}), 404);
}

}  // namespace
}  // namespace sluice::net
