// What the server refuses, and how long it waits for what.
#include <latch>

#include "base/testing/matchers.h"
#include "net/server.h"
#include "net/testing/test_server.h"

namespace sluice::net::testing {
namespace {

// ---- what is refused ----

TEST_F(ServerTest, RefusesMalformedRequestsAndCloses) {
  Start();
  for (const std::string& bytes :
       {std::string("nonsense\r\n\r\n"), Request11("GET /a b"),
        Request11("POST /x", "Content-Length: 1\r\nContent-Length: 1\r\n", "a"),
        Request11("POST /x", "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")}) {
    Client client = Connect();
    client.Send(bytes);
    const Answer answer = client.ReadAnswer();
    EXPECT_EQ(answer.status, 400) << bytes;
    EXPECT_EQ(answer.headers.Find("Connection"), "close");
    EXPECT_TRUE(answer.body.starts_with("malformed HTTP request|")) << answer.body;
    EXPECT_TRUE(client.AtEnd());
  }
  EXPECT_EQ(dispatcher_.WaitForRecords(4)[3].outcome.status, 400);
}

TEST_F(ServerTest, RefusesHeadersAndBodiesThatAreTooLarge) {
  ServerOptions options;
  options.max_header = ByteCount{1000};
  options.max_body = ByteCount{100};
  Start(options);
  Client header = Connect();
  header.Send("GET /x HTTP/1.1\r\nHost: h\r\nA: " + std::string(5000, 'a'));
  const Answer too_long = header.ReadAnswer();
  EXPECT_EQ(too_long.status, 431);
  EXPECT_NE(too_long.body.find("HEADER_TOO_LARGE"), std::string::npos);
  EXPECT_TRUE(header.AtEnd());

  Client announced = Connect();  // the body itself never comes
  announced.Send(Request11("POST /x", "Content-Length: 101\r\n"));
  const Answer too_large = announced.ReadAnswer();
  EXPECT_EQ(too_large.status, 413);
  EXPECT_NE(too_large.body.find("BODY_TOO_LARGE||"), std::string::npos);
  EXPECT_TRUE(announced.AtEnd());

  Client chunked = Connect();
  chunked.Send(Request11("POST /x", "Transfer-Encoding: chunked\r\n", "65\r\n"));
  EXPECT_EQ(chunked.ReadAnswer().status, 413);

  Client waiting = Connect();  // refused instead of "100 Continue"
  waiting.Send(Request11("POST /x", "Content-Length: 101\r\nExpect: 100-continue\r\n"));
  EXPECT_EQ(waiting.ReadAnswer().status, 413);
}

// The refusal must arrive although the client is still sending what nobody reads.
TEST_F(ServerTest, TheRefusalOfALargeBodyIsNotLost) {
  ServerOptions options;
  options.max_body = ByteCount{100};
  Start(options);
  Client client = Connect();
  client.Send(Request11("POST /x", "Content-Length: 3000000\r\n"));
  client.Send(std::string(3'000'000, 'x'));
  EXPECT_EQ(client.ReadAnswer().status, 413);
}

TEST_F(ServerTest, AnswersWith503WhenTheQueueIsFull) {
  std::latch running(1);
  std::latch go(1);
  dispatcher_.On("/block", [&](Request& request) {
    running.count_down();
    go.wait();
    return Echo(request);
  });
  dispatcher_.On("/work", Echo);
  dispatcher_.On("/mem", Echo);
  ServerOptions options;
  options.workers = 1;
  options.queue_limit = 1;
  options.io_threads = 1;  // the order of requests is that of their arrival
  Start(options);
  Client blocked = Connect();
  blocked.Send(Request11("GET /block"));
  running.wait();
  Client second = Connect();
  Client third = Connect();
  second.Send(Request11("GET /work"));
  third.Send(Request11("GET /work"));
  // Of the two, one waits and one is refused.
  Client& refused = [&]() -> Client& {
    while (true) {
      if (second.Readable(10)) return second;
      if (third.Readable(10)) return third;
    }
  }();
  const Answer answer = refused.ReadAnswer();
  EXPECT_EQ(answer.status, 503);
  EXPECT_NE(answer.body.find("|/work|id-of-/work"), std::string::npos) << answer.body;
  EXPECT_EQ(refused.Get("/mem").status, 200);  // memory never queues; the connection goes on
  go.count_down();
  EXPECT_EQ(blocked.ReadAnswer().status, 200);
  EXPECT_EQ((&refused == &second ? third : second).ReadAnswer().status, 200);
}

TEST_F(ServerTest, ClosesConnectionsBeyondTheLimit) {
  dispatcher_.On("/mem", Echo);
  ServerOptions options;
  options.max_connections = 2;
  Start(options);
  Client first = Connect();
  Client second = Connect();
  EXPECT_EQ(first.Get("/mem").status, 200);
  EXPECT_EQ(second.Get("/mem").status, 200);
  Client third = Connect();
  EXPECT_TRUE(third.AtEnd());
  second.Send(Request11("GET /mem", "Connection: close\r\n"));
  second.ReadToEnd();
  // There is room again once the server has seen the end.
  while (Connect().Get("/mem").status == 0) std::this_thread::yield();
}

// ---- time limits ----

TEST_F(ServerTest, ClosesIdleConnectionsWithoutAWord) {
  dispatcher_.On("/mem", Echo);
  ServerOptions options;
  options.idle_timeout = Millis{60};
  Start(options);
  Client fresh = Connect();
  EXPECT_TRUE(fresh.AtEnd());
  Client used = Connect();
  EXPECT_EQ(used.Get("/mem").status, 200);
  EXPECT_TRUE(used.AtEnd());
}

TEST_F(ServerTest, GivesUpOnAHeaderThatDoesNotEnd) {
  ServerOptions options;
  options.header_timeout = Millis{60};
  Start(options);
  Client silent = Connect();
  silent.Send("GET /slow HTTP/1.1\r\nHost");
  EXPECT_EQ(silent.ReadAnswer().status, 408);
  EXPECT_TRUE(silent.AtEnd());
  // One that sends a byte now and then gets no more time.
  Client dripping = Connect();
  dripping.Send("GET /slow HTTP/1.1\r\nHost: h\r\nX: ");
  while (!dripping.Readable(5)) dripping.Send("x");
  const Answer answer = dripping.ReadAnswer();
  EXPECT_EQ(answer.status, 408);
  EXPECT_NE(answer.body.find(kReasonTooSlow), std::string::npos) << answer.body;
}

TEST_F(ServerTest, GivesUpOnABodyThatDoesNotEnd) {
  ServerOptions options;
  options.body_timeout = Millis{60};
  Start(options);
  Client client = Connect();
  client.Send(Request11("POST /slow", "Content-Length: 1000\r\n", "x"));
  while (!client.Readable(5)) client.Send("x");
  const Answer answer = client.ReadAnswer();
  EXPECT_EQ(answer.status, 408);
  EXPECT_NE(answer.body.find("|/slow|"), std::string::npos) << answer.body;
}

TEST_F(ServerTest, AnswersInPlaceOfAHandlerThatTakesTooLong) {
  std::latch go(1);
  std::latch destroyed(1);
  dispatcher_.On("/late", [&](Request&) {
    go.wait();
    Response response;
    response.body = std::make_unique<FunctionSource>(
        [](std::span<char>) { return Result<size_t>(0U); }, [&] { destroyed.count_down(); });
    return response;
  });
  dispatcher_.On("/mem", Echo);
  ServerOptions options;
  options.first_byte_timeout = Millis{60};
  Start(options);
  Client client = Connect();
  const Answer answer = client.Get("/late?x=1");
  EXPECT_EQ(answer.status, 503);
  EXPECT_NE(answer.body.find("|/late|id-of-/late"), std::string::npos) << answer.body;
  EXPECT_TRUE(client.AtEnd());
  go.count_down();
  destroyed.wait();  // the late answer is dropped
  Client other = Connect();
  EXPECT_EQ(other.Get("/mem").status, 200);
  const std::vector<Record> records = dispatcher_.WaitForRecords(2);
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0].target, "/late?x=1");
  EXPECT_EQ(records[0].outcome.status, 503);
  EXPECT_TRUE(records[0].error.has_value());
}

TEST_F(ServerTest, GivesUpOnAClientThatDoesNotRead) {
  dispatcher_.On("/mem/big", [](Request&) {
    return Response::Text(200, "text/plain", std::string(64 << 20, 'x'));
  });
  ServerOptions options;
  options.write_stall = Millis{60};
  Start(options);
  Client client(server_->port(), 4096);
  client.Send(Request11("GET /mem/big"));
  const Record record = dispatcher_.WaitForRecords(1)[0];
  EXPECT_FALSE(record.outcome.complete);
  EXPECT_GT(record.outcome.bytes_out, 0U);
  EXPECT_LT(record.outcome.bytes_out, 64U << 20);
  EXPECT_FALSE(client.ReadAnswer().whole);
}

}  // namespace
}  // namespace sluice::net::testing
