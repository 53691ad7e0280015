#include "delta/deletion_vector_reader.h"

#include <fmt/format.h>

#include <boost/crc.hpp>
#include <string>
#include <utility>

#include "delta/deletion_vector.h"
#include "delta/log_path.h"

namespace sluice::delta {
namespace {

constexpr char kFormatVersion = 1;
constexpr uint64_t kNumberBytes = 4;  // the size before a vector, the checksum behind it
// A vector that begins before this is read with all that lies before it: one request, not two.
constexpr uint64_t kNearBeginning = KiB(256).value;

std::unexpected<Error> Broken(const DeletionVector& vector, std::string_view why,
                              std::string_view detail = {}) {
  // An inline one is as long as its bytes.
  constexpr size_t kShown = 200;
  const std::string id = vector.UniqueId().substr(0, kShown);
  return Fail(Code::kCorrupt, fmt::format("the deletion vector of a file is broken: {}", why),
              detail.empty() ? id : fmt::format("{}: {}", id, detail));
}

uint32_t BigEndian(std::string_view bytes) {
  uint32_t number = 0;
  for (const char byte : bytes.substr(0, kNumberBytes)) {
    number = number << 8U | static_cast<unsigned char>(byte);
  }
  return number;
}

uint32_t Crc32(std::string_view bytes) {
  boost::crc_32_type crc;
  crc.process_bytes(bytes.data(), bytes.size());
  return static_cast<uint32_t>(crc.checksum());
}

Result<uint64_t> SizeOf(const DeletionVector& vector) {
  if (vector.size_in_bytes < 0) return Broken(vector, "its size is less than nothing");
  const auto size = static_cast<uint64_t>(vector.size_in_bytes);
  if (size > kMaxDeletionVector.value) {
    return Fail(Code::kUnsupported,
                "the deletion vector of a file is larger than this server reads",
                fmt::format("{}: {} bytes", vector.UniqueId().substr(0, 200), size));
  }
  return size;
}

// Where the vector lies in its file, its size and checksum included.
Result<storage::Range> PlaceOf(const DeletionVector& vector) {
  // The first byte is the format's version, so that none begins there.
  const int32_t offset = vector.offset.value_or(0);
  if (offset < 1) return Broken(vector, "it cannot lie where the log says");
  const uint64_t size = TRY(SizeOf(vector));
  return storage::Range{static_cast<uint64_t>(offset), size + 2 * kNumberBytes};
}

Status CheckFormat(std::string_view file, const DeletionVector& vector) {
  if (file.empty() || file.front() != kFormatVersion) {
    return Broken(vector, "its file has another format");
  }
  return {};
}

Result<DeletedRows> Decode(std::string bytes, const DeletionVector& vector,
                           std::optional<int64_t> num_records) {
  auto rows = DeletedRows::Decode(std::move(bytes));
  if (!rows.has_value()) return Broken(vector, rows.error().message);
  if (std::cmp_not_equal(rows->cardinality(), vector.cardinality)) {
    return Broken(vector, "it has another number of rows than the log says",
                  fmt::format("{} rows, not {}", rows->cardinality(), vector.cardinality));
  }
  if (num_records.has_value() && rows->last().has_value() &&
      std::cmp_greater_equal(*rows->last(), *num_records)) {
    return Broken(vector, "it names rows that the file does not have",
                  fmt::format("row {} of {}", *rows->last(), *num_records));
  }
  return rows;
}

// `framed` is as long as PlaceOf says.
Result<DeletedRows> DecodeFramed(std::string_view framed, const DeletionVector& vector,
                                 std::optional<int64_t> num_records) {
  const std::string_view bytes = framed.substr(kNumberBytes, framed.size() - 2 * kNumberBytes);
  if (BigEndian(framed) != bytes.size()) {
    return Broken(vector, "its file and the log say different sizes");
  }
  if (BigEndian(framed.substr(framed.size() - kNumberBytes)) != Crc32(bytes)) {
    return Broken(vector, "its checksum does not match");
  }
  return Decode(std::string(bytes), vector, num_records);
}

Result<std::string> ReadPart(const storage::ObjectStore& store, std::string_view key,
                             storage::Range range, const DeletionVector& vector) {
  auto part = store.ReadRange(key, range);
  if (part.has_value()) return part;
  if (part.error().code == Code::kNotFound) return Broken(vector, "its file is missing", key);
  if (part.error().code == Code::kInvalidArgument) {
    return Broken(vector, "its file is too short", key);
  }
  return part;
}

// Z85 is of groups: four bytes are five characters. Where the last group has fewer bytes, Spark and
// Kernel put zeros behind them. Writers in Rust put a '#' for each missing byte before the others'
// characters; since no number of 32 bits begins with '#', nothing else can be meant by it.
Result<std::string> InlineBytes(const DeletionVector& vector, uint64_t size) {
  constexpr size_t kGroupBytes = 4;
  constexpr size_t kGroupText = 5;
  std::string text = vector.path_or_inline;
  if (text.empty() || (size + kGroupBytes - 1) / kGroupBytes * kGroupText != text.size()) {
    return Broken(vector, "it is not as long as the log says");
  }
  const size_t missing = (kGroupBytes - size % kGroupBytes) % kGroupBytes;
  const size_t last_group = text.size() - kGroupText;
  const bool marked = missing > 0 && text[last_group] == '#';
  if (marked) {
    if (text.substr(last_group, missing) != std::string(missing, '#')) {
      return Broken(vector, "it is not written in Z85");
    }
    text.replace(last_group, missing, missing, '0');
  }
  auto bytes = DecodeZ85(text);
  if (!bytes.has_value()) return Broken(vector, "it is not written in Z85");
  if (marked) {
    const size_t fill = bytes->size() - kGroupBytes;
    if (bytes->substr(fill, missing) != std::string(missing, '\0')) {
      return Broken(vector, "it is not written in Z85");
    }
    bytes->erase(fill, missing);
  }
  bytes->resize(size);
  return bytes;
}

}  // namespace

Result<DeletedRows> DecodeInlineDeletedRows(const DeletionVector& vector,
                                            std::optional<int64_t> num_records) {
  const uint64_t size = TRY(SizeOf(vector));
  // How writers say that a file has lost no row.
  if (size == 0 && vector.cardinality == 0 && vector.path_or_inline.empty()) return DeletedRows();
  std::string bytes = TRY(InlineBytes(vector, size));
  return Decode(std::move(bytes), vector, num_records);
}

Result<DeletedRows> DecodeDeletedRowsInFile(std::string_view file, const DeletionVector& vector,
                                            std::optional<int64_t> num_records) {
  const storage::Range place = TRY(PlaceOf(vector));
  TRY(CheckFormat(file, vector));
  if (place.offset + place.length > file.size()) return Broken(vector, "its file is too short");
  return DecodeFramed(file.substr(place.offset, place.length), vector, num_records);
}

Result<DeletedRows> ReadDeletedRowsAt(const storage::ObjectStore& store, std::string_view key,
                                      const DeletionVector& vector,
                                      std::optional<int64_t> num_records) {
  const storage::Range place = TRY(PlaceOf(vector));
  if (place.offset <= kNearBeginning) {
    const storage::Range from_start{0, place.offset + place.length};
    const std::string file = TRY(ReadPart(store, key, from_start, vector));
    return DecodeDeletedRowsInFile(file, vector, num_records);
  }
  const std::string version = TRY(ReadPart(store, key, {0, 1}, vector));
  TRY(CheckFormat(version, vector));
  const std::string framed = TRY(ReadPart(store, key, place, vector));
  return DecodeFramed(framed, vector, num_records);
}

Result<DeletedRows> ReadDeletedRows(const storage::ObjectStore& store, const DeletionVector& vector,
                                    std::optional<int64_t> num_records) {
  if (vector.storage_type == 'i') return DecodeInlineDeletedRows(vector, num_records);
  const std::string key = TRY(ObjectKey(TRY(DeletionVectorPath(vector))));
  return ReadDeletedRowsAt(store, key, vector, num_records);
}

}  // namespace sluice::delta
