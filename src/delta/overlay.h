// delta/overlay.h -- the changes on top of a packed base, in order of their keys.
//
// Immutable, in chunks that versions share: a commit writes anew the chunks that it changes
// something in. What a commit costs, and what a version holds beyond the one before it, hardly
// depends on how much has changed before.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "delta/stored_file.h"

namespace sluice::delta {

// A file that was added, or removed.
using FileChange = std::shared_ptr<const StoredFile>;

// A removal stands in an overlay only for a file of the base.
struct OverlayEntry {
  FileChange change;
  bool in_base = false;  // the base has this key

  KeyView key() const { return change->key(); }
};

class Overlay {
 public:
  Overlay() = default;

  size_t size() const { return ends_.empty() ? 0 : ends_.back(); }
  bool empty() const { return chunks_.empty(); }
  const OverlayEntry& operator[](size_t index) const;
  // The first entry that is not before `key`, or that is behind it; size() without one.
  size_t NotBefore(KeyView key) const;
  size_t Behind(KeyView key) const;

  // Chunks and changes.
  ByteCount memory() const { return memory_; }
  // What this one holds and `other` does not.
  ByteCount MemoryBeyond(const Overlay& other) const;

 private:
  friend class OverlayEdit;
  friend class OverlayComparison;
  struct Chunk {
    std::vector<OverlayEntry> entries;  // at least one
    ByteCount memory;
  };

  // The chunk from `first` on that holds `key`, if any does.
  size_t ChunkOf(KeyView key, size_t first = 0) const;
  ByteCount TableMemory() const;
  void Append(std::shared_ptr<const Chunk> chunk);

  std::vector<std::shared_ptr<const Chunk>> chunks_;
  std::vector<size_t> ends_;  // of each chunk: how many entries there are up to there
  ByteCount memory_;
};

// Makes an overlay of another one, by changes that come in ascending order of their keys.
class OverlayEdit {
 public:
  // `from` must outlive the edit.
  explicit OverlayEdit(const Overlay& from);
  // Goes to `key`. The entry there, which is left out unless it is put again; null: there is none.
  const OverlayEntry* Seek(KeyView key);
  // At the key that was sought.
  void Put(OverlayEntry entry) { open_.push_back(std::move(entry)); }
  Overlay Finish();

 private:
  void CopyTo(size_t end);
  void LeaveChunk();
  void ShareUpTo(size_t chunk);
  void Close();

  const Overlay& from_;
  size_t chunk_ = 0;     // of `from_`
  size_t entry_ = 0;     // in that chunk
  bool inside_ = false;  // entries of the chunk before entry_ were taken over already
  std::vector<OverlayEntry> open_;
  Overlay made_;
};

// Walks the keys at which two overlays differ, in order. What they share is passed over unread.
class OverlayComparison {
 public:
  struct Difference {
    const OverlayEntry* before;  // null: there is none
    const OverlayEntry* after;
  };
  OverlayComparison(const Overlay& before, const Overlay& after) : before_{before}, after_{after} {}
  std::optional<Difference> Next();
  // How much of the chunks themselves `after` has on its own; once all was walked.
  ByteCount own_chunks() const { return own_chunks_; }

 private:
  struct Place {
    const Overlay& overlay;
    size_t chunk = 0;
    size_t entry = 0;

    const OverlayEntry* Get() const;
    void Advance();
  };

  void SkipShared();

  Place before_;
  Place after_;
  ByteCount own_chunks_;
};

}  // namespace sluice::delta
