// net/message_socket.h -- messages to a collector that answers nothing: syslog over UDP, TCP, TLS
// or the machine's own socket.
//
// A datagram is a message (RFC 5426); on a stream each has its length before it (RFC 6587 3.4.1,
// RFC 5425). TLS as net/http_client.h has it: over libcurl, 1.2 or newer, the certificate checked.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace sluice::net {

struct MessageTarget {
  enum class Kind { kUdp, kTcp, kTls, kUnix };
  Kind kind = Kind::kUdp;
  std::string host;  // of kUnix: the socket's path; an IPv6 address stands between brackets
  uint16_t port = 0;
};

// "udp://HOST:PORT", "tcp://HOST:PORT", "tls://HOST:PORT", "unix:/PATH". Errors: kInvalidArgument
Result<MessageTarget> ParseMessageTarget(std::string_view url);

struct MessageOptions {
  std::string ca_file{};  // for TLS: PEM, trusted in place of the system's; empty: the system's
  // Asked now and then while the other side lets us wait; true ends the wait with kUnavailable.
  std::function<bool()> stopped = [] { return false; };
};

// One thread at a time. After an error of Send or Check the connection is of no use any more.
class MessageSocket {
 public:
  // A datagram holds no more of a message; the rest of it is cut off.
  static constexpr size_t kMaxDatagram = 60'000;

  // Errors: kUnavailable       no such host, no connection within five seconds
  //         kPermissionDenied  the certificate is not trusted, or ca_file is bad
  static Result<std::unique_ptr<MessageSocket>> Connect(const MessageTarget& target,
                                                        const MessageOptions& options);
  virtual ~MessageSocket() = default;

  // Waits while the other side takes nothing. Errors: kUnavailable  the connection broke
  virtual Status Send(std::string_view message) = 0;
  // Whether the connection still stands, as far as this side knows. Errors: kUnavailable
  virtual Status Check() = 0;
  // At most so many bytes of what was sent have not reached the other machine yet, lengths
  // included. A datagram has gone when it is sent.
  virtual uint64_t pending() const = 0;
  // All bytes that were handed over, lengths included.
  uint64_t sent() const { return sent_; }

 protected:
  uint64_t sent_ = 0;
};

}  // namespace sluice::net
