#include "net/server.h"

#include <sys/resource.h>

#include <atomic>
#include <latch>
#include <thread>

#include "base/log.h"
#include "base/testing/matchers.h"
#include "net/testing/test_server.h"

namespace sluice::net::testing {
namespace {

using sluice::testing::IsError;

// ---- requests and answers ----

TEST_F(ServerTest, AnswersRequestsOnOneConnection) {
  dispatcher_.On("/mem", [](Request&) { return Response::Text(200, "text/plain", "memory"); });
  dispatcher_.On("/work", [](Request& request) {
    return Response::Text(201, "a/b",
                          request.peer + " " + request.local + " " +
                              std::string(request.query.Find("q").value_or("")));
  });
  Start();
  Client client = Connect();
  const Answer first = client.Get("/mem");
  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(first.body, "memory");
  EXPECT_EQ(first.headers.Find("Content-Type"), "text/plain");
  EXPECT_EQ(first.headers.Find("Content-Length"), "6");
  EXPECT_TRUE(first.headers.Find("Date")->ends_with(" GMT"));
  EXPECT_EQ(first.headers.Find("Connection"), std::nullopt);
  const Answer second = client.Get("/work?q=x%20y");
  EXPECT_EQ(second.status, 201);
  EXPECT_TRUE(second.body.starts_with("127.0.0.1:")) << second.body;
  EXPECT_TRUE(second.body.ends_with(std::to_string(server_->port()) + " x y")) << second.body;
  EXPECT_EQ(client.Get("/none").status, 404);
  EXPECT_EQ(server_->url(), "http://127.0.0.1:" + std::to_string(server_->port()));

  const std::vector<Record> records = dispatcher_.WaitForRecords(3);
  EXPECT_EQ(records[0].target, "/mem");
  EXPECT_EQ(records[0].outcome.status, 200);
  EXPECT_EQ(records[0].outcome.bytes_out, 6U);
  EXPECT_TRUE(records[0].outcome.complete);
}

TEST_F(ServerTest, ClosesWhenTheClientOrTheHandlerAsksForIt) {
  dispatcher_.On("/mem/close", [](Request&) {
    Response response = Response::Text(200, "text/plain", "bye");
    response.close = true;
    return response;
  });
  dispatcher_.On("/mem", Echo);
  Start();
  Client by_handler = Connect();
  EXPECT_EQ(by_handler.Get("/mem/close").headers.Find("Connection"), "close");
  EXPECT_TRUE(by_handler.AtEnd());
  Client by_client = Connect();
  by_client.Send(Request11("GET /mem", "Connection: close\r\n"));
  EXPECT_EQ(by_client.ReadAnswer().headers.Find("Connection"), "close");
  EXPECT_TRUE(by_client.AtEnd());
}

TEST_F(ServerTest, AnswersAClientThatHasFinishedSending) {
  dispatcher_.On("/work", Echo);
  Start();
  Client client = Connect();
  client.Send(Request11("GET /work"));
  client.FinishSending();
  EXPECT_EQ(client.ReadAnswer().status, 200);
  EXPECT_TRUE(client.AtEnd());
}

TEST_F(ServerTest, SpeaksHttp10) {
  dispatcher_.On("/mem", [](Request&) { return Response::Text(200, "text/plain", "x"); });
  dispatcher_.On("/stream", [](Request&) { return Stream(Pattern(200'000), 5000); });
  Start();
  Client client = Connect();
  client.Send("GET /mem HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(client.ReadAnswer().headers.Find("Connection"), "keep-alive");
  client.Send("GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  const Answer streamed = client.ReadAnswer();
  EXPECT_FALSE(streamed.chunked);
  EXPECT_EQ(streamed.headers.Find("Connection"), "close");
  EXPECT_EQ(streamed.body, Pattern(200'000));
  Client plain = Connect();
  plain.Send("GET /mem HTTP/1.0\r\n\r\n");
  EXPECT_EQ(plain.ReadAnswer().body, "x");
  EXPECT_TRUE(plain.AtEnd());
}

TEST_F(ServerTest, HeadAndEmptyAnswersHaveNoBody) {
  dispatcher_.On("/mem/text", [](Request&) { return Response::Text(200, "t/p", "hello"); });
  dispatcher_.On("/mem/static", [](Request&) {
    Response response;
    response.body = StaticBody{"hello, world"};
    return response;
  });
  dispatcher_.On("/mem/known", [](Request&) {
    Response response;
    response.head_length = 123456;
    return response;
  });
  dispatcher_.On("/mem/stream", [](Request&) { return Stream("abc", 1); });
  dispatcher_.On("/mem/204", [](Request&) { return Response{.status = 204}; });
  dispatcher_.On("/mem/304", [](Request&) { return Response{.status = 304}; });
  Start();
  Client client = Connect();
  const auto head = [&](std::string_view path) {
    client.Send(Request11("HEAD " + std::string(path)));
    const Answer answer = client.ReadAnswer(Method::kHead);
    return std::string(answer.headers.Find("Content-Length").value_or("none"));
  };
  EXPECT_EQ(head("/mem/text"), "5");
  EXPECT_EQ(head("/mem/static"), "12");
  EXPECT_EQ(head("/mem/known"), "123456");
  EXPECT_EQ(head("/mem/stream"), "none");
  EXPECT_EQ(client.Get("/mem/204").headers.Find("Content-Length"), std::nullopt);
  EXPECT_EQ(client.Get("/mem/304").status, 304);
  EXPECT_EQ(client.Get("/mem/static").body, "hello, world");
  EXPECT_EQ(client.Get("/mem/text").body, "hello");  // nothing was left in between
}

TEST_F(ServerTest, AnswersPipelinedRequestsInOrder) {
  dispatcher_.On("/work", Echo);
  dispatcher_.On("/mem", Echo);
  Start();
  Client client = Connect();
  std::string requests;
  for (int i = 0; i < 300; ++i) {
    const std::string body = "n" + std::to_string(i);
    requests += Request11(i % 3 == 0 ? "POST /work" : "POST /mem",
                          "Content-Length: " + std::to_string(body.size()) + "\r\n", body) +
                (i % 5 == 0 ? "\r\n" : "");
  }
  std::thread sender([&] { EXPECT_TRUE(client.Send(requests)); });
  for (int i = 0; i < 300; ++i) ASSERT_EQ(client.ReadAnswer().body, "n" + std::to_string(i));
  sender.join();
}

TEST_F(ServerTest, ReadsBodiesOfBothFramings) {
  dispatcher_.On("/work", Echo);
  Start();
  Client client = Connect();
  const std::string body = Pattern(2 << 20);
  client.Send(Request11("POST /work", "Content-Length: " + std::to_string(body.size()) + "\r\n"));
  client.Send(body);
  EXPECT_EQ(client.ReadAnswer().body, body);
  client.Send(Request11("POST /work", "Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n"));
  client.Send("2\r\nde\r\n0\r\n\r");
  client.Send("\n");
  EXPECT_EQ(client.ReadAnswer().body, "abcde");
}

TEST_F(ServerTest, TellsAClientThatAsksToGoOn) {
  dispatcher_.On("/work", Echo);
  Start();
  Client client = Connect();
  client.Send(Request11("POST /work", "Content-Length: 3\r\nExpect: 100-continue\r\n"));
  EXPECT_EQ(client.ReadAnswer().status, 100);
  client.Send("abc");
  EXPECT_EQ(client.ReadAnswer().body, "abc");
  // A client that did not wait is not told.
  client.Send(Request11("POST /work", "Content-Length: 3\r\nExpect: 100-continue\r\n", "abc"));
  EXPECT_EQ(client.ReadAnswer().status, 200);
}

// ---- many connections ----

TEST_F(ServerTest, ServesBesideManyIdleConnections) {
  dispatcher_.On("/work", Echo);
  Start();
  std::vector<Client> idle;
  for (int i = 0; i < 2000; ++i) {
    idle.push_back(Connect());
    if (i % 2 == 0) idle.back().Send("GET /work HTTP/1.1\r\nHo");  // half a request
  }
  Client client = Connect();
  EXPECT_EQ(client.Get("/work").status, 200);
  idle[1000].Send("st: h\r\n\r\n");
  EXPECT_EQ(idle[1000].ReadAnswer().status, 200);
  EXPECT_EQ(idle[1999].Get("/work").status, 200);
}

TEST_F(ServerTest, GoesOnAcceptingAfterDescriptorsRanOut) {
  dispatcher_.On("/mem", Echo);
  Start();
  Client first = Connect();
  EXPECT_EQ(first.Get("/mem").status, 200);
  // UBSan looks at a type through a pipe the first time it sees it, which the limit would break.
  log::Warn("descriptors are about to run out");
  Client late(0);
  rlimit old{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &old), 0);
  const rlimit none{static_cast<rlim_t>(late.fd()), old.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  EXPECT_TRUE(late.Connect(server_->port()));  // by the kernel; the server cannot accept it
  EXPECT_EQ(first.Get("/mem").status, 200);    // and is not hurt by that
  late.Send(Request11("GET /mem"));
  EXPECT_FALSE(late.Readable(0));
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &old), 0);
  EXPECT_EQ(late.ReadAnswer().status, 200);
}

// ---- start and stop ----

TEST_F(ServerTest, APortInUseIsAnErrorOfListen) {
  Start();
  ServerOptions options;
  options.port = server_->port();
  EXPECT_THAT(Server::Listen(options, dispatcher_, clock_, metrics_),
              IsError(Code::kInvalidArgument, "cannot listen"));
  options.host = "no.such.host.invalid";
  EXPECT_THAT(Server::Listen(options, dispatcher_, clock_, metrics_),
              IsError(Code::kInvalidArgument));
}

TEST_F(ServerTest, StopsWithoutStartAndTwice) {
  auto server = Server::Listen({}, dispatcher_, clock_, metrics_);
  ASSERT_TRUE(server.has_value());
  (*server)->Stop();
  (*server)->Start();
  (*server)->Stop();
  Start();
  server_->Stop();
  server_->Stop();
}

TEST_F(ServerTest, StopLetsRunningAnswersEnd) {
  std::latch running(1);
  std::latch go(1);
  dispatcher_.On("/work", [&](Request& request) {
    running.count_down();
    go.wait();
    return Echo(request);
  });
  dispatcher_.On("/mem", Echo);
  Start();
  Client busy = Connect();
  Client idle = Connect();
  EXPECT_EQ(idle.Get("/mem").status, 200);
  busy.Send(Request11("GET /work"));
  running.wait();
  std::thread stopper([&] { server_->Stop(); });
  EXPECT_TRUE(idle.AtEnd());  // idle ones are closed while the answer still runs
  go.count_down();
  const Answer answer = busy.ReadAnswer();
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.headers.Find("Connection"), "close");
  EXPECT_TRUE(busy.AtEnd());
  stopper.join();
  Client after(0);
  EXPECT_FALSE(after.Connect(server_->port()));
}

TEST_F(ServerTest, StopCutsWhatDoesNotEndInTime) {
  std::latch go(1);
  std::latch running(1);
  dispatcher_.On("/handler", [&](Request& request) {
    running.count_down();
    go.wait();
    return Echo(request);
  });
  dispatcher_.On("/waits", Echo);
  dispatcher_.On("/mem/big", [](Request&) {
    return Response::Text(200, "text/plain", std::string(64 << 20, 'x'));
  });
  ServerOptions options;
  options.shutdown_grace = Millis{50};
  options.workers = 1;
  Start(options);
  Client handler = Connect();
  handler.Send(Request11("GET /handler"));
  running.wait();
  Client waits = Connect();
  waits.Send(Request11("GET /waits"));
  Client slow(server_->port(), 4096);
  slow.Send(Request11("GET /mem/big"));
  ASSERT_TRUE(slow.Readable(60'000));
  std::thread stopper([&] { server_->Stop(); });
  EXPECT_FALSE(slow.ReadAnswer().whole);
  EXPECT_TRUE(handler.AtEnd());
  go.count_down();
  stopper.join();
  EXPECT_TRUE(waits.AtEnd());
  for (const Record& record : dispatcher_.WaitForRecords(3)) {
    EXPECT_FALSE(record.outcome.complete) << record.target;
  }
}

}  // namespace
}  // namespace sluice::net::testing
