#include "net/session.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <latch>

#include "base/testing/matchers.h"
#include "net/testing/test_server.h"

namespace sluice::net::testing {
namespace {

constexpr std::string_view kGet = " HTTP/1.1\r\nHost: localhost\r\n\r\n";

// ---- streamed bodies ----

class StreamTest : public ServerTest {};

TEST_F(StreamTest, ArriveWholeWhateverTheirPieces) {
  const std::string text = Pattern(1'500'000);
  dispatcher_.On("/large", [&](Request&) { return Stream(text, 1 << 20); });
  dispatcher_.On("/small", [&](Request&) { return Stream(text.substr(0, 100'000), 7); });
  dispatcher_.On("/tiny", [&](Request&) { return Stream("x", 1); });
  dispatcher_.On("/empty", [&](Request&) { return Stream("", 1); });
  dispatcher_.On("/mem", [&](Request&) { return Stream(text, 1 << 20); });
  Start();
  Client client = Connect();
  const std::pair<std::string, size_t> expected[] = {{"/large", text.size()},
                                                     {"/small", 100'000},
                                                     {"/tiny", 1},
                                                     {"/empty", 0},
                                                     {"/mem", text.size()}};
  for (const auto& [path, size] : expected) {
    const Answer answer = client.Get(path);
    EXPECT_TRUE(answer.chunked) << path;
    EXPECT_TRUE(answer.whole) << path;
    EXPECT_TRUE(answer.body == text.substr(0, path == "/tiny" ? 0 : size) || path == "/tiny")
        << path;
    EXPECT_EQ(answer.body.size(), size) << path;
    EXPECT_EQ(answer.headers.Find("Content-Length"), std::nullopt);
  }
  EXPECT_EQ(dispatcher_.WaitForRecords(1)[0].outcome.bytes_out, text.size());
}

TEST_F(StreamTest, WhatARequestHoldsOutlivesItsBody) {
  std::atomic<bool> alive_at_the_end = false;
  dispatcher_.On("/held", [&](Request& request) {
    auto held = std::make_shared<int>(0);
    Response response;
    response.body = std::make_unique<FunctionSource>(
        [](std::span<char>) -> Result<size_t> { return 0U; },
        [&, weak = std::weak_ptr<int>(held)] { alive_at_the_end = !weak.expired(); });
    request.held = std::move(held);
    return response;
  });
  Start();
  EXPECT_EQ(Connect().Get("/held").status, 200);
  server_->Stop();
  EXPECT_TRUE(alive_at_the_end);
}

TEST_F(StreamTest, AnErrorInTheMiddleLeavesTheAnswerOpen) {
  dispatcher_.On("/fails", [](Request&) {
    Response response;
    response.body = std::make_unique<FunctionSource>(
        [calls = 0](std::span<char> out) mutable -> Result<size_t> {
          if (++calls > 3) return Fail(Code::kCorrupt, "broken", "page 4");
          std::fill(out.begin(), out.end(), 'x');
          return out.size();
        });
    return response;
  });
  Start();
  Client client = Connect();
  const Answer answer = client.Get("/fails");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body.size(), 3U * 65536);
  EXPECT_FALSE(answer.whole);
  EXPECT_TRUE(client.AtEnd());
  const Record record = dispatcher_.WaitForRecords(1)[0];
  EXPECT_FALSE(record.outcome.complete);
  EXPECT_EQ(record.outcome.bytes_out, 3U * 65536);
  EXPECT_EQ(record.error.value().detail, "page 4");
}

TEST_F(StreamTest, AnErrorBeforeTheFirstByteIsAnAnswer) {
  dispatcher_.On("/fails", [](Request&) {
    Response response;
    response.body = std::make_unique<FunctionSource>([](std::span<char>) -> Result<size_t> {
      return Fail(Code::kCorrupt, "broken table", "page 1");
    });
    return response;
  });
  Start();
  Client client = Connect();
  const Answer answer = client.Get("/fails");
  EXPECT_EQ(answer.status, 422);
  EXPECT_TRUE(answer.body.starts_with("broken table|")) << answer.body;
  EXPECT_EQ(dispatcher_.WaitForRecords(1)[0].error.value().detail, "page 1");
}

TEST_F(StreamTest, AClientThatGoesEndsTheSource) {
  std::latch destroyed(1);
  dispatcher_.On("/endless", [&](Request&) {
    Response response;
    response.body = std::make_unique<FunctionSource>(
        [](std::span<char> out) {
          std::fill(out.begin(), out.end(), 'x');
          return Result<size_t>(out.size());
        },
        [&] { destroyed.count_down(); });
    return response;
  });
  Start();
  Client client = Connect();
  client.Send("GET /endless" + std::string(kGet));
  ASSERT_TRUE(client.Receive());
  client.Reset();
  destroyed.wait();
  const Record record = dispatcher_.WaitForRecords(1)[0];
  EXPECT_EQ(record.outcome.status, 200);
  EXPECT_FALSE(record.outcome.complete);
}

// A client that does not read must not make the server produce on and on.
TEST_F(StreamTest, AClientThatDoesNotReadStopsTheSource) {
  std::atomic<size_t> produced{0};
  dispatcher_.On("/endless", [&](Request&) {
    Response response;
    response.body = std::make_unique<FunctionSource>([&](std::span<char> out) {
      std::fill(out.begin(), out.end(), 'x');
      produced += out.size();
      return Result<size_t>(out.size());
    });
    return response;
  });
  ServerOptions options;
  options.write_stall = Millis{100};
  Start(options);
  Client client(server_->port(), 4096);
  client.Send("GET /endless" + std::string(kGet));
  const Record record = dispatcher_.WaitForRecords(1)[0];
  EXPECT_FALSE(record.outcome.complete);
  EXPECT_LE(produced, record.outcome.bytes_out + 2 * 65536);
}

// ---- files ----

// A file that is nowhere in the file system.
int MemoryFile(const std::string& text) {
  const int fd = ::memfd_create("body", MFD_CLOEXEC);
  size_t written = 0;
  while (written < text.size()) {
    const ssize_t n = ::write(fd, text.data() + written, text.size() - written);
    if (n <= 0) break;
    written += static_cast<size_t>(n);
  }
  EXPECT_EQ(written, text.size());
  return fd;
}

class FileTest : public ServerTest, public ::testing::WithParamInterface<bool> {
 protected:
  void SetUp() override {
    dispatcher_.On("/file", [this](Request& request) {
      const auto number = [&](std::string_view name) {
        return std::stoull(std::string(request.query.Find(name).value()));
      };
      Response response;
      response.body = FileBody(::dup(fd_), number("from"), number("size"));
      return response;
    });
    ServerOptions options;
    if (GetParam()) options.tls = TlsOptions{.self_signed = true};
    Start(options);
    client_ = std::make_unique<Client>(server_->port());
    ASSERT_TRUE(!GetParam() || client_->StartTls(context_.get()));
  }
  void TearDown() override { ::close(fd_); }

  static std::string Path(size_t from, size_t size) {
    return "/file?from=" + std::to_string(from) + "&size=" + std::to_string(size);
  }

  const std::string text_ = Pattern(5 << 20);
  const int fd_ = MemoryFile(text_);
  std::shared_ptr<SSL_CTX> context_{SSL_CTX_new(TLS_client_method()), SSL_CTX_free};
  std::unique_ptr<Client> client_;
};

TEST_P(FileTest, RangesArriveAsTheyAre) {
  const std::pair<size_t, size_t> ranges[] = {{0, 0},
                                              {0, 1},
                                              {100, 65536},
                                              {7, 65537},
                                              {0, 5 << 20},
                                              {3 << 20, 2 << 20},
                                              {1'000'001, 3'000'000}};
  for (const auto& [from, size] : ranges) {
    const Answer answer = client_->Get(Path(from, size));
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.headers.Find("Content-Length"), std::to_string(size));
    EXPECT_TRUE(answer.body == text_.substr(from, size)) << from << "+" << size;
  }
  const std::vector<Record> records = dispatcher_.WaitForRecords(std::size(ranges));
  EXPECT_EQ(records[4].outcome.bytes_out, 5U << 20);
  EXPECT_TRUE(records[4].outcome.complete);
}

TEST_P(FileTest, HeadSendsTheLengthOnly) {
  client_->Send("HEAD " + Path(10, 4 << 20) + std::string(kGet));
  EXPECT_EQ(client_->ReadAnswer(Method::kHead).headers.Find("Content-Length"),
            std::to_string(4 << 20));
  EXPECT_EQ(client_->Get(Path(0, 3)).body, text_.substr(0, 3));
}

TEST_P(FileTest, AFileThatBecameShorterBreaksTheConnection) {
  const Answer cut = client_->Get(Path(4 << 20, 2 << 20));
  EXPECT_EQ(cut.status, 200);
  EXPECT_FALSE(cut.whole);
  EXPECT_LE(cut.body.size(), 1U << 20);
  const Record record = dispatcher_.WaitForRecords(1)[0];
  EXPECT_FALSE(record.outcome.complete);
  EXPECT_EQ(record.error.value().detail, "the file became shorter");
}

TEST_P(FileTest, ASmallFileThatIsTooShortIsAnErrorAnswer) {
  EXPECT_EQ(client_->Get(Path((5 << 20) - 10, 20)).status, 503);
}

TEST_P(FileTest, AClientThatGoesEndsTheAnswer) {
  client_->Send("GET " + Path(0, 5 << 20) + std::string(kGet));
  ASSERT_TRUE(client_->Receive());
  client_->Reset();
  EXPECT_EQ(dispatcher_.WaitForRecords(1)[0].outcome.status, 200);
}

INSTANTIATE_TEST_SUITE_P(Plain, FileTest, ::testing::Values(false));
INSTANTIATE_TEST_SUITE_P(Tls, FileTest, ::testing::Values(true));

TEST_F(ServerTest, AFileForAClientThatDoesNotReadStalls) {
  const std::string text = Pattern(64 << 20);
  dispatcher_.On("/file", [&](Request&) {
    Response response;
    response.body = FileBody(MemoryFile(text), 0, text.size());
    return response;
  });
  ServerOptions options;
  options.write_stall = Millis{100};
  Start(options);
  Client client(server_->port(), 4096);
  client.Send("GET /file" + std::string(kGet));
  const Record record = dispatcher_.WaitForRecords(1)[0];
  EXPECT_FALSE(record.outcome.complete);
  EXPECT_GT(record.outcome.bytes_out, 0U);
  EXPECT_LT(record.outcome.bytes_out, text.size());
}

}  // namespace
}  // namespace sluice::net::testing
