#include "delta/file_blocks.h"

#include <zstd.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/json.h"
#include "delta/log_path.h"
#include "delta/stats.h"

namespace sluice::delta {
namespace {

constexpr size_t kFilesPerBlock = 256;
constexpr int kCompressionLevel = 1;

// What a record holds beside path, partition values, size and time.
enum Flag : uint8_t {
  kHasStats = 1,
  kHasRecords = 2,
  kHasVector = 4,
  kHasVectorOffset = 8,
  kHasRowId = 16,
  kHasRowVersion = 32,
  kHasClustering = 64,
};

void PutNumber(int64_t signed_value, std::string& out) {
  // Zigzag, so that small negative numbers stay small.
  auto value = static_cast<uint64_t>(signed_value) << 1 ^ static_cast<uint64_t>(signed_value >> 63);
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  out += static_cast<char>(value);
}

void PutText(std::string_view text, std::string& out) {
  PutNumber(static_cast<int64_t>(text.size()), out);
  out += text;
}

class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}
  int64_t Number() {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(rest_[0]);
      rest_.remove_prefix(1);
      value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return static_cast<int64_t>(value >> 1 ^ (0 - (value & 1)));
    }
    ok_ = false;
    return 0;
  }
  std::string_view Text() {
    const auto size = static_cast<uint64_t>(Number());
    if (size > rest_.size()) {
      ok_ = false;
      return {};
    }
    const std::string_view text = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return text;
  }
  std::string_view rest() const { return rest_; }
  bool ok() const { return ok_; }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

std::string RenderPartitionValues(const PartitionValues& values) {
  std::string out = "{";
  for (const auto& [name, value] : values) {
    if (out.size() > 1) out += ',';
    json::AppendQuoted(name, out);
    out += ':';
    if (value && !value->empty()) {
      json::AppendQuoted(*value, out);
    } else {
      out += "null";  // an empty text is null too: "Partition Value Serialization"
    }
  }
  return out + '}';
}

}  // namespace

FileKey KeyOf(std::string_view path, const std::optional<DeletionVector>& vector) {
  return {CanonicalPath(path), vector ? vector->UniqueId() : std::string()};
}

FileKey KeyOfEntry(const FileEntry& entry) {
  return {CanonicalPath(entry.path),
          entry.deletion_vector == nullptr ? std::string() : entry.deletion_vector->UniqueId()};
}

std::string EncodeFile(const AddFile& add) {
  const std::optional<int64_t> records = add.stats ? NumRecords(*add.stats) : std::nullopt;
  const bool has_offset = add.deletion_vector && add.deletion_vector->offset;
  const int flags = (add.stats ? kHasStats : 0) | (records ? kHasRecords : 0) |
                    (add.deletion_vector ? kHasVector : 0) | (has_offset ? kHasVectorOffset : 0) |
                    (add.base_row_id ? kHasRowId : 0) |
                    (add.default_row_commit_version ? kHasRowVersion : 0) |
                    (add.clustering_provider ? kHasClustering : 0);
  std::string out(1, static_cast<char>(flags));
  PutText(add.path, out);
  PutText(RenderPartitionValues(add.partition_values), out);
  PutNumber(add.size, out);
  PutNumber(add.modification_time, out);
  if (add.stats) PutText(*add.stats, out);
  if (records) PutNumber(*records, out);
  if (add.deletion_vector) {
    const DeletionVector& vector = *add.deletion_vector;
    out += vector.storage_type;
    PutText(vector.path_or_inline, out);
    if (vector.offset) PutNumber(*vector.offset, out);
    PutNumber(vector.size_in_bytes, out);
    PutNumber(vector.cardinality, out);
  }
  if (add.base_row_id) PutNumber(*add.base_row_id, out);
  if (add.default_row_commit_version) PutNumber(*add.default_row_commit_version, out);
  if (add.clustering_provider) PutText(*add.clustering_provider, out);
  return out;
}

Status DecodeFile(std::string_view& bytes, FileEntry& entry, DeletionVector& vector) {
  if (bytes.empty()) return Fail(Code::kInternal, "Internal error.", "an empty file record");
  const auto flags = static_cast<unsigned char>(bytes[0]);
  Reader in(bytes.substr(1));
  entry = FileEntry();
  entry.path = in.Text();
  entry.partition_values = in.Text();
  entry.size = in.Number();
  entry.modification_time = in.Number();
  if ((flags & kHasStats) != 0) entry.stats = in.Text();
  if ((flags & kHasRecords) != 0) entry.num_records = in.Number();
  if ((flags & kHasVector) != 0) {
    const std::string_view rest = in.rest();
    vector.storage_type = rest.empty() ? '?' : rest[0];
    in = Reader(rest.substr(std::min<size_t>(1, rest.size())));
    vector.path_or_inline = in.Text();
    vector.offset.reset();
    if ((flags & kHasVectorOffset) != 0) vector.offset = static_cast<int32_t>(in.Number());
    vector.size_in_bytes = static_cast<int32_t>(in.Number());
    vector.cardinality = in.Number();
    entry.deletion_vector = &vector;
  }
  if ((flags & kHasRowId) != 0) entry.base_row_id = in.Number();
  if ((flags & kHasRowVersion) != 0) entry.default_row_commit_version = in.Number();
  if ((flags & kHasClustering) != 0) entry.clustering_provider = in.Text();
  if (!in.ok()) return Fail(Code::kInternal, "Internal error.", "a broken file record");
  bytes = in.rest();
  return {};
}

size_t FileBlocks::BlockOf(const FileKey& key) const {
  const auto behind = std::ranges::upper_bound(blocks_, key, {}, &Block::first);
  return behind == blocks_.begin() ? 0 : static_cast<size_t>(behind - blocks_.begin()) - 1;
}

Status FileBlocks::Unpack(size_t index, std::string& out) const {
  const Block& block = blocks_[index];
  out.resize(block.unpacked);
  const size_t size =
      ZSTD_decompress(out.data(), out.size(), block.packed.data(), block.packed.size());
  if (ZSTD_isError(size) != 0 || size != block.unpacked) {
    return Fail(Code::kInternal, "Internal error.", "a block of files cannot be unpacked");
  }
  return {};
}

struct FileBlocksBuilder::State {
  std::shared_ptr<FileBlocks> result = std::make_shared<FileBlocks>();
  std::string open;  // records of the block that is being filled
  size_t open_count = 0;
  FileKey open_first;
  std::optional<FileKey> last;
  std::vector<std::pair<FileKey, std::string>> late;  // came out of order

  void Close() {
    if (open_count == 0) return;
    FileBlocks::Block block{std::move(open_first), static_cast<uint32_t>(open.size()), {}};
    std::string packed(ZSTD_compressBound(open.size()), '\0');
    const size_t size =
        ZSTD_compress(packed.data(), packed.size(), open.data(), open.size(), kCompressionLevel);
    block.packed.assign(packed, 0, size);  // its own allocation, of just this size
    result->memory_ = result->memory_ + ByteCount{size + sizeof(block) + block.first.path.size() +
                                                  block.first.dv_id.size()};
    result->blocks_.push_back(std::move(block));
    open.clear();
    open_count = 0;
  }
};

FileBlocksBuilder::FileBlocksBuilder() : state_(std::make_unique<State>()) {}
FileBlocksBuilder::~FileBlocksBuilder() = default;

Status FileBlocksBuilder::Add(const AddFile& add) {
  return AddRecord(KeyOf(add.path, add.deletion_vector), EncodeFile(add));
}

Status FileBlocksBuilder::AddRecord(FileKey key, std::string_view record) {
  State& s = *state_;
  if (s.last && key == *s.last) {
    return Fail(Code::kCorrupt, "The table's log is broken: it names the same file twice.");
  }
  if (s.last && key < *s.last) {
    s.late.emplace_back(std::move(key), record);
    return {};
  }
  FileEntry entry;
  DeletionVector vector;
  std::string_view rest = record;
  TRY(DecodeFile(rest, entry, vector));
  const Result<std::string> inside = ObjectKey(entry.path);
  if (!inside && inside.error().code != Code::kUnsupported) {
    return std::unexpected(inside.error());
  }
  if (!inside) s.result->outside_.push_back(key);
  ++s.result->count_;
  if (entry.deletion_vector != nullptr) ++s.result->deletion_vectors_;
  s.result->size_ = s.result->size_ + ByteCount{static_cast<uint64_t>(entry.size)};
  if (s.open_count == 0) s.open_first = key;
  s.open += record;
  s.last = std::move(key);
  if (++s.open_count == kFilesPerBlock) s.Close();
  return {};
}

Result<std::shared_ptr<const FileBlocks>> FileBlocksBuilder::Finish() {
  State& s = *state_;
  if (s.late.empty()) {
    s.Close();
    return std::shared_ptr<const FileBlocks>(std::move(s.result));
  }
  // Everything is taken apart once more and sorted.
  s.Close();
  std::vector<std::pair<FileKey, std::string>> all = std::move(s.late);
  std::string block;
  for (size_t i = 0; i < s.result->blocks(); ++i) {
    TRY(s.result->Unpack(i, block));
    FileEntry entry;
    DeletionVector vector;
    for (std::string_view rest = block; !rest.empty();) {
      const std::string_view from = rest;
      TRY(DecodeFile(rest, entry, vector));
      all.emplace_back(KeyOfEntry(entry), from.substr(0, from.size() - rest.size()));
    }
  }
  std::ranges::sort(all, {}, &std::pair<FileKey, std::string>::first);
  FileBlocksBuilder sorted;
  for (auto& [key, record] : all) TRY(sorted.AddRecord(std::move(key), record));
  return sorted.Finish();
}

}  // namespace sluice::delta
