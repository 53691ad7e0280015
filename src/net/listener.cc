#include "net/listener.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>

#include <cerrno>
#include <system_error>

#include "base/log.h"

namespace sluice::net {
namespace {

using boost::asio::ip::tcp;

// Connections taken before the loop's other work gets its turn.
constexpr int kTakenInARow = 64;
// How long to let go of a listening socket that cannot be accepted from.
constexpr std::chrono::milliseconds kPause{100};

std::unexpected<Error> CannotListen(const std::string& host, uint16_t port,
                                    const boost::system::error_code& ec) {
  return Fail(Code::kInvalidArgument,
              fmt::format("cannot listen on {}:{}: {}", host, port, ec.message()));
}

}  // namespace

std::string EndpointText(const tcp::endpoint& endpoint) {
  const std::string address = endpoint.address().to_string();
  return endpoint.address().is_v6() ? fmt::format("[{}]:{}", address, endpoint.port())
                                    : fmt::format("{}:{}", address, endpoint.port());
}

Status Listener::Bind(const std::string& host, uint16_t port) {
  boost::system::error_code ec;
  const auto found =
      tcp::resolver(io_).resolve(host, std::to_string(port), tcp::resolver::passive, ec);
  if (ec || found.empty()) return CannotListen(host, port, ec);
  const tcp::endpoint endpoint = found.begin()->endpoint();
  if (!ec) acceptor_.open(endpoint.protocol(), ec);
  if (!ec) acceptor_.set_option(tcp::acceptor::reuse_address(true), ec);
  if (!ec) acceptor_.bind(endpoint, ec);
  if (!ec) acceptor_.listen(boost::asio::socket_base::max_listen_connections, ec);
  if (!ec) acceptor_.native_non_blocking(true, ec);
  if (!ec) local_ = acceptor_.local_endpoint(ec);
  if (ec) return CannotListen(host, port, ec);
  ::fcntl(acceptor_.native_handle(), F_SETFD, FD_CLOEXEC);
  return {};
}

void Listener::Start(OnConnection on_connection) {
  on_connection_ = std::move(on_connection);
  WaitForConnections();
}

void Listener::Close() {
  boost::system::error_code ignored;
  acceptor_.close(ignored);
  pause_.cancel();
}

void Listener::WaitForConnections() {
  acceptor_.async_wait(tcp::acceptor::wait_read, [this](const boost::system::error_code& ec) {
    if (!ec && acceptor_.is_open()) TakeAll();
  });
}

void Listener::TakeAll() {
  for (int taken = 0; taken < kTakenInARow; ++taken) {
    tcp::endpoint peer;
    auto size = static_cast<socklen_t>(peer.capacity());
    const int descriptor =
        ::accept4(acceptor_.native_handle(), peer.data(), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor >= 0) {
      peer.resize(size);
      on_connection_(descriptor, peer);
      continue;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) break;
    switch (errno) {
      // These leave the connection in the queue, where it would be reported again at once.
      case EMFILE:
      case ENFILE:
      case ENOBUFS:
      case ENOMEM: return Pause(errno);
      case EBADF:
      case EINVAL:
      case ENOTSOCK:
      case EOPNOTSUPP: return Pause(errno);
      default: break;  // about the one connection, which is gone
    }
  }
  WaitForConnections();
}

void Listener::Pause(int error) {
  log::Warn("cannot accept connections for now: {}", std::generic_category().message(error));
  pause_.expires_after(kPause);
  pause_.async_wait([this](const boost::system::error_code& ec) {
    if (!ec && acceptor_.is_open()) WaitForConnections();
  });
}

}  // namespace sluice::net
