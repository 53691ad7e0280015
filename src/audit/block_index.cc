#include "audit/block_index.h"

#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "audit/chain.h"
#include "audit/line_keys.h"
#include "base/crypto/crypto.h"

namespace sluice::audit {
namespace {

static_assert(std::is_trivially_copyable_v<Block> && sizeof(Block) == 560);

constexpr uint64_t kBlockSize = 256 << 10;
constexpr std::string_view kMagic = "sluice audit index 1\n";
constexpr uint64_t kMaxIndex = 64 << 20;
constexpr int kProbes = 4;

void AddKeys(const LineKeys& keys, Block& block) {
  const int64_t ms = ToUnixMillis(keys.time);
  block.oldest_ms = std::min(block.oldest_ms, ms);
  block.newest_ms = std::max(block.newest_ms, ms);
  block.Add(BlockKey::kAction, keys.action);
  block.Add(BlockKey::kPrincipal, keys.principal);
  block.Add(BlockKey::kRecipient, keys.recipient);
  block.Add(BlockKey::kShare, keys.share);
  block.Add(BlockKey::kTable, keys.table);
  block.Add(BlockKey::kStatusClass, std::to_string(keys.status / 100));
}

}  // namespace

// FNV-1a, its bits mixed at the end.
uint64_t KeyHash(BlockKey kind, std::string_view text) {
  uint64_t hash = 0xcbf29ce484222325;
  const auto add = [&](unsigned char byte) { hash = (hash ^ byte) * 0x100000001b3; };
  add(static_cast<unsigned char>(kind));
  for (const char c : text) add(static_cast<unsigned char>(c));
  hash ^= hash >> 33;
  hash *= 0xff51afd7ed558ccd;
  return hash ^ hash >> 33;
}

bool Block::MayHold(BlockKey kind, std::string_view text) const {
  const uint64_t hash = KeyHash(kind, text);
  for (int i = 0; i < kProbes; ++i) {
    const uint64_t bit = hash >> (12 * i);
    if ((names[bit / 64 % 64] >> bit % 64 & 1) == 0) return false;
  }
  return true;
}

void Block::Add(BlockKey kind, std::string_view text) {
  if (text.empty()) return;
  const uint64_t hash = KeyHash(kind, text);
  for (int i = 0; i < kProbes; ++i) {
    const uint64_t bit = hash >> (12 * i);
    names[bit / 64 % 64] |= uint64_t{1} << bit % 64;
  }
}

Status BlockIndex::Extend(const Fd& file) {
  LineReader lines(file, covered_);
  while (true) {
    const uint64_t offset = lines.offset();
    const auto line = TRY(lines.Next());
    if (!line) return {};
    AddLine(*line, offset);
    covered_ = lines.offset();
  }
}

void BlockIndex::AddLine(std::string_view line, uint64_t offset) {
  const auto chained = ReadLine(line);
  if (!chained.has_value() || chained->begins_segment) return;
  if (blocks_.empty() || blocks_.back().size >= kBlockSize) {
    Block block;
    block.offset = offset;
    block.first_sequence = chained->sequence;
    block.oldest_ms = INT64_MAX;
    block.newest_ms = INT64_MIN;
    blocks_.push_back(block);
  }
  Block& block = blocks_.back();
  block.size = offset + line.size() + 1 - block.offset;
  ++block.events;
  // A line that is none of ours is found by no search.
  if (const auto keys = ScanLine(line)) AddKeys(*keys, block);
}

std::string BlockIndex::Pack() const {
  std::string bytes(kMagic);
  const uint64_t head[2] = {covered_, blocks_.size()};
  bytes.append(reinterpret_cast<const char*>(head), sizeof(head));
  bytes.append(reinterpret_cast<const char*>(blocks_.data()), blocks_.size() * sizeof(Block));
  bytes += crypto::View(crypto::Sha256(bytes));
  return bytes;
}

std::optional<BlockIndex> BlockIndex::Unpack(std::string_view bytes) {
  uint64_t head[2] = {};
  constexpr size_t kSum = sizeof(crypto::Digest);
  const size_t fixed = kMagic.size() + sizeof(head) + kSum;
  if (bytes.size() < fixed || !bytes.starts_with(kMagic)) return std::nullopt;
  std::memcpy(head, bytes.data() + kMagic.size(), sizeof(head));
  const std::string_view blocks = bytes.substr(kMagic.size() + sizeof(head), bytes.size() - fixed);
  if (blocks.size() % sizeof(Block) != 0 || blocks.size() / sizeof(Block) != head[1]) {
    return std::nullopt;
  }
  const crypto::Digest sum = crypto::Sha256(bytes.substr(0, bytes.size() - kSum));
  if (crypto::View(sum) != bytes.substr(bytes.size() - kSum)) return std::nullopt;
  BlockIndex index;
  index.covered_ = head[0];
  index.blocks_.resize(head[1]);
  if (!blocks.empty()) std::memcpy(index.blocks_.data(), blocks.data(), blocks.size());
  // Whoever reads a block makes room for it.
  for (const Block& block : index.blocks_) {
    if (block.size > kBlockSize + kMaxLine.value || block.offset > index.covered_ ||
        block.size > index.covered_ - block.offset) {
      return std::nullopt;
    }
  }
  return index;
}

std::optional<BlockIndex> LoadIndex(const Fd& folder, const Segment& segment, uint64_t size,
                                    uint64_t& bytes_read) {
  const auto file = OpenForReading(folder, IndexName(segment.name));
  if (!file.has_value()) return std::nullopt;
  const auto length = FileSize(*file);
  if (!length.has_value() || *length > kMaxIndex) return std::nullopt;
  std::string bytes(*length, '\0');
  if (::pread(file->get(), bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    return std::nullopt;
  }
  bytes_read += bytes.size();
  auto index = BlockIndex::Unpack(bytes);
  if (!index || index->covered() != size || index->blocks().empty() ||
      index->blocks().front().first_sequence != segment.first) {
    return std::nullopt;
  }
  return index;
}

Status SaveIndex(const Fd& folder, const std::string& segment, const BlockIndex& index) {
  return WriteBeside(folder, IndexName(segment), index.Pack());
}

}  // namespace sluice::audit
