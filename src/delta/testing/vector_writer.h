// delta/testing/vector_writer.h -- deletion vectors and their files, written as the formats say,
// with nothing shared with what reads them.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "delta/actions.h"

namespace sluice::delta::testing {

using RowSet = std::set<uint64_t>;
using RowRuns = std::vector<std::pair<uint16_t, uint16_t>>;  // first and last row of each

// Numbers of `count` bytes, the lowest or the highest first.
inline std::string Little(uint64_t number, size_t count) {
  std::string bytes;
  for (size_t i = 0; i < count; ++i) bytes += static_cast<char>(number >> 8 * i & 0xff);
  return bytes;
}
inline std::string Big(uint64_t number, size_t count) {
  const std::string bytes = Little(number, count);
  return {bytes.rbegin(), bytes.rend()};
}

// Bit by bit, as the definition goes.
inline uint32_t SlowCrc32(std::string_view bytes) {
  uint32_t crc = 0xffffffff;
  for (const char byte : bytes) {
    crc ^= static_cast<unsigned char>(byte);
    for (int i = 0; i < 8; ++i) crc = crc >> 1 ^ ((crc & 1) != 0 ? 0xedb88320 : 0);
  }
  return ~crc;
}

inline RowRuns RunsOf(const std::set<uint16_t>& rows) {
  RowRuns runs;
  for (const uint16_t row : rows) {
    if (!runs.empty() && runs.back().second + 1 == row) {
      runs.back().second = row;
    } else {
      runs.emplace_back(row, row);
    }
  }
  return runs;
}

// Which blocks of rows are written as runs: those that are shorter so, none, or all.
enum class Runs { kWhereShorter, kNever, kAlways };

inline std::string EncodeRuns(const RowRuns& runs) {
  std::string bytes = Little(runs.size(), 2);
  for (const auto& [first, last] : runs) bytes += Little(first, 2) + Little(last - first, 2);
  return bytes;
}

inline std::string EncodePlain(const std::set<uint16_t>& rows) {
  std::string bytes;
  if (rows.size() <= 4096) {
    for (const uint16_t row : rows) bytes += Little(row, 2);
    return bytes;
  }
  bytes.assign(8192, '\0');
  for (const uint16_t row : rows) {
    bytes[row / 8] = static_cast<char>(bytes[row / 8] | 1 << row % 8);
  }
  return bytes;
}

// The 32-bit format: what begins it, the blocks' keys and counts, where they lie, the blocks.
inline std::string EncodeBitmap(const std::map<uint16_t, std::set<uint16_t>>& blocks, Runs runs) {
  std::vector<std::string> bodies;
  std::string run_bits((blocks.size() + 7) / 8, '\0');
  std::string header;
  for (const auto& [key, rows] : blocks) {
    const std::string plain = EncodePlain(rows);
    const std::string in_runs = EncodeRuns(RunsOf(rows));
    const bool use_runs =
        runs == Runs::kAlways || (runs == Runs::kWhereShorter && in_runs.size() < plain.size());
    const size_t index = bodies.size();
    if (use_runs) {
      run_bits[index / 8] = static_cast<char>(run_bits[index / 8] | 1 << index % 8);
    }
    bodies.push_back(use_runs ? in_runs : plain);
    header += Little(key, 2) + Little(rows.size() - 1, 2);
  }
  const bool any_runs = run_bits.find_first_not_of('\0') != std::string::npos;
  std::string bytes = any_runs ? Little(12347 | (blocks.size() - 1) << 16, 4) + run_bits
                               : Little(12346, 4) + Little(blocks.size(), 4);
  bytes += header;
  if (!any_runs || blocks.size() >= 4) {
    size_t offset = bytes.size() + 4 * blocks.size();
    for (const std::string& body : bodies) {
      bytes += Little(offset, 4);
      offset += body.size();
    }
  }
  for (const std::string& body : bodies) bytes += body;
  return bytes;
}

// A serialised RoaringBitmapArray.
inline std::string EncodeRows(const RowSet& rows, Runs runs = Runs::kWhereShorter) {
  std::map<uint32_t, std::map<uint16_t, std::set<uint16_t>>> bitmaps;
  for (const uint64_t row : rows) {
    bitmaps[static_cast<uint32_t>(row >> 32)][static_cast<uint16_t>(row >> 16)].insert(
        static_cast<uint16_t>(row));
  }
  std::string bytes = Little(1681511377, 4) + Little(bitmaps.size(), 8);
  for (const auto& [key, blocks] : bitmaps) bytes += Little(key, 4) + EncodeBitmap(blocks, runs);
  return bytes;
}

// A file of vectors, and the descriptor of each that is added.
class VectorFile {
 public:
  // `name` is what the descriptors name the file by.
  explicit VectorFile(std::string name) : name_(std::move(name)) {}

  DeletionVector Add(const RowSet& rows, Runs runs = Runs::kWhereShorter) {
    return AddBytes(EncodeRows(rows, runs), static_cast<int64_t>(rows.size()));
  }
  DeletionVector AddBytes(std::string_view vector, int64_t cardinality) {
    const auto offset = static_cast<int32_t>(bytes_.size());
    bytes_ += Big(vector.size(), 4);
    bytes_ += vector;
    bytes_ += Big(SlowCrc32(vector), 4);
    return {'u', name_, offset, static_cast<int32_t>(vector.size()), cardinality};
  }
  // Bytes that no descriptor means.
  void Skip(size_t count) { bytes_.append(count, '\0'); }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string name_;
  std::string bytes_ = "\x01";
};

}  // namespace sluice::delta::testing
