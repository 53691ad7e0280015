#include "net/exchange.h"

#include <fcntl.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "base/bytes.h"

namespace sluice::net {
namespace {

using Steady = std::chrono::steady_clock;

constexpr size_t kStreamTurn = KiB(64).value;
// A turn that has this much is sent; less is worth another call of the source, if that is quick.
constexpr size_t kStreamEnough = KiB(16).value;
constexpr std::chrono::milliseconds kStreamPatience{5};
// A file through memory (TLS). Larger turns gained nothing, smaller ones cost thread changes.
constexpr size_t kFileTurn = KiB(256).value;
constexpr uint64_t kSendfileTurn = MiB(1).value;
// A file up to this size goes out with the head in one write.
constexpr uint64_t kSmallFile = KiB(64).value;

Error FileFailure(std::string_view what, int error) {
  return {Code::kUnavailable,
          "the file cannot be read",
          std::string(what) + ": " + std::generic_category().message(error),
          {}};
}

void FillFromSource(Exchange& exchange) {
  auto& source = *std::get<std::unique_ptr<BodySource>>(exchange.response.body);
  if (!exchange.buffer) exchange.buffer = std::make_unique_for_overwrite<char[]>(kStreamTurn);
  const Steady::time_point began = Steady::now();
  do {
    Result<size_t> n = source.Next(
        std::span(exchange.buffer.get() + exchange.filled, kStreamTurn - exchange.filled));
    if (!n) {
      exchange.failure = std::move(n.error());
      return;
    }
    if (*n == 0) {
      exchange.last = true;
      return;
    }
    exchange.filled += *n;
  } while (exchange.filled < kStreamEnough && Steady::now() - began < kStreamPatience);
}

void FillFromFile(Exchange& exchange) {
  const auto& file = std::get<FileBody>(exchange.response.body);
  const uint64_t left = file.length() - exchange.file_sent;
  if (!exchange.buffer) {
    exchange.buffer = std::make_unique_for_overwrite<char[]>(std::min<uint64_t>(left, kFileTurn));
  }
  const size_t want = std::min<uint64_t>(left, kFileTurn);
  while (exchange.filled < want) {
    const ssize_t n =
        ::pread(file.fd(), exchange.buffer.get() + exchange.filled, want - exchange.filled,
                static_cast<off_t>(file.offset() + exchange.file_sent));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      exchange.failure =
          n < 0
              ? FileFailure("pread", errno)
              : Error{Code::kUnavailable, "the file cannot be read", "the file became shorter", {}};
      return;
    }
    exchange.filled += static_cast<size_t>(n);
    exchange.file_sent += static_cast<uint64_t>(n);
  }
  exchange.last = exchange.file_sent == file.length();
}

void MoveFile(Exchange& exchange, int socket) {
  const auto& file = std::get<FileBody>(exchange.response.body);
  while (exchange.file_sent < file.length() && exchange.moved < kSendfileTurn) {
    auto offset = static_cast<off_t>(file.offset() + exchange.file_sent);
    const uint64_t want =
        std::min(file.length() - exchange.file_sent, kSendfileTurn - exchange.moved);
    const ssize_t n = ::sendfile(socket, file.fd(), &offset, want);
    if (n > 0) {
      exchange.moved += static_cast<uint64_t>(n);
      exchange.file_sent += static_cast<uint64_t>(n);
    } else if (n < 0 && errno == EAGAIN) {
      exchange.blocked = true;
      return;
    } else if (n < 0 && (errno == EINVAL || errno == ENOSYS)) {
      exchange.by_sendfile = false;  // not on this file system: go through memory
      return;
    } else if (n == 0 || errno != EINTR) {
      exchange.failure =
          n < 0
              ? FileFailure("sendfile", errno)
              : Error{Code::kUnavailable, "the file cannot be read", "the file became shorter", {}};
      return;
    }
  }
  exchange.last = exchange.file_sent == file.length();
}

}  // namespace

std::optional<std::string_view> BytesOf(const Response& response) {
  if (const auto* text = std::get_if<std::string>(&response.body)) return *text;
  if (const auto* fixed = std::get_if<StaticBody>(&response.body)) return fixed->bytes;
  return std::nullopt;
}

void PlanBody(Exchange& exchange) {
  const Response& response = exchange.response;
  const bool bodyless = response.status < 200 || response.status == 204 || response.status == 304;
  if (bodyless || exchange.request.method == Method::kHead) {
    exchange.mode = BodyMode::kNone;
  } else if (BytesOf(response)) {
    exchange.mode = BodyMode::kMemory;
  } else if (const auto* file = std::get_if<FileBody>(&response.body)) {
    exchange.mode = file->length() == 0 ? BodyMode::kNone : BodyMode::kFile;
  } else {
    const auto& source = std::get<std::unique_ptr<BodySource>>(response.body);
    exchange.mode = source ? BodyMode::kStream : BodyMode::kNone;
  }
}

Framing FrameBody(const Exchange& exchange, bool close) {
  const Response& response = exchange.response;
  Framing framing;
  if (exchange.mode == BodyMode::kStream) {
    framing.chunked = exchange.http11;
  } else if (response.status == 304 || exchange.request.method == Method::kHead) {
    framing.length = response.head_length;
  }
  const bool says_length = response.status >= 200 && response.status != 204 &&
                           response.status != 304 && exchange.mode != BodyMode::kStream;
  if (says_length && !framing.length) {
    if (const auto bytes = BytesOf(response)) {
      framing.length = bytes->size();
    } else if (const auto* file = std::get_if<FileBody>(&response.body)) {
      framing.length = file->length();
    } else if (exchange.request.method != Method::kHead) {
      framing.length = 0;
    }
  }
  framing.close = close;
  framing.say_keep = !exchange.http11;
  return framing;
}

void ProduceFirstTurn(Exchange& exchange) {
  if (exchange.mode == BodyMode::kStream) FillFromSource(exchange);
  if (exchange.mode != BodyMode::kFile) return;
  const auto& file = std::get<FileBody>(exchange.response.body);
  if (file.length() <= kSmallFile) {
    FillFromFile(exchange);
  } else {
    // Advice only; a file system without it reads ahead less.
    (void)::posix_fadvise(file.fd(), static_cast<off_t>(file.offset()),
                          static_cast<off_t>(file.length()), POSIX_FADV_SEQUENTIAL);
  }
}

void ProduceTurn(Exchange& exchange, int socket) {
  exchange.filled = 0;
  exchange.moved = 0;
  exchange.blocked = false;
  if (exchange.mode == BodyMode::kStream) {
    FillFromSource(exchange);
  } else if (socket >= 0 && exchange.by_sendfile) {
    MoveFile(exchange, socket);
  } else {
    FillFromFile(exchange);
  }
}

std::shared_ptr<Exchange> CopyOfWire(const Exchange& exchange) {
  auto copy = std::make_shared<Exchange>();
  const Request& from = exchange.request;
  Request& to = copy->request;
  to.method = from.method;
  to.method_text = from.method_text;
  to.target = from.target;
  to.path = from.path;
  to.query = from.query;
  to.headers = from.headers;
  to.peer = from.peer;
  to.local = from.local;
  to.tls = from.tls;
  to.received = from.received;
  to.client = from.client;
  to.id = exchange.id;
  to.route = exchange.route;
  to.held = exchange.held;
  copy->began = exchange.began;
  copy->http11 = exchange.http11;
  copy->keeps_alive = exchange.keeps_alive;
  return copy;
}

}  // namespace sluice::net
