// net/server.h -- the HTTP/1.1 server: sockets, TLS, limits, and who runs on which thread.
//
// Threads: `io_threads` move bytes and never wait for anything but sockets. Handlers are plain
// functions on a pool of at most `workers` threads, started as they are needed. A streamed body is
// pulled on the pool, at most 64 KiB a turn, and only when the socket has taken the turn before: a
// slow client holds no thread and at most two turns of memory.
//
// Every limit ends in an answer where one can still be sent, and in a closed connection where not.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "base/result.h"
#include "net/http.h"
#include "net/tls.h"

namespace sluice::net {

struct ServerOptions {
  std::string host = "127.0.0.1";
  uint16_t port = 0;  // 0: any free port
  std::optional<TlsOptions> tls;
  unsigned io_threads = 0;  // 0: one a core
  unsigned workers = 64;
  size_t queue_limit = 4096;        // requests that wait for a worker; beyond: 503
  size_t max_connections = 20'000;  // beyond: accepted and closed at once
  ByteCount max_header = KiB(64);
  ByteCount max_body = MiB(2);
  Millis header_timeout{10'000};      // from the first byte of a request to the end of its header
  Millis body_timeout{30'000};        // to the end of its body
  Millis idle_timeout{120'000};       // between requests
  Millis first_byte_timeout{30'000};  // from the whole request to the first byte; 0: none; then 503
  Millis write_stall{30'000};         // a write that makes no progress
  Millis shutdown_grace{30'000};      // running answers get this long after Stop
};

// What one answer came to, for the access log.
struct Outcome {
  int status = 0;          // 0: the connection broke before there was an answer
  uint64_t bytes_out = 0;  // of the body
  Millis duration{0};      // from the first byte of the request to the last of the answer
  bool complete = false;   // false: the client went away, or the body failed
};

// What the server asks of the house above it. All calls may come from many threads at once.
class Dispatcher {
 public:
  virtual ~Dispatcher() = default;
  // Called once per request on an I/O thread, before anything else; may fill the request's route.
  // True: Handle answers from memory and runs on the I/O thread too.
  virtual bool Prepare(Request& request) = 0;
  // Leaves what came from the wire (method to `received`) and `id` as they are: when the first byte
  // is late, Reject is called with a copy of them while Handle still runs. That late answer is
  // dropped without a call of Finished.
  virtual Response Handle(Request& request) = 0;
  // An answer to what never became a request or came to no answer (malformed, too large, too slow,
  // queue full, first byte late, streamed body that failed at once). `request` holds what was read
  // so far, without the body when the answer is late; Prepare may not have been called. A status
  // that only repeats HttpStatus(error.code) is sharpened to HttpStatus(error).
  virtual Response Reject(Request& request, const Error& error) = 0;
  // After the last byte, or when the connection broke; on an I/O thread.
  virtual void Finished(const Request& request, const Response& response,
                        const Outcome& outcome) = 0;
};

class Server {
 public:
  // Binds and listens, so that a port in use is an error here and not later. All references must
  // outlive the server.
  // Errors: kInvalidArgument  host or port cannot be listened on, or the TLS files do not fit
  static Result<std::unique_ptr<Server>> Listen(ServerOptions options, Dispatcher& dispatcher,
                                                const Clock& clock, Metrics& metrics);
  virtual ~Server() = default;

  // Serves on its own threads until Stop. Returns at once.
  virtual void Start() = 0;
  // Stops accepting, lets running answers end within shutdown_grace, joins all threads.
  // Idle connections are closed at once. Safe to call twice.
  virtual void Stop() = 0;
  // From now on new connections show the certificate of `context`, which is not null; those that
  // are there keep theirs. For a server that was made with TLS.
  virtual void ReplaceTls(std::shared_ptr<ssl_ctx_st> context) = 0;
  virtual uint16_t port() const = 0;
  // "http://127.0.0.1:8080"
  virtual std::string url() const = 0;
};

}  // namespace sluice::net
