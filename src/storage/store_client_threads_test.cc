// StoreClient with real threads and a real network; its rules are tested in store_client_test.cc.
#include <atomic>
#include <latch>
#include <string>
#include <thread>
#include <vector>

#include "base/testing/matchers.h"
#include "net/testing/socket_server.h"
#include "storage/store_client.h"

namespace sluice::storage {
namespace {

using sluice::testing::IsError;
using sluice::testing::IsOk;
using ::testing::HasSubstr;

Result<net::ClientResponse> Good() {
  net::ClientResponse response;
  response.status = 200;
  return response;
}

// ---- bulkhead ----

TEST(StoreClientBulkhead, TurnsAwayWhatIsTooMuch) {
  Metrics metrics;
  SecureRandom random;
  StoreLimits limits;
  limits.max_requests = 2;
  limits.max_waiters = 1;
  std::latch inside(2);
  std::latch go(1);
  std::atomic<int> sent{0};
  StoreGround ground;
  ground.sleep = [](Millis) {};
  ground.send = [&](const net::ClientRequest&, ByteCount) {
    if (++sent <= 2) {
      inside.count_down();
      go.wait();
    }
    return Good();
  };
  StoreClient client("lake", ground, limits, random, metrics);
  StoreCall call;
  call.operation = "list";
  call.prepare = []() -> Result<net::ClientRequest> { return net::ClientRequest{}; };
  call.judge = [](const net::ClientResponse&) { return Verdict::kFinal; };

  std::atomic<int> good{0};
  std::latch refused(2);
  std::vector<std::jthread> threads;
  const auto run = [&] {
    const auto answer = client.Run(call);
    if (answer.has_value()) {
      ++good;
    } else {
      EXPECT_THAT(answer,
                  IsError(Code::kUnavailable,
                          "too many requests wait for the storage of the table, try again"));
      refused.count_down();
    }
  };
  for (int i = 0; i < 2; ++i) threads.emplace_back(run);
  inside.wait();
  EXPECT_THAT(metrics.Render(), HasSubstr("sluice_store_requests_in_flight{store=\"lake\"} 2"));
  for (int i = 0; i < 3; ++i) threads.emplace_back(run);  // one may wait
  refused.wait();
  go.count_down();
  threads.clear();
  EXPECT_EQ(good, 3);
  EXPECT_EQ(sent, 3);
  EXPECT_THAT(metrics.Render(), HasSubstr("sluice_store_requests_in_flight{store=\"lake\"} 0"));
  EXPECT_THAT(metrics.Render(),
              HasSubstr("sluice_store_rejected_total{reason=\"bulkhead\",store=\"lake\"} 2"));
}

TEST(StoreClientBulkhead, WhoWaitsLosesPatienceWithTheCall) {
  Metrics metrics;
  SecureRandom random;
  StoreLimits limits;
  limits.max_requests = 1;
  limits.total_timeout = Millis(20);
  std::latch inside(1);
  std::latch go(1);
  StoreGround ground;
  ground.sleep = [](Millis) {};
  ground.send = [&](const net::ClientRequest&, ByteCount) {
    inside.count_down();
    go.wait();
    return Good();
  };
  StoreClient client("lake", ground, limits, random, metrics);
  StoreCall call;
  call.operation = "list";
  call.prepare = []() -> Result<net::ClientRequest> { return net::ClientRequest{}; };
  call.judge = [](const net::ClientResponse&) { return Verdict::kFinal; };
  std::jthread holder([&] { EXPECT_THAT(client.Run(call), IsOk()); });
  inside.wait();
  EXPECT_THAT(client.Run(call), IsError(Code::kUnavailable, "too many requests wait"));
  go.count_down();
}

TEST(StoreClientBulkhead, ARepetitionThatFindsNoPlaceEndsWithTheAnswerBefore) {
  Metrics metrics;
  SecureRandom random;
  StoreLimits limits;
  limits.max_requests = 1;
  limits.total_timeout = std::chrono::hours(1);
  limits.retry_window = Millis(20);
  limits.first_backoff = Millis(0);
  std::atomic<int> sent{0};
  std::latch inside(1);
  std::latch go(1);
  std::jthread other;
  StoreGround ground;
  ground.now = [] { return StoreGround::Instant(); };  // so the window never ends by itself
  ground.sleep = [](Millis) {};
  ground.send = [&](const net::ClientRequest&, ByteCount) {
    auto answer = Good();
    if (++sent == 1) {
      answer->status = 503;
    } else {
      inside.count_down();
      go.wait();
    }
    return answer;
  };
  StoreClient client("lake", ground, limits, random, metrics);
  StoreCall call;
  call.operation = "list";
  call.prepare = []() -> Result<net::ClientRequest> { return net::ClientRequest{}; };
  call.judge = [&](const net::ClientResponse& response) {
    if (response.status == 200) return Verdict::kFinal;
    // From here on somebody else waits for the place, and gets it first.
    other = std::jthread([&] { EXPECT_THAT(client.Run(call), IsOk()); });
    while (client.waiting() == 0) std::this_thread::yield();
    return Verdict::kRetry;
  };
  const auto answer = client.Run(call);
  ASSERT_THAT(answer, IsOk());
  EXPECT_EQ(answer->status, 503);
  EXPECT_THAT(metrics.Render(),
              HasSubstr("sluice_store_rejected_total{reason=\"bulkhead\",store=\"lake\"} 1"));
  inside.wait();
  go.count_down();
  other.join();
}

// ---- over the network ----

TEST(StoreClientOverNetwork, RepeatsUntilThereIsAnAnswer) {
  Metrics metrics;
  SecureRandom random;
  StoreLimits limits;
  limits.first_backoff = Millis(0);
  std::atomic<int> requests{0};
  net::testing::SocketServer server([&](net::testing::Socket& socket) {
    if (!socket.TakeUntil("\r\n\r\n")) return;
    const int number = ++requests;
    if (number == 1) return;
    if (number == 2) socket.Send("HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\n\r\n");
    if (number == 3) socket.Send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab");
    if (number == 4) socket.Send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabcd");
  });
  StoreClient client("lake", net::ClientOptions{.proxy = "none"}, limits, random, metrics);
  StoreCall call;
  call.operation = "read";
  call.limit = KiB(1);
  call.prepare = [&]() -> Result<net::ClientRequest> {
    net::ClientRequest request;
    request.url = "http://127.0.0.1:" + std::to_string(server.port()) + "/";
    return request;
  };
  call.judge = [](const net::ClientResponse& response) {
    return response.status == 503 ? Verdict::kRetry : Verdict::kFinal;
  };
  const auto answer = client.Run(call);
  ASSERT_THAT(answer, IsOk());
  EXPECT_EQ(answer->body, "abcd");
  EXPECT_EQ(requests, 4);
}

}  // namespace
}  // namespace sluice::storage
