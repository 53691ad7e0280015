// net/response_head.h -- the status line and header of an answer as bytes.
#pragma once

#include <cstdint>
#include <ctime>
#include <optional>
#include <string>

#include "base/clock.h"
#include "net/http.h"

namespace sluice::net {

// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 §5.6.7), made anew once a second. Not thread-safe.
class DateText {
 public:
  const std::string& At(TimePoint now);

 private:
  int64_t second_ = -1;
  std::string text_;
};

// How the body goes out (RFC 9112 §6). None of them: the body ends with the connection, or there is
// none and no length is to be said (204, 304).
struct Framing {
  std::optional<uint64_t> length{};
  bool chunked = false;
  bool close = false;     // say that the connection ends
  bool say_keep = false;  // an HTTP/1.0 client must be told that it does not
};

// Appends all up to and with the empty line. Header fields that are the server's to set are left
// out of `response.headers`, and a line break or NUL in a value becomes a space, so that no value
// can end the header.
void AppendHead(const Response& response, const Framing& framing, const std::string& date,
                std::string& out);

}  // namespace sluice::net
