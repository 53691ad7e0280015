#include "net/server.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "net/io_loop.h"
#include "net/listener.h"
#include "net/session.h"

namespace sluice::net {
namespace {

using boost::asio::ip::tcp;

// A server of many connections needs many descriptors; the soft limit of most systems is 1024.
void RaiseDescriptorLimit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

unsigned IoThreads(unsigned asked) {
  if (asked != 0) return asked;
  return std::max(1U, std::thread::hardware_concurrency());
}

class HttpServer final : public Server {
 public:
  HttpServer(const ServerOptions& options, Dispatcher& dispatcher, const Clock& clock,
             Metrics& metrics, std::shared_ptr<ssl_ctx_st> tls)
      : host_{options,
              dispatcher,
              clock,
              metrics,
              WorkerPool(options.workers, options.queue_limit),
              CurrentTls(std::move(tls))} {
    for (unsigned i = 0; i < IoThreads(options.io_threads); ++i) {
      loops_.push_back(std::make_unique<IoLoop>());
    }
    listener_ = std::make_unique<Listener>(loops_.front()->io);
    host_.on_closed = [this] { OnClosed(); };
  }

  ~HttpServer() override { Stop(); }

  Status Bind() { return listener_->Bind(host_.options.host, host_.options.port); }

  void Start() override {
    const std::lock_guard lock(life_);
    if (started_ || stopped_) return;
    started_ = true;
    boost::asio::post(loops_.front()->io, [this] {
      listener_->Start(
          [this](int descriptor, const tcp::endpoint& peer) { OnConnection(descriptor, peer); });
    });
    for (const auto& loop : loops_) {
      loop->thread = std::thread([io = &loop->io] { io->run(); });
    }
  }

  void Stop() override {
    const std::lock_guard lock(life_);
    if (std::exchange(stopped_, true)) return;
    if (!started_) {
      listener_->Close();
      host_.pool.Stop();
      return;
    }
    host_.draining = true;
    boost::asio::post(loops_.front()->io, [this] { listener_->Close(); });
    ForEachSession(&Session::Drain);
    WaitUntilClosed(host_.options.shutdown_grace);
    ForEachSession(&Session::Cut);
    host_.pool.Stop();
    // Workers have given back what they had before this is run; what still waits for one is over.
    ForEachSession(&Session::Abort);
    for (const auto& loop : loops_) loop->keep_running.reset();
    for (const auto& loop : loops_) loop->thread.join();
  }

  void ReplaceTls(std::shared_ptr<ssl_ctx_st> context) override {
    host_.tls.Set(std::move(context));
  }

  uint16_t port() const override { return listener_->local().port(); }

  std::string url() const override {
    const std::string& host = host_.options.host;
    const bool bare_v6 = host.find(':') != std::string::npos && !host.starts_with('[');
    return fmt::format("{}://{}{}{}:{}", host_.options.tls ? "https" : "http", bare_v6 ? "[" : "",
                       host, bare_v6 ? "]" : "", port());
  }

 private:
  // On the first loop.
  void OnConnection(int descriptor, const tcp::endpoint& peer) {
    if (connections_.fetch_add(1) >= host_.options.max_connections) {
      ::close(descriptor);
      host_.metrics.RequestRejected("connections");
      return OnClosed();
    }
    IoLoop& loop = *loops_[next_loop_++ % loops_.size()];
    tcp::socket socket(loop.io);
    boost::system::error_code ec;
    socket.assign(peer.protocol(), descriptor, ec);
    if (ec) {
      ::close(descriptor);
      return OnClosed();
    }
    auto start = [this, &loop, socket = std::move(socket), peer]() mutable {
      boost::system::error_code ignored;
      socket.set_option(tcp::no_delay(true), ignored);
      const tcp::endpoint local = socket.local_endpoint(ignored);
      if (host_.draining) {
        socket.close(ignored);
        return OnClosed();
      }
      std::make_shared<Session>(loop, host_, std::move(socket), EndpointText(peer),
                                EndpointText(local))
          ->Start();
    };
    boost::asio::dispatch(loop.io, std::move(start));
  }

  void OnClosed() {
    if (connections_.fetch_sub(1) != 1 || !host_.draining) return;
    const std::lock_guard lock(closed_mutex_);
    all_closed_.notify_all();
  }

  void WaitUntilClosed(Millis limit) {
    std::unique_lock lock(closed_mutex_);
    all_closed_.wait_for(lock, limit, [this] { return connections_ == 0; });
  }

  void ForEachSession(void (Session::*act)()) {
    for (const auto& loop : loops_) {
      boost::asio::post(loop->io, [act, loop = loop.get()] {
        // A session that closes leaves the list.
        const auto sessions = loop->sessions;
        for (const auto& session : sessions) ((*session).*act)();
      });
    }
  }

  SessionHost host_;
  std::vector<std::unique_ptr<IoLoop>> loops_;
  std::unique_ptr<Listener> listener_;
  size_t next_loop_ = 0;
  std::atomic<size_t> connections_{0};

  std::mutex closed_mutex_;
  std::condition_variable all_closed_;

  std::mutex life_;
  bool started_ = false;
  bool stopped_ = false;
};

}  // namespace

Result<std::unique_ptr<Server>> Server::Listen(ServerOptions options, Dispatcher& dispatcher,
                                               const Clock& clock, Metrics& metrics) {
  RaiseDescriptorLimit();
  // A client that is gone is seen by the return value of a write.
  std::signal(SIGPIPE, SIG_IGN);
  std::shared_ptr<ssl_ctx_st> tls;
  if (options.tls) tls = TRY(MakeTlsContext(*options.tls));
  auto server = std::make_unique<HttpServer>(options, dispatcher, clock, metrics, std::move(tls));
  TRY(server->Bind());
  return server;
}

}  // namespace sluice::net
