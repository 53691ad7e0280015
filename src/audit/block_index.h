// audit/block_index.h -- what is where in a file of the log, so that a search can pass most of it
// by.
//
// A file is looked at in blocks of some 256 KiB, whole lines. Of each is kept: the range of times,
// and a Bloom filter of the names in it (which may claim a name that is not there, never the other
// way). The index of a file that is full lies beside it (IndexName), and is made anew where it is
// missing or does not fit. It proves nothing: Verify does not look at it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/segment_files.h"
#include "base/result.h"

namespace sluice::audit {

enum class BlockKey : unsigned char {
  kAction,
  kPrincipal,
  kRecipient,
  kShare,
  kTable,
  kStatusClass,
  kFilter
};

// The same in all builds: it goes to the disk.
uint64_t KeyHash(BlockKey kind, std::string_view text);

// As it lies in the file, little-endian.
struct Block {
  uint64_t offset = 0;
  uint64_t size = 0;
  uint64_t first_sequence = 0;
  uint64_t events = 0;
  int64_t oldest_ms = 0;
  int64_t newest_ms = 0;
  std::array<uint64_t, 64> names{};

  bool MayHold(BlockKey kind, std::string_view text) const;
  void Add(BlockKey kind, std::string_view text);
};

class BlockIndex {
 public:
  // Reads on from where it stopped, up to the last whole line. Errors: kUnavailable, kCorrupt
  Status Extend(const Fd& file);
  const std::vector<Block>& blocks() const { return blocks_; }
  // Bytes of the file that are indexed.
  uint64_t covered() const { return covered_; }

  std::string Pack() const;
  // Nothing: not an index, or a damaged one.
  static std::optional<BlockIndex> Unpack(std::string_view bytes);

 private:
  void AddLine(std::string_view line, uint64_t offset);

  std::vector<Block> blocks_;
  uint64_t covered_ = 0;
};

// The index beside a file, if it is of all of it. `bytes_read` grows by what was read.
std::optional<BlockIndex> LoadIndex(const Fd& folder, const Segment& segment, uint64_t size,
                                    uint64_t& bytes_read);
// Errors: kUnavailable
Status SaveIndex(const Fd& folder, const std::string& segment, const BlockIndex& index);

}  // namespace sluice::audit
