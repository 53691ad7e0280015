// delta/deleted_rows.h -- the rows that a deletion vector takes out of a data file.
//
// Made from the vector's serialised form, whose bytes are checked once, to the last one, and then
// kept and read where they are: what this needs in memory follows from their size alone, however
// many rows they claim. Valid by construction: rows ascend, none stands twice, the counts are true.
//
// The decoder is our own, since the bytes come from outside. CRoaring as Debian 12 has it (0.2.66)
// does not read past their end, but believes them otherwise: containers out of order, runs that
// overlap and false counts get in, and the function that would find them came in later versions.
// The format has three kinds of containers, and checking them is as long as decoding them.
//
// Source: Delta PROTOCOL.md, "Deletion Vector Format"; RoaringFormatSpec, the 64-bit extension too.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sluice::delta {

class DeletedRows {
 public:
  class Cursor;

  // No rows.
  DeletedRows() = default;

  // From a serialised RoaringBitmapArray: the magic number, then a portable 64-bit bitmap.
  // Errors: kCorrupt  the bytes are no such thing; the message goes on behind "... is broken: "
  static Result<DeletedRows> Decode(std::string bytes);

  uint64_t cardinality() const { return cardinality_; }
  bool Contains(uint64_t row) const;
  // The greatest row; nothing if there is none.
  std::optional<uint64_t> last() const { return last_; }
  // The rows in ascending order. This must outlive the cursor.
  Cursor Rows() const;

 private:
  enum class Kind : uint8_t { kArray, kBitmap, kRuns };
  // At most 65536 rows that share all but the lowest 16 bits.
  struct Container {
    uint64_t first_row = 0;  // of the block, whose lowest 16 bits are 0
    uint32_t data = 0;   // where it begins in bytes_: values, bits, or pairs of start and length
    uint32_t items = 0;  // values or pairs; rows of a bitmap
    Kind kind = Kind::kArray;
  };
  class Decoder;

  uint16_t Value(const Container& container, size_t index) const;
  bool Holds(const Container& container, uint16_t low) const;

  std::string bytes_;
  std::vector<Container> containers_;  // in ascending order
  uint64_t cardinality_ = 0;
  std::optional<uint64_t> last_;
};

class DeletedRows::Cursor {
 public:
  // The next row, or nothing at the end.
  std::optional<uint64_t> Next();

 private:
  friend class DeletedRows;
  explicit Cursor(const DeletedRows& rows) : rows_(&rows) {}
  // The next value of the container, or nothing behind its last one.
  std::optional<uint16_t> NextIn(const Container& container);

  const DeletedRows* rows_;
  size_t container_ = 0;
  uint32_t item_ = 0;    // the value or run that is next; the bit of a bitmap
  uint32_t in_run_ = 0;  // rows of that run that were given
};

}  // namespace sluice::delta
