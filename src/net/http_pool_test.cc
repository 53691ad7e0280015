#include "net/http_pool.h"

#include <atomic>
#include <latch>
#include <set>
#include <thread>

#include "base/testing/matchers.h"
#include "net/testing/test_server.h"

namespace sluice::net::testing {
namespace {

// Answers with the peer's address: one for each connection.
class HttpPoolTest : public ServerTest {
 protected:
  HttpPoolTest() {
    dispatcher_.On(
        "/peer", [](Request& request) { return Response::Text(200, "text/plain", request.peer); });
    // Answers when as many requests as `together_` waits for are there.
    dispatcher_.On("/together", [this](Request& request) {
      together_.load()->arrive_and_wait();
      return Response::Text(200, "text/plain", request.peer);
    });
    Start();
  }
  std::string Call(HttpPool& pool, std::string_view path) {
    ClientRequest request;
    request.url = server_->url() + std::string(path);
    auto answer = pool.Call(request, KiB(1));
    return answer ? std::move(answer->body) : "error: " + answer.error().detail;
  }
  // The connections of `count` calls at the same time.
  std::set<std::string> CallTogether(HttpPool& pool, int count) {
    std::latch all(count);
    together_ = &all;
    std::mutex mutex;
    std::set<std::string> seen;
    std::vector<std::jthread> threads;
    for (int i = 0; i < count; ++i) {
      threads.emplace_back([&] {
        std::string peer = Call(pool, "/together");
        const std::lock_guard lock(mutex);
        seen.insert(std::move(peer));
      });
    }
    threads.clear();
    return seen;
  }

  std::atomic<std::latch*> together_{nullptr};
};

TEST_F(HttpPoolTest, OneCallAfterTheOtherUsesOneConnection) {
  HttpPool pool({.proxy = "none"});
  const std::string first = Call(pool, "/peer");
  EXPECT_TRUE(first.starts_with("127.0.0.1:")) << first;
  for (int i = 0; i < 20; ++i) EXPECT_EQ(Call(pool, "/peer"), first);
}

TEST_F(HttpPoolTest, CallsAtTheSameTimeHaveTheirOwnAndKeepThem) {
  HttpPool pool({.proxy = "none"});
  const std::set<std::string> first = CallTogether(pool, 16);
  EXPECT_EQ(first.size(), 16U);
  EXPECT_EQ(CallTogether(pool, 16), first);
}

TEST_F(HttpPoolTest, KeepsNoMoreThanItMay) {
  HttpPool pool({.proxy = "none"}, 2);
  const std::set<std::string> first = CallTogether(pool, 8);
  std::set<std::string> both = CallTogether(pool, 8);
  EXPECT_EQ(both.size(), 8U);
  both.insert(first.begin(), first.end());
  EXPECT_EQ(both.size(), 14U);  // two of the first were kept
}

TEST_F(HttpPoolTest, TheConnectionUsedLastComesFirst) {
  HttpPool pool({.proxy = "none"});
  CallTogether(pool, 4);
  const std::string peer = Call(pool, "/peer");
  for (int i = 0; i < 8; ++i) EXPECT_EQ(Call(pool, "/peer"), peer);
}

TEST_F(HttpPoolTest, ManyThreadsManyCalls) {
  HttpPool pool({.proxy = "none"}, 4);
  std::atomic<int> good{0};
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 16; ++i) {
      threads.emplace_back([&] {
        for (int n = 0; n < 50; ++n) good += Call(pool, "/peer").starts_with("127.0.0.1:") ? 1 : 0;
      });
    }
  }
  EXPECT_EQ(good, 16 * 50);
}

TEST_F(HttpPoolTest, AFailedCallSpoilsNothing) {
  HttpPool pool({.proxy = "none"});
  const std::string first = Call(pool, "/peer");
  ClientRequest request;
  request.url = "http://127.0.0.1:1/";
  EXPECT_THAT(pool.Call(request, KiB(1)), sluice::testing::IsError(Code::kUnavailable));
  EXPECT_EQ(Call(pool, "/peer"), first);
}

}  // namespace
}  // namespace sluice::net::testing
