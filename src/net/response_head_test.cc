#include "net/response_head.h"

#include <gtest/gtest.h>

namespace sluice::net {
namespace {

std::string Head(const Response& response, const Framing& framing) {
  std::string out;
  AppendHead(response, framing, "D", out);
  return out;
}

TEST(DateText, IsTheHttpForm) {
  DateText date;
  EXPECT_EQ(date.At(FromUnixMillis(784111777'999)), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(date.At(FromUnixMillis(784111778'000)), "Sun, 06 Nov 1994 08:49:38 GMT");
  EXPECT_EQ(date.At(FromUnixMillis(951782400'000)), "Tue, 29 Feb 2000 00:00:00 GMT");
}

TEST(AppendHead, SaysHowTheBodyIsFramed) {
  Response response = Response::Text(200, "text/plain", "x");
  EXPECT_EQ(Head(response, {.length = 5}),
            "HTTP/1.1 200 OK\r\nDate: D\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\n");
  EXPECT_EQ(Head(response, {.chunked = true, .close = true}),
            "HTTP/1.1 200 OK\r\nDate: D\r\nContent-Type: text/plain\r\n"
            "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(Head(Response{.status = 204}, {.say_keep = true}),
            "HTTP/1.1 204 No Content\r\nDate: D\r\nConnection: keep-alive\r\n\r\n");
}

TEST(AppendHead, LeavesOutFieldsThatAreTheServers) {
  Response response;
  for (const char* name : {"content-length", "TRANSFER-ENCODING", "Connection", "date"}) {
    response.headers.Add(name, "bad");
  }
  EXPECT_EQ(Head(response, {}), "HTTP/1.1 200 OK\r\nDate: D\r\n\r\n");
}

TEST(AppendHead, NoValueCanEndTheHeader) {
  Response response;
  response.headers.Add("X", std::string("a\r\nSet-Cookie: b\n\0c", 19));
  EXPECT_EQ(Head(response, {}), "HTTP/1.1 200 OK\r\nDate: D\r\nX: a  Set-Cookie: b  c\r\n\r\n");
}

}  // namespace
}  // namespace sluice::net
