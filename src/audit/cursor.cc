#include "audit/cursor.h"

#include <algorithm>

#include "audit/chain.h"

namespace sluice::audit {

struct Cursor::Part {
  Segment segment;
  Fd file;
  std::shared_ptr<const BlockIndex> index;

  // Behind its last event.
  uint64_t end() const {
    const auto& blocks = index->blocks();
    return blocks.empty() ? segment.first : blocks.back().first_sequence + blocks.back().events;
  }
};

Cursor::Cursor(const Reader& reader, const Filter& filter, uint64_t after)
    : reader_(&reader),
      matcher_(std::make_unique<const Matcher>(filter)),
      next_(after == 0 ? 0 : after + 1) {}
Cursor::Cursor(Cursor&&) noexcept = default;
Cursor& Cursor::operator=(Cursor&&) noexcept = default;
Cursor::~Cursor() = default;

Result<Cursor> Cursor::Open(const Reader& reader, const Filter& filter, uint64_t after) {
  Cursor cursor(reader, filter, after);
  TRY(cursor.Renew());
  return cursor;
}

Status Cursor::Renew() {
  lines_.reset();
  part_.reset();
  last_part_.reset();
  ahead_ = TRY(ListSegments(reader_->folder_));
  if (ahead_.empty()) return {};
  last_part_ = TRY(OpenPart(ahead_.back(), true));
  newest_ = last_part_->end() - 1;
  if (next_ == 0) next_ = ahead_.front().first;
  std::ranges::reverse(ahead_);
  // Files that end before what is looked for: the one behind them does not begin later.
  while (ahead_.size() > 1 && ahead_[ahead_.size() - 2].first <= next_) ahead_.pop_back();
  return {};
}

Result<std::shared_ptr<const Cursor::Part>> Cursor::OpenPart(const Segment& segment,
                                                             bool newest) const {
  Fd file = TRY(OpenForReading(reader_->folder_, segment.name));
  uint64_t work = 0;
  auto index = TRY(reader_->IndexOf(segment, newest, file, work));
  return std::make_shared<const Part>(Part{segment, std::move(file), std::move(index)});
}

// False: there is no further file.
Result<bool> Cursor::NextPart() {
  while (!ahead_.empty()) {
    const Segment segment = ahead_.back();
    ahead_.pop_back();
    auto part = ahead_.empty() ? last_part_ : OpenPart(segment, false);
    if (!part.has_value() && part.error().code == Code::kNotFound) continue;
    part_ = TRY(std::move(part));
    block_ = 0;
    if (segment.first > next_) {
      gaps_.push_back({next_, segment.first - 1});
      next_ = segment.first;
    }
    return true;
  }
  return false;
}

// False: the file has no further block that may match.
bool Cursor::NextBlock() {
  const auto& blocks = part_->index->blocks();
  while (block_ < blocks.size()) {
    const Block& block = blocks[block_++];
    const uint64_t end = block.first_sequence + block.events;
    if (end <= next_) continue;
    if (matcher_->MayMatch(block)) {
      lines_ = std::make_unique<LineReader>(part_->file, block.offset, block.offset + block.size);
      return true;
    }
    next_ = end;
  }
  next_ = std::max(next_, part_->end());
  return false;
}

Result<std::optional<Cursor::Match>> Cursor::Next() {
  while (true) {
    while (lines_ != nullptr) {
      const auto line = TRY(lines_->Next());
      if (!line) {
        lines_.reset();
        break;
      }
      const auto chained = ReadLine(*line);
      if (!chained.has_value() || chained->begins_segment || chained->sequence < next_) continue;
      next_ = chained->sequence + 1;
      const auto keys = ScanLine(*line);
      if (keys && matcher_->Matches(*keys)) return Match{chained->sequence, *keys, *line};
    }
    if (part_ != nullptr && NextBlock()) continue;
    part_.reset();
    if (!TRY(NextPart())) return std::nullopt;
  }
}

}  // namespace sluice::audit
