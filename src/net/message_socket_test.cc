#include "net/message_socket.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/testing/matchers.h"

namespace sluice::net {
namespace {

using ::sluice::testing::IsError;
using ::sluice::testing::IsOk;

TEST(MessageTarget, IsRead) {
  using Kind = MessageTarget::Kind;
  const auto udp = ParseMessageTarget("udp://logs.example.org:514");
  ASSERT_THAT(udp, IsOk());
  EXPECT_EQ(udp->kind, Kind::kUdp);
  EXPECT_EQ(udp->host, "logs.example.org");
  EXPECT_EQ(udp->port, 514);
  EXPECT_EQ(ParseMessageTarget("tcp://127.0.0.1:1/")->kind, Kind::kTcp);
  EXPECT_EQ(ParseMessageTarget("tls://[::1]:6514")->host, "[::1]");
  EXPECT_EQ(ParseMessageTarget("unix:/dev/log")->host, "/dev/log");
  EXPECT_EQ(ParseMessageTarget("unix:///dev/log")->host, "/dev/log");
}

TEST(MessageTarget, IsRefused) {
  for (const std::string& bad :
       {std::string(), std::string("logs:514"), std::string("http://a:1"), std::string("udp://"),
        std::string("udp://a"), std::string("udp://a:"), std::string("udp://a:0"),
        std::string("udp://a:65536"), std::string("udp://a:-1"), std::string("udp://a:1x"),
        std::string("udp://:514"), std::string("udp://[::1]"), std::string("udp://a b:1"),
        std::string("tcp://u:p@h:1"), std::string("tcp://h/x:1"), std::string("unix:"),
        std::string("unix:log"), "unix:/" + std::string(200, 'x'), std::string("UDP://a:1")}) {
    EXPECT_THAT(ParseMessageTarget(bad), IsError(Code::kInvalidArgument)) << bad;
  }
}

// A listener on a port of this machine.
class Listener {
 public:
  explicit Listener(int type) : fd_(::socket(AF_INET, type, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(fd_, reinterpret_cast<sockaddr*>(&address), size), 0);
    if (type == SOCK_STREAM) ::listen(fd_, 8);
    EXPECT_EQ(::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
  }
  ~Listener() { Close(); }
  void Close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  int fd() const { return fd_; }
  uint16_t port() const { return port_; }

 private:
  int fd_;
  uint16_t port_ = 0;
};

std::string Receive(int fd, size_t most = 100'000) {
  std::string text(most, '\0');
  const ssize_t got = ::recv(fd, text.data(), text.size(), 0);
  text.resize(got > 0 ? static_cast<size_t>(got) : 0);
  return text;
}

TEST(MessageSocket, ADatagramIsAMessage) {
  const Listener listener(SOCK_DGRAM);
  const auto socket =
      MessageSocket::Connect({MessageTarget::Kind::kUdp, "127.0.0.1", listener.port()}, {});
  ASSERT_THAT(socket, IsOk());
  ASSERT_THAT((*socket)->Send("one"), IsOk());
  ASSERT_THAT((*socket)->Send(std::string(200'000, 'x')), IsOk());
  EXPECT_EQ(Receive(listener.fd()), "one");
  EXPECT_EQ(Receive(listener.fd()).size(), MessageSocket::kMaxDatagram);
  EXPECT_EQ((*socket)->pending(), 0U);
  EXPECT_THAT((*socket)->Check(), IsOk());
}

TEST(MessageSocket, OnAStreamEachHasItsLength) {
  const Listener listener(SOCK_STREAM);
  const auto socket =
      MessageSocket::Connect({MessageTarget::Kind::kTcp, "127.0.0.1", listener.port()}, {});
  ASSERT_THAT(socket, IsOk());
  const int peer = ::accept(listener.fd(), nullptr, nullptr);
  ASSERT_THAT((*socket)->Send("one"), IsOk());
  ASSERT_THAT((*socket)->Send("a second\none"), IsOk());
  const std::string expected = "3 one12 a second\none";
  std::string found;
  while (found.size() < expected.size()) found += Receive(peer, 1);
  EXPECT_EQ(found, expected);
  EXPECT_EQ((*socket)->sent(), expected.size());
  EXPECT_THAT((*socket)->Check(), IsOk());
  ::close(peer);
  Status check = (*socket)->Check();
  while (check) check = (*socket)->Check();
  EXPECT_THAT(check, IsError(Code::kUnavailable));
}

TEST(MessageSocket, WaitsForAPeerThatDoesNotReadUntilItIsStopped) {
  const Listener listener(SOCK_STREAM);
  int asked = 0;
  const auto socket =
      MessageSocket::Connect({MessageTarget::Kind::kTcp, "127.0.0.1", listener.port()},
                             {.stopped = [&] { return ++asked > 3; }});
  ASSERT_THAT(socket, IsOk());
  const std::string message(1 << 20, 'x');
  Status sent;
  while (sent) sent = (*socket)->Send(message);
  EXPECT_THAT(sent, IsError(Code::kUnavailable));
  EXPECT_GT((*socket)->pending(), 0U);
}

TEST(MessageSocket, NobodyIsThere) {
  Listener listener(SOCK_STREAM);
  listener.Close();
  EXPECT_THAT(MessageSocket::Connect({MessageTarget::Kind::kTcp, "127.0.0.1", listener.port()}, {}),
              IsError(Code::kUnavailable));
  EXPECT_THAT(MessageSocket::Connect({MessageTarget::Kind::kUnix, "/no/such/socket", 0}, {}),
              IsError(Code::kUnavailable));
}

TEST(MessageSocket, TheMachinesOwnSocket) {
  std::string folder = "/tmp/sluice-test-XXXXXX";
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  const std::string path = folder + "/log";
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  const auto socket = MessageSocket::Connect({MessageTarget::Kind::kUnix, path, 0}, {});
  ASSERT_THAT(socket, IsOk());
  ASSERT_THAT((*socket)->Send("one"), IsOk());
  EXPECT_EQ(Receive(fd), "one");
  ::close(fd);
  EXPECT_THAT((*socket)->Send("two"), IsError(Code::kUnavailable));
  ::unlink(path.c_str());
  ::rmdir(folder.c_str());
}

}  // namespace
}  // namespace sluice::net
