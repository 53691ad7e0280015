#include "delta/deletion_vector_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/crc.hpp>
#include <functional>

namespace sluice::delta {
namespace {

constexpr uint32_t kMagic = 1681511377;
constexpr uint32_t kNoRuns = 12346;  // begins a 32-bit bitmap without runs
constexpr uint64_t kBlock = 65536;   // rows that one container can hold
constexpr size_t kArray = 4096;      // rows of a container that is a list

std::string Little(uint64_t number, size_t count) {
  std::string bytes;
  for (size_t i = 0; i < count; ++i) bytes += static_cast<char>(number >> (8 * i) & 0xff);
  return bytes;
}

std::string Big(uint64_t number, size_t count) {
  std::string bytes = Little(number, count);
  std::ranges::reverse(bytes);
  return bytes;
}

// One bitmap, of the key 0, that has one container, of the key 0.
std::string Serialise(const std::vector<uint64_t>& rows) {
  std::string bytes = Little(kMagic, 4) + Little(1, 8) + Little(0, 4);
  bytes += Little(kNoRuns, 4) + Little(1, 4) + Little(0, 2) + Little(rows.size() - 1, 2);
  bytes += Little(16, 4);  // where the container begins in its bitmap
  for (const uint64_t row : rows) bytes += Little(row, 2);
  return bytes;
}

uint32_t Crc32(std::string_view bytes) {
  boost::crc_32_type crc;
  crc.process_bytes(bytes.data(), bytes.size());
  return crc.checksum();
}

Result<std::string> UuidBytes(std::string_view uuid) {
  std::string bytes;
  int digits = 0;
  int value = 0;
  for (const char c : uuid) {
    if (c == '-') continue;
    const auto digit = std::string_view("0123456789abcdef").find(c);
    if (digit == std::string_view::npos) return Fail(Code::kInvalidArgument, "not a UUID");
    value = value * 16 + static_cast<int>(digit);
    if (++digits % 2 == 0) {
      bytes += static_cast<char>(value);
      value = 0;
    }
  }
  if (digits != 32) return Fail(Code::kInvalidArgument, "not a UUID");
  return bytes;
}

}  // namespace

std::string EncodeZ85(std::string_view bytes) {
  constexpr std::string_view kDigits =
      "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
  std::string text;
  for (size_t at = 0; at + 4 <= bytes.size(); at += 4) {
    uint32_t number = 0;
    for (size_t i = 0; i < 4; ++i) number = number << 8 | static_cast<unsigned char>(bytes[at + i]);
    std::string group(5, '0');
    for (size_t i = 5; i-- > 0; number /= 85) group[i] = kDigits[number % 85];
    text += group;
  }
  return text;
}

Result<DeletionVector> WriteDeletionVector(const storage::ObjectStore& store, std::string_view uuid,
                                           const std::vector<uint64_t>& rows) {
  const bool ascending = std::ranges::adjacent_find(rows, std::greater_equal<>()) == rows.end();
  if (rows.empty() || rows.size() > kArray || !ascending || rows.back() >= kBlock) {
    return Fail(Code::kInvalidArgument, "rows that this writer has no form for");
  }
  const std::string name = EncodeZ85(TRY(UuidBytes(uuid)));
  const std::string vector = Serialise(rows);
  TRY(store.PutIfAbsent(fmt::format("deletion_vector_{}.bin", uuid),
                        "\x01" + Big(vector.size(), 4) + vector + Big(Crc32(vector), 4)));
  return DeletionVector{'u', name, 1, static_cast<int32_t>(vector.size()),
                        static_cast<int64_t>(rows.size())};
}

}  // namespace sluice::delta
