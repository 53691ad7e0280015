#include "delta/file_blocks.h"

#include <zstd.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <unordered_map>
#include <utility>

namespace sluice::delta {
namespace {

constexpr size_t kFilesPerBlock = 256;
// Long statistics make smaller blocks: what a cursor unpacks is bounded.
constexpr size_t kBytesPerBlock = 512 << 10;
// Of zstd.
constexpr int kSmallLevel = 1;
constexpr int kFastLevel = -5;

// Which fields of a row are there. In a block each row is: flags, key, the rest in this order.
enum Flag : uint64_t {
  kOtherPath = 1,  // the path in the log differs from the key's
  kVector = 2,
  kOffset = 4,  // the vector has one
  kStats = 8,
  kRecords = 16,
  kRowId = 32,
  kRowVersion = 64,
  kClustering = 128,
  kOutside = 256,
};

std::unexpected<Error> Damaged(std::string detail) {
  return Fail(Code::kInternal, "the files of the table cannot be unpacked", std::move(detail));
}

// Numbers take seven bits a byte; negative ones are folded, so that small ones stay short.
class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}
  void Unsigned(uint64_t value) {
    for (; value >= 0x80; value >>= 7) out_ += static_cast<char>(value | 0x80);
    out_ += static_cast<char>(value);
  }
  void Signed(int64_t value) {
    Unsigned(static_cast<uint64_t>(value) << 1 ^ static_cast<uint64_t>(value >> 63));
  }
  void Text(std::string_view text) {
    Unsigned(text.size());
    out_ += text;
  }

 private:
  std::string& out_;
};

class Reader {
 public:
  Reader() = default;
  Reader(const char* begin, const char* end) : at_(begin), end_(end) {}
  uint64_t Unsigned() {
    uint64_t value = 0;
    for (int shift = 0; at_ < end_ && shift < 64; shift += 7) {
      const auto byte = static_cast<unsigned char>(*at_++);
      value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    sound_ = false;
    return 0;
  }
  int64_t Signed() {
    const uint64_t value = Unsigned();
    return static_cast<int64_t>(value >> 1 ^ (~(value & 1) + 1));
  }
  std::string_view Text() {
    const uint64_t size = Unsigned();
    if (size > static_cast<uint64_t>(end_ - at_)) {
      sound_ = false;
      return {};
    }
    const std::string_view text(at_, size);
    at_ += size;
    return text;
  }
  bool sound() const { return sound_; }

 private:
  const char* at_ = nullptr;
  const char* end_ = nullptr;
  bool sound_ = true;
};

uint64_t FlagsOf(const FileRow& row) {
  const FileEntry& entry = row.entry;
  uint64_t flags = 0;
  if (entry.path != row.key.path) flags |= kOtherPath;
  if (entry.deletion_vector != nullptr) flags |= kVector;
  if (entry.deletion_vector != nullptr && entry.deletion_vector->offset.has_value()) {
    flags |= kOffset;
  }
  if (entry.stats.has_value()) flags |= kStats;
  if (entry.num_records.has_value()) flags |= kRecords;
  if (entry.base_row_id.has_value()) flags |= kRowId;
  if (entry.default_row_commit_version.has_value()) flags |= kRowVersion;
  if (!entry.clustering_provider.empty()) flags |= kClustering;
  if (row.outside) flags |= kOutside;
  return flags;
}

size_t SharedPrefix(std::string_view a, std::string_view b) {
  const size_t most = std::min(a.size(), b.size());
  return static_cast<size_t>(
      std::mismatch(a.begin(), a.begin() + static_cast<ptrdiff_t>(most), b.begin()).first -
      a.begin());
}

void WriteVector(const DeletionVector& vector, Writer& out) {
  out.Text({&vector.storage_type, 1});
  out.Text(vector.path_or_inline);
  if (vector.offset.has_value()) out.Signed(*vector.offset);
  out.Signed(vector.size_in_bytes);
  out.Signed(vector.cardinality);
}

void ReadVector(Reader& in, bool has_offset, DeletionVector& vector) {
  const std::string_view type = in.Text();
  vector.storage_type = type.empty() ? 'u' : type.front();
  vector.path_or_inline = in.Text();
  vector.offset.reset();
  if (has_offset) vector.offset = static_cast<int32_t>(in.Signed());
  vector.size_in_bytes = static_cast<int32_t>(in.Signed());
  vector.cardinality = in.Signed();
}

struct FreeCompressor {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};
struct FreeDecompressor {
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

// Appends `bytes`, compressed, to `out`; returns how much that was.
Result<size_t> Compress(ZSTD_CCtx* context, int level, std::string_view bytes, std::string& out) {
  const size_t begin = out.size();
  out.resize(begin + ZSTD_compressBound(bytes.size()));
  const size_t size = ZSTD_compressCCtx(context, out.data() + begin, out.size() - begin,
                                        bytes.data(), bytes.size(), level);
  if (ZSTD_isError(size) != 0) return Damaged(ZSTD_getErrorName(size));
  out.resize(begin + size);
  return size;
}

// `bytes` grows where it has to.
Status Uncompress(ZSTD_DCtx* context, std::string_view packed, size_t size, std::string& bytes) {
  if (bytes.size() < size) bytes.resize(size);
  const size_t got =
      ZSTD_decompressDCtx(context, bytes.data(), bytes.size(), packed.data(), packed.size());
  if (ZSTD_isError(got) != 0) return Damaged(ZSTD_getErrorName(got));
  return got == size ? Status() : Damaged("size");
}

}  // namespace

uint32_t HashOf(KeyView key) {
  const size_t path = std::hash<std::string_view>()(key.path);
  const size_t vector = key.dv_id.empty() ? 0 : std::hash<std::string_view>()(key.dv_id);
  const uint64_t both = path ^ (vector * 0x9e3779b97f4a7c15);
  return static_cast<uint32_t>(both ^ both >> 32);
}

void FileTotals::Add(const FileRow& row) {
  ++files;
  bytes += static_cast<uint64_t>(row.entry.size);
  if (row.entry.deletion_vector != nullptr) {
    ++deletion_vectors;
    deleted_records += static_cast<uint64_t>(row.entry.deletion_vector->cardinality);
  }
  if (row.outside) ++outside;
}

void FileTotals::Remove(const FileRow& row) {
  --files;
  bytes -= static_cast<uint64_t>(row.entry.size);
  if (row.entry.deletion_vector != nullptr) {
    --deletion_vectors;
    deleted_records -= static_cast<uint64_t>(row.entry.deletion_vector->cardinality);
  }
  if (row.outside) --outside;
}

void FileTotals::Add(const FileTotals& other) {
  files += other.files;
  bytes += other.bytes;
  deletion_vectors += other.deletion_vectors;
  deleted_records += other.deleted_records;
  outside += other.outside;
}

ByteCount FileBlock::memory() const {
  size_t bytes = sizeof *this + first_path.capacity() + first_dv_id.capacity() + packed.memory() +
                 hashes.capacity() * sizeof(uint32_t) + partitions.capacity() * sizeof(std::string);
  for (const std::string& values : partitions) bytes += values.capacity();
  return {bytes};
}

FileSegment::FileSegment(BlockLimits limits, std::vector<std::shared_ptr<const FileBlock>> blocks)
    : blocks_(std::move(blocks)), limits_(std::move(limits)) {
  blocks_.shrink_to_fit();
  memory_ = {sizeof *this + blocks_.capacity() * sizeof(blocks_.front())};
  for (const auto& block : blocks_) {
    totals_.Add(block->totals);
    memory_ = memory_ + block->memory();
  }
}

size_t FileSegment::BlockOf(KeyView key) const {
  const auto behind =
      std::upper_bound(blocks_.begin(), blocks_.end(), key,
                       [](KeyView k, const auto& block) { return k < block->first_key(); });
  return behind == blocks_.begin() ? 0 : static_cast<size_t>(behind - blocks_.begin()) - 1;
}

struct SegmentBuilder::State {
  State(BlockSpace& block_space, Packing packing)
      : space(block_space), level(packing == Packing::kSmall ? kSmallLevel : kFastLevel) {}

  BlockSpace& space;
  const int level;
  std::vector<std::shared_ptr<const FileBlock>> blocks;
  std::shared_ptr<FileBlock> open = std::make_shared<FileBlock>();
  std::unordered_map<std::string, uint64_t> partitions;  // of the open block
  std::string rows;
  std::string texts;  // statistics lie apart: like beside like packs better
  std::string last_key;
  int64_t last_time = 0;
  std::string buffer;
  std::unique_ptr<ZSTD_CCtx, FreeCompressor> compressor{ZSTD_createCCtx()};

  uint64_t PartitionNumber(std::string_view values) {
    const auto [place, added] = partitions.try_emplace(std::string(values), partitions.size());
    if (added) open->partitions.emplace_back(values);
    return place->second;
  }
};

SegmentBuilder::SegmentBuilder(BlockSpace& space, Packing packing)
    : state_(std::make_unique<State>(space, packing)) {}
SegmentBuilder::~SegmentBuilder() = default;
SegmentBuilder::SegmentBuilder(SegmentBuilder&&) noexcept = default;

Status SegmentBuilder::Add(const FileRow& row) {
  State& s = *state_;
  const FileEntry& entry = row.entry;
  if (s.open->hashes.empty()) {
    s.open->first_path = row.key.path;
    s.open->first_dv_id = row.key.dv_id;
    s.open->hashes.reserve(kFilesPerBlock);
  }
  s.open->hashes.push_back(HashOf(row.key));
  s.open->totals.Add(row);
  Writer out(s.rows);
  out.Unsigned(FlagsOf(row));
  const size_t shared = SharedPrefix(s.last_key, row.key.path);
  out.Unsigned(shared);
  out.Text(row.key.path.substr(shared));
  s.last_key.replace(shared, std::string::npos, row.key.path.substr(shared));
  if (entry.path != row.key.path) out.Text(entry.path);
  out.Unsigned(s.PartitionNumber(entry.partition_values));
  out.Signed(entry.size);
  // Wraps around rather than overflows: times come from the log.
  out.Signed(static_cast<int64_t>(static_cast<uint64_t>(entry.modification_time) -
                                  static_cast<uint64_t>(s.last_time)));
  s.last_time = entry.modification_time;
  if (entry.deletion_vector != nullptr) WriteVector(*entry.deletion_vector, out);
  if (entry.stats.has_value()) Writer(s.texts).Text(*entry.stats);
  if (entry.num_records.has_value()) out.Signed(*entry.num_records);
  if (entry.base_row_id.has_value()) out.Signed(*entry.base_row_id);
  if (entry.default_row_commit_version.has_value()) out.Signed(*entry.default_row_commit_version);
  if (!entry.clustering_provider.empty()) out.Text(entry.clustering_provider);
  const bool full =
      s.open->hashes.size() == kFilesPerBlock || s.rows.size() + s.texts.size() >= kBytesPerBlock;
  return full ? CloseBlock() : Status();
}

bool SegmentBuilder::CanShare() const {
  const size_t open = state_->open->hashes.size();
  return open == 0 || open >= kFilesPerBlock / 2;
}

Status SegmentBuilder::Share(std::shared_ptr<const FileBlock> block) {
  TRY(CloseBlock());
  state_->space.Count(block->packed);
  state_->blocks.push_back(std::move(block));
  return {};
}

Status SegmentBuilder::CloseBlock() {
  State& s = *state_;
  if (s.open->hashes.empty()) return {};
  s.buffer.clear();
  s.open->packed_rows = TRY(Compress(s.compressor.get(), s.level, s.rows, s.buffer));
  if (!s.texts.empty()) TRY(Compress(s.compressor.get(), s.level, s.texts, s.buffer));
  s.open->packed = TRY(s.space.Keep(s.buffer));
  s.open->hashes.shrink_to_fit();
  s.open->partitions.shrink_to_fit();
  s.open->rows_size = s.rows.size();
  s.open->statistics_size = s.texts.size();
  s.blocks.push_back(std::move(s.open));
  s.open = std::make_shared<FileBlock>();
  s.partitions.clear();
  s.rows.clear();
  s.texts.clear();
  s.last_key.clear();
  s.last_time = 0;
  return {};
}

Result<std::vector<std::shared_ptr<const FileBlock>>> SegmentBuilder::Finish() {
  TRY(CloseBlock());
  return std::move(state_->blocks);
}

struct BlockReader::State {
  std::shared_ptr<const FileBlock> block;
  std::vector<bool> wanted;
  size_t unwanted = 0;
  size_t left = 0;
  std::string packed_buffer;  // if it lies on disk
  std::string_view packed;
  std::string row_bytes;
  std::string statistics_bytes;
  Reader rows;
  Reader statistics;
  bool has_statistics = false;   // they are unpacked
  size_t statistics_behind = 0;  // of rows that came without theirs
  std::string key;
  std::string dv_id;
  int64_t time = 0;
  DeletionVector vector;
  FileRow row;
  bool row_has_statistics = false;  // which were not read
  bool is_wanted = true;
  std::unique_ptr<ZSTD_DCtx, FreeDecompressor> decompressor{ZSTD_createDCtx()};

  Status ReadRow();
  Status ReadStatistics();
};

BlockReader::BlockReader() : state_(std::make_unique<State>()) {}
BlockReader::BlockReader(BlockReader&&) noexcept = default;
BlockReader::~BlockReader() = default;

Status BlockReader::Open(std::shared_ptr<const FileBlock> block, std::vector<bool> wanted) {
  State& s = *state_;
  s.block = std::move(block);
  s.wanted = std::move(wanted);
  s.unwanted = 0;
  s.packed = TRY(s.block->packed.Read(s.packed_buffer));
  if (s.packed.size() < s.block->packed_rows) return Damaged("length");
  TRY(Uncompress(s.decompressor.get(), s.packed.substr(0, s.block->packed_rows), s.block->rows_size,
                 s.row_bytes));
  s.rows = Reader(s.row_bytes.data(), s.row_bytes.data() + s.block->rows_size);
  s.has_statistics = false;
  s.row_has_statistics = false;
  s.statistics_behind = 0;
  s.left = s.block->hashes.size();
  s.key.clear();
  s.time = 0;
  return {};
}

Status BlockReader::State::ReadRow() {
  FileEntry& entry = row.entry;
  const uint64_t flags = rows.Unsigned();
  const uint64_t shared = rows.Unsigned();
  const std::string_view rest = rows.Text();
  if (shared > key.size()) return Damaged("prefix");
  key.replace(shared, std::string::npos, rest);
  row.key.path = key;
  entry.path = (flags & kOtherPath) != 0 ? rows.Text() : row.key.path;
  const uint64_t partition = rows.Unsigned();
  if (partition >= block->partitions.size()) return Damaged("partition");
  is_wanted = wanted.empty() || wanted[partition];
  entry.partition_values = block->partitions[partition];
  entry.size = rows.Signed();
  time = static_cast<int64_t>(static_cast<uint64_t>(time) + static_cast<uint64_t>(rows.Signed()));
  entry.modification_time = time;
  row.key.dv_id = {};
  entry.deletion_vector = nullptr;
  if ((flags & kVector) != 0) {
    ReadVector(rows, (flags & kOffset) != 0, vector);
    entry.deletion_vector = &vector;
    dv_id = vector.UniqueId();
    row.key.dv_id = dv_id;
  }
  const auto number = [&](Flag flag) {
    return (flags & flag) != 0 ? std::optional(rows.Signed()) : std::nullopt;
  };
  row_has_statistics = (flags & kStats) != 0;
  entry.stats.reset();
  entry.num_records = number(kRecords);
  entry.base_row_id = number(kRowId);
  entry.default_row_commit_version = number(kRowVersion);
  entry.clustering_provider = (flags & kClustering) != 0 ? rows.Text() : std::string_view();
  row.outside = (flags & kOutside) != 0;
  return rows.sound() ? Status() : Damaged("row");
}

// Those of the row that came last.
Status BlockReader::State::ReadStatistics() {
  if (!has_statistics) {
    TRY(Uncompress(decompressor.get(), packed.substr(block->packed_rows), block->statistics_size,
                   statistics_bytes));
    statistics = Reader(statistics_bytes.data(), statistics_bytes.data() + block->statistics_size);
    has_statistics = true;
  }
  for (; statistics_behind > 0; --statistics_behind) statistics.Text();
  row.entry.stats = statistics.Text();
  return statistics.sound() ? Status() : Damaged("statistics");
}

Result<const FileRow*> BlockReader::NextKey() {
  State& s = *state_;
  while (s.left > 0) {
    --s.left;
    if (std::exchange(s.row_has_statistics, false)) ++s.statistics_behind;
    TRY(s.ReadRow());
    if (s.is_wanted) return &s.row;
    ++s.unwanted;
  }
  return nullptr;
}

Result<const FileRow*> BlockReader::Next() {
  const FileRow* row = TRY(NextKey());
  if (row == nullptr || !std::exchange(state_->row_has_statistics, false)) return row;
  TRY(state_->ReadStatistics());
  return row;
}

size_t BlockReader::unwanted() const { return state_->unwanted; }

}  // namespace sluice::delta
