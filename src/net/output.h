// net/output.h -- the parts of an answer that wait for the socket, sent in one gathered write.
#pragma once

#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <span>
#include <string_view>

namespace sluice::net {

// Only views: who adds a part keeps its bytes until the output is empty.
class Output {
 public:
  bool empty() const { return begin_ == end_; }
  std::span<const iovec> parts() const { return {parts_.data() + begin_, end_ - begin_}; }

  void AddFraming(std::string_view bytes) { Add(bytes, false); }
  void AddBody(std::string_view bytes) { Add(bytes, true); }

  // Drops the first `count` bytes and returns how many of them were body.
  size_t Consume(size_t count) {
    size_t body = 0;
    while (count > 0) {
      iovec& part = parts_[begin_];
      const size_t n = std::min(count, part.iov_len);
      if (is_body_[begin_]) body += n;
      part.iov_base = static_cast<char*>(part.iov_base) + n;
      part.iov_len -= n;
      count -= n;
      if (part.iov_len == 0) ++begin_;
    }
    if (empty()) begin_ = end_ = 0;
    return body;
  }

 private:
  static constexpr size_t kMaxParts = 5;  // head, chunk head, body, chunk end, last chunk

  void Add(std::string_view bytes, bool body) {
    if (bytes.empty()) return;
    assert(end_ < kMaxParts);
    parts_[end_] = {const_cast<char*>(bytes.data()), bytes.size()};
    is_body_[end_] = body;
    ++end_;
  }

  std::array<iovec, kMaxParts> parts_{};
  std::array<bool, kMaxParts> is_body_{};
  size_t begin_ = 0;
  size_t end_ = 0;
};

}  // namespace sluice::net
