// bench/answer_reader.h -- reads HTTP/1.1 answers from a stream of bytes and counts what is in
// them, without keeping bodies. The last line is kept: a page's token stands there.
#pragma once

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace sluice::bench {

// The longest last line that is kept: a page's token is short.
constexpr size_t kLastLineLimit = 64 << 10;

// Reads one answer after the other from a stream of bytes.
class AnswerReader {
 public:
  void Reset() { *this = AnswerReader(); }

  // Takes bytes up to the end of the answer and returns how many; done() tells that it ended there.
  size_t Feed(std::string_view bytes) {
    size_t used = 0;
    while (used < bytes.size() && !done_) used += Step(bytes.substr(used));
    return used;
  }
  // The stream ended; done() tells whether the answer ends there.
  void End() { done_ = part_ == Part::kUntilEnd; }
  bool done() const { return done_; }
  bool broken() const { return broken_; }
  bool closing() const { return closing_; }  // the server closes the connection behind this answer
  int status() const { return status_; }
  uint64_t body_bytes() const { return body_bytes_; }
  uint64_t newlines() const { return newlines_; }
  // The last line that holds something, or all there is when no line ends.
  std::string_view last_line() const { return last_line_; }

 private:
  enum class Part { kHead, kSized, kUntilEnd, kChunkLine, kChunk, kChunkEnd, kTrailer };

  size_t Step(std::string_view bytes) {
    if (part_ == Part::kUntilEnd) return Count(bytes);
    if (part_ == Part::kSized || part_ == Part::kChunk) return Body(bytes);
    const size_t end = bytes.find('\n');
    const size_t taken = end == std::string_view::npos ? bytes.size() : end + 1;
    line_.append(bytes.substr(0, taken));
    if (end == std::string_view::npos) return taken;
    while (!line_.empty() && (line_.back() == '\n' || line_.back() == '\r')) line_.pop_back();
    Line();
    line_.clear();
    return taken;
  }

  size_t Body(std::string_view bytes) {
    const size_t taken = static_cast<size_t>(std::min<uint64_t>(left_, bytes.size()));
    Count(bytes.substr(0, taken));
    left_ -= taken;
    if (left_ == 0) {
      if (part_ == Part::kSized) done_ = true;
      part_ = Part::kChunkEnd;
    }
    return taken;
  }

  size_t Count(std::string_view body) {
    body_bytes_ += body.size();
    for (size_t at = 0; (at = body.find('\n', at)) != std::string_view::npos; ++at) ++newlines_;
    const std::string_view text = body.substr(0, body.find_last_not_of('\n') + 1);
    const size_t before = text.rfind('\n');
    if (before != std::string_view::npos || (line_ended_ && !text.empty())) last_line_.clear();
    Keep(text.substr(before + 1));  // npos + 1: from the beginning
    line_ended_ = !body.empty() && body.back() == '\n';
    return body.size();
  }

  void Keep(std::string_view text) {
    last_line_.append(text.substr(0, kLastLineLimit - std::min(kLastLineLimit, last_line_.size())));
  }

  void Line() {
    switch (part_) {
      case Part::kHead: HeadLine(); break;
      case Part::kChunkEnd: part_ = Part::kChunkLine; break;
      case Part::kChunkLine:
        left_ = std::strtoull(line_.c_str(), nullptr, 16);
        part_ = left_ == 0 ? Part::kTrailer : Part::kChunk;
        break;
      case Part::kTrailer:
        if (line_.empty()) done_ = true;
        break;
      default: broken_ = done_ = true;
    }
  }

  void HeadLine() {
    if (status_ == 0) {
      if (!line_.starts_with("HTTP/1.") || line_.size() < 12) broken_ = done_ = true;
      status_ = std::atoi(line_.c_str() + std::min<size_t>(9, line_.size()));
      return;
    }
    if (line_.empty()) {
      if (chunked_) {
        part_ = Part::kChunkLine;
      } else if (!sized_ && closing_) {
        part_ = Part::kUntilEnd;
      } else if (left_ == 0) {
        done_ = true;
      } else {
        part_ = Part::kSized;
      }
      return;
    }
    std::transform(line_.begin(), line_.end(), line_.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (line_.starts_with("content-length:")) {
      sized_ = true;
      left_ = std::strtoull(line_.c_str() + 15, nullptr, 10);
    }
    if (line_.starts_with("connection:")) closing_ = line_.find("close") != std::string::npos;
    if (line_.starts_with("transfer-encoding:"))
      chunked_ = line_.find("chunked") != std::string::npos;
  }

  Part part_ = Part::kHead;
  std::string line_;
  int status_ = 0;
  bool chunked_ = false, sized_ = false, closing_ = false, done_ = false, broken_ = false;
  bool line_ended_ = false;  // the last byte of the body was a newline
  std::string last_line_;
  uint64_t left_ = 0, body_bytes_ = 0, newlines_ = 0;
};

}  // namespace sluice::bench
