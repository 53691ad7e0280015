// bench/answer_reader.h -- reads HTTP/1.1 answers from a stream of bytes and counts what is in
// them.
#pragma once

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace sluice::bench {

// Reads one answer after the other from a stream of bytes, without keeping bodies.
class AnswerReader {
 public:
  void Reset() { *this = AnswerReader(); }

  // Takes bytes up to the end of the answer and returns how many; done() tells that it ended there.
  size_t Feed(std::string_view bytes) {
    size_t used = 0;
    while (used < bytes.size() && !done_) used += Step(bytes.substr(used));
    return used;
  }
  bool done() const { return done_; }
  bool broken() const { return broken_; }
  int status() const { return status_; }
  uint64_t body_bytes() const { return body_bytes_; }
  uint64_t newlines() const { return newlines_; }

 private:
  enum class Part { kHead, kSized, kChunkLine, kChunk, kChunkEnd, kTrailer };

  size_t Step(std::string_view bytes) {
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
    const std::string_view body = bytes.substr(0, taken);
    newlines_ += static_cast<uint64_t>(std::count(body.begin(), body.end(), '\n'));
    body_bytes_ += taken;
    left_ -= taken;
    if (left_ == 0) {
      if (part_ == Part::kSized) done_ = true;
      part_ = Part::kChunkEnd;
    }
    return taken;
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
      } else if (left_ == 0) {
        done_ = true;
      } else {
        part_ = Part::kSized;
      }
      return;
    }
    std::transform(line_.begin(), line_.end(), line_.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (line_.starts_with("content-length:"))
      left_ = std::strtoull(line_.c_str() + 15, nullptr, 10);
    if (line_.starts_with("transfer-encoding:"))
      chunked_ = line_.find("chunked") != std::string::npos;
  }

  Part part_ = Part::kHead;
  std::string line_;
  int status_ = 0;
  bool chunked_ = false, done_ = false, broken_ = false;
  uint64_t left_ = 0, body_bytes_ = 0, newlines_ = 0;
};

}  // namespace sluice::bench
