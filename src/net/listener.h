// net/listener.h -- the listening socket: takes connections as they come, and never spins.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <string>

#include "base/result.h"

namespace sluice::net {

// "127.0.0.1:50312", "[::1]:50312".
std::string EndpointText(const boost::asio::ip::tcp::endpoint& endpoint);

class Listener {
 public:
  // Owns `descriptor`, a connected socket, once it is called.
  using OnConnection =
      std::function<void(int descriptor, const boost::asio::ip::tcp::endpoint& peer)>;

  explicit Listener(boost::asio::io_context& io) : io_(io), acceptor_(io), pause_(io) {}

  // Errors: kInvalidArgument  no such host, no right to the port, or the port is in use
  Status Bind(const std::string& host, uint16_t port);
  boost::asio::ip::tcp::endpoint local() const { return local_; }

  // The rest is for the thread of `io`.
  void Start(OnConnection on_connection);
  void Close();

 private:
  void WaitForConnections();
  void TakeAll();
  void Pause(int error);

  boost::asio::io_context& io_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer pause_;  // while the process has no descriptors left
  boost::asio::ip::tcp::endpoint local_;
  OnConnection on_connection_;
};

}  // namespace sluice::net
