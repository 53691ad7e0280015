#include "delta/overlay.h"

#include <algorithm>

namespace sluice::delta {
namespace {

constexpr size_t kMostInChunk = 64;
// A smaller chunk is joined with the next one where that can be had for little.
constexpr size_t kLeastInChunk = kMostInChunk / 4;

ByteCount MemoryOf(const std::vector<OverlayEntry>& entries) {
  return {entries.capacity() * sizeof(OverlayEntry)};
}

}  // namespace

const OverlayEntry& Overlay::operator[](size_t index) const {
  const auto behind = std::ranges::upper_bound(ends_, index);
  const auto chunk = static_cast<size_t>(behind - ends_.begin());
  const size_t start = chunk == 0 ? 0 : ends_[chunk - 1];
  return chunks_[chunk]->entries[index - start];
}

size_t Overlay::ChunkOf(KeyView key, size_t first) const {
  const auto begin = chunks_.begin() + static_cast<ptrdiff_t>(first);
  const auto behind = std::upper_bound(begin, chunks_.end(), key, [](KeyView k, const auto& chunk) {
    return k < chunk->entries.front().key();
  });
  return behind == begin ? first : static_cast<size_t>(behind - chunks_.begin()) - 1;
}

size_t Overlay::NotBefore(KeyView key) const {
  if (empty()) return 0;
  const size_t chunk = ChunkOf(key);
  const auto& entries = chunks_[chunk]->entries;
  const auto place = std::ranges::lower_bound(entries, key, {}, &OverlayEntry::key);
  return (chunk == 0 ? 0 : ends_[chunk - 1]) + static_cast<size_t>(place - entries.begin());
}

size_t Overlay::Behind(KeyView key) const {
  const size_t place = NotBefore(key);
  return place < size() && (*this)[place].key() == key ? place + 1 : place;
}

ByteCount Overlay::TableMemory() const {
  return {chunks_.capacity() * sizeof(chunks_.front()) + ends_.capacity() * sizeof(size_t)};
}

ByteCount Overlay::MemoryBeyond(const Overlay& other) const {
  ByteCount memory = TableMemory();
  OverlayComparison comparison(other, *this);
  while (const auto difference = comparison.Next()) {
    const bool other_file =
        difference->after != nullptr &&
        (difference->before == nullptr || difference->before->change != difference->after->change);
    if (other_file) memory = memory + difference->after->change->memory();
  }
  return memory + comparison.own_chunks();
}

void Overlay::Append(std::shared_ptr<const Chunk> chunk) {
  ends_.push_back(size() + chunk->entries.size());
  memory_ = memory_ + chunk->memory;
  chunks_.push_back(std::move(chunk));
}

OverlayEdit::OverlayEdit(const Overlay& from) : from_(from) {
  made_.chunks_.reserve(from.chunks_.size() + 1);
  made_.ends_.reserve(from.chunks_.size() + 1);
}

// Takes over the entries of the current chunk before `end`.
void OverlayEdit::CopyTo(size_t end) {
  const auto& entries = from_.chunks_[chunk_]->entries;
  const auto begin = entries.begin();
  open_.insert(open_.end(), begin + static_cast<ptrdiff_t>(entry_),
               begin + static_cast<ptrdiff_t>(end));
  entry_ = end;
  inside_ = true;
}

void OverlayEdit::LeaveChunk() {
  if (!inside_) return;
  CopyTo(from_.chunks_[chunk_]->entries.size());
  ++chunk_;
  entry_ = 0;
  inside_ = false;
}

// Takes over the chunks from the current one up to `chunk`, none of which was entered.
void OverlayEdit::ShareUpTo(size_t chunk) {
  while (chunk_ < chunk) {
    if (open_.empty() || open_.size() >= kLeastInChunk) {
      Close();
      made_.Append(from_.chunks_[chunk_++]);
    } else {
      CopyTo(from_.chunks_[chunk_]->entries.size());
      LeaveChunk();
    }
  }
}

// Makes chunks of about the same size of what is open.
void OverlayEdit::Close() {
  const size_t count = (open_.size() + kMostInChunk - 1) / kMostInChunk;
  for (size_t i = 0; i < count; ++i) {
    auto chunk = std::make_shared<Overlay::Chunk>();
    const auto begin = std::make_move_iterator(open_.begin());
    chunk->entries.assign(begin + static_cast<ptrdiff_t>(open_.size() * i / count),
                          begin + static_cast<ptrdiff_t>(open_.size() * (i + 1) / count));
    chunk->memory = ByteCount{sizeof *chunk} + MemoryOf(chunk->entries);
    for (const OverlayEntry& entry : chunk->entries) {
      chunk->memory = chunk->memory + entry.change->memory();
    }
    made_.Append(std::move(chunk));
  }
  open_.clear();
}

const OverlayEntry* OverlayEdit::Seek(KeyView key) {
  const auto& chunks = from_.chunks_;
  if (chunk_ == chunks.size()) return nullptr;
  if (chunk_ + 1 < chunks.size() && !(key < chunks[chunk_ + 1]->entries.front().key())) {
    LeaveChunk();
    ShareUpTo(from_.ChunkOf(key, chunk_));
  }
  const auto& entries = chunks[chunk_]->entries;
  const auto place =
      std::lower_bound(entries.begin() + static_cast<ptrdiff_t>(entry_), entries.end(), key,
                       [](const OverlayEntry& entry, KeyView k) { return entry.key() < k; });
  CopyTo(static_cast<size_t>(place - entries.begin()));
  if (place == entries.end() || place->key() != key) return nullptr;
  ++entry_;
  return &*place;
}

Overlay OverlayEdit::Finish() {
  LeaveChunk();
  ShareUpTo(from_.chunks_.size());
  Close();
  made_.chunks_.shrink_to_fit();
  made_.ends_.shrink_to_fit();
  made_.memory_ = made_.memory_ + made_.TableMemory();
  return std::move(made_);
}

const OverlayEntry* OverlayComparison::Place::Get() const {
  return chunk == overlay.chunks_.size() ? nullptr : &overlay.chunks_[chunk]->entries[entry];
}

void OverlayComparison::Place::Advance() {
  if (++entry < overlay.chunks_[chunk]->entries.size()) return;
  ++chunk;
  entry = 0;
}

// A chunk that both have begins for both at the same time: all that lies before it is walked.
void OverlayComparison::SkipShared() {
  if (before_.entry > 0 || after_.entry > 0) return;
  const auto& before = before_.overlay.chunks_;
  const auto& after = after_.overlay.chunks_;
  while (before_.chunk < before.size() && after_.chunk < after.size() &&
         before[before_.chunk] == after[after_.chunk]) {
    ++before_.chunk;
    ++after_.chunk;
  }
}

std::optional<OverlayComparison::Difference> OverlayComparison::Next() {
  while (true) {
    SkipShared();
    Difference here{before_.Get(), after_.Get()};
    if (here.before == nullptr && here.after == nullptr) return std::nullopt;
    const bool same = here.before != nullptr && here.after != nullptr &&
                      here.before->change == here.after->change;
    if (!same && here.before != nullptr && here.after != nullptr) {
      const auto order = here.before->key() <=> here.after->key();
      if (order < 0) here.after = nullptr;
      if (order > 0) here.before = nullptr;
    }
    if (here.after != nullptr && after_.entry == 0) {
      const auto& entries = after_.overlay.chunks_[after_.chunk]->entries;
      own_chunks_ = own_chunks_ + ByteCount{sizeof(Overlay::Chunk)} + MemoryOf(entries);
    }
    if (here.before != nullptr) before_.Advance();
    if (here.after != nullptr) after_.Advance();
    if (!same) return here;
  }
}

}  // namespace sluice::delta
