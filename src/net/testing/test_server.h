// net/testing/test_server.h -- a real server over handlers that a test writes down.
#pragma once

#include <gtest/gtest.h>

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "net/server.h"
#include "net/testing/test_client.h"

namespace sluice::net::testing {

// What Finished was told.
struct Record {
  std::string target;
  Outcome outcome;
  std::optional<Error> error;
};

// Paths under /mem answer on the I/O thread, all others on the pool.
class TestDispatcher final : public Dispatcher {
 public:
  using Function = std::function<Response(Request&)>;

  void On(std::string path, Function function) {
    functions_[std::move(path)] = std::move(function);
  }

  bool Prepare(Request& request) override {
    request.id = "id-of-" + request.path;
    request.held = held;
    return request.path.starts_with("/mem");
  }
  Response Handle(Request& request) override {
    const auto found = functions_.find(request.path);
    if (found == functions_.end()) return Response::Text(404, "text/plain", "no " + request.path);
    return found->second(request);
  }
  Response Reject(Request& request, const Error& error) override {
    // Late answers too: their request is a copy.
    EXPECT_EQ(request.held, request.id.empty() ? nullptr : held);
    return Response::Text(
        HttpStatus(error.code), "text/plain",
        error.message + "|" + std::string(error.reason) + "|" + request.path + "|" + request.id);
  }
  void Finished(const Request& request, const Response& response, const Outcome& outcome) override {
    const std::lock_guard lock(mutex_);
    records_.push_back({request.target, outcome, response.error});
    changed_.notify_all();
  }

  // What each request holds. Set before the server starts.
  std::shared_ptr<const void> held = std::make_shared<int>(0);

  // The first `count` records, once they are there.
  std::vector<Record> WaitForRecords(size_t count) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, std::chrono::seconds(60),
                           [&] { return records_.size() >= count; })) {
      ADD_FAILURE() << "only " << records_.size() << " of " << count << " requests were finished";
      records_.resize(count);
    }
    return records_;
  }

 private:
  std::map<std::string, Function> functions_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Record> records_;
};

// A body out of a function; tells when it is destroyed.
class FunctionSource final : public BodySource {
 public:
  using Function = std::function<Result<size_t>(std::span<char>)>;
  explicit FunctionSource(Function next, std::function<void()> on_end = {})
      : next_(std::move(next)), on_end_(std::move(on_end)) {}
  ~FunctionSource() override {
    if (on_end_) on_end_();
  }
  Result<size_t> Next(std::span<char> out) override { return next_(out); }

 private:
  Function next_;
  std::function<void()> on_end_;
};

// `size` bytes that are different from their neighbours far and wide.
inline std::string Pattern(size_t size) {
  std::string text(size, '\0');
  for (size_t i = 0; i < size; ++i) text[i] = static_cast<char>((i * 2654435761U) >> 13);
  return text;
}

// Streams `text`, at most `piece` bytes a call.
inline Response Stream(std::string text, size_t piece) {
  Response response;
  response.body = std::make_unique<FunctionSource>(
      [text = std::move(text), piece, at = size_t{0}](std::span<char> out) mutable {
        const size_t n = text.copy(out.data(), std::min(piece, out.size()), at);
        at += n;
        return Result<size_t>(n);
      });
  return response;
}

inline constexpr std::string_view kHost = " HTTP/1.1\r\nHost: localhost\r\n";

// A whole request around a first line like "GET /x".
inline std::string Request11(std::string_view line, std::string_view fields = {},
                             std::string_view body = {}) {
  return std::string(line).append(kHost).append(fields).append("\r\n").append(body);
}

inline Response Echo(Request& request) { return Response::Text(200, "text/plain", request.body); }

class ServerTest : public ::testing::Test {
 protected:
  void Start(ServerOptions options = {}) {
    if (options.io_threads == 0) options.io_threads = 2;
    auto server = Server::Listen(std::move(options), dispatcher_, clock_, metrics_);
    ASSERT_TRUE(server.has_value()) << server.error().message << server.error().detail;
    server_ = std::move(*server);
    server_->Start();
  }
  Client Connect() { return Client(server_->port()); }

  SystemClock clock_;
  Metrics metrics_;
  TestDispatcher dispatcher_;
  std::unique_ptr<Server> server_;
};

}  // namespace sluice::net::testing
