// net/exchange.h -- one request and its answer on their way through the server.
//
// An Exchange is owned by its session and lent to one worker at a time: to run the handler, then
// for each turn of a body that is not in memory. While it is lent the session leaves it alone.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/result.h"
#include "net/http.h"
#include "net/response_head.h"

namespace sluice::net {

// How the body of an answer reaches the socket.
enum class BodyMode {
  kNone,    // HEAD, 204, 304: no body
  kMemory,  // bytes that are there
  kStream,  // turns of a BodySource
  kFile,    // turns of a file
};

struct Exchange {
  Request request;
  std::chrono::steady_clock::time_point began;
  bool http11 = true;
  bool keeps_alive = false;
  // What Reject may know of the request while a worker has it.
  std::string id;
  const Route* route = nullptr;
  std::shared_ptr<const void> held;

  Response response;
  BodyMode mode = BodyMode::kNone;
  bool answered = false;   // `response` is what the client gets
  uint64_t bytes_out = 0;  // of the body

  // What the last turn came to. `filled` bytes wait in `buffer`, or `moved` bytes went by sendfile.
  std::unique_ptr<char[]> buffer;
  size_t filled = 0;
  uint64_t moved = 0;
  uint64_t file_sent = 0;  // bytes of the file that were read or moved
  bool last = false;       // nothing follows
  bool blocked = false;    // the socket took no more
  bool by_sendfile = false;
  std::optional<Error> failure;

  // What goes around the body on the wire; owned here while it is being sent.
  std::string head;
  std::string chunk_head;
};

// The body where it lies in memory as a whole.
std::optional<std::string_view> BytesOf(const Response& response);
// Decides from method, status and body how the body goes out.
void PlanBody(Exchange& exchange);

// True: the body comes in turns that may wait for a disk.
inline bool NeedsWorker(const Exchange& exchange) {
  return exchange.mode == BodyMode::kStream || exchange.mode == BodyMode::kFile;
}

// How the head must describe the body. `close`: the connection ends after this answer.
Framing FrameBody(const Exchange& exchange, bool close);

// The first turn, taken before the head goes out: a stream's first bytes or a small file whole go
// with it in one write.
void ProduceFirstTurn(Exchange& exchange);

// One more turn. A file goes to `socket` with sendfile when that is not -1.
void ProduceTurn(Exchange& exchange, int socket);

// What a late answer's request leaves behind: everything that came from the wire but the body.
std::shared_ptr<Exchange> CopyOfWire(const Exchange& exchange);

}  // namespace sluice::net
