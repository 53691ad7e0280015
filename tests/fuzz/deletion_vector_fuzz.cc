// Deletion vectors: bytes that are accepted are a set of rows that agrees with itself.
#include <algorithm>

#include "delta/deletion_vector_reader.h"
#include "fuzz.h"

using sluice::fuzz::Require;

namespace {

// A vector of a few bytes may stand for so many rows that walking them all would take too long.
constexpr uint64_t kMostRows = 1'000'000;

void Check(const sluice::Result<sluice::delta::DeletedRows>& rows) {
  if (!rows.has_value()) return Require(rows.error().code == sluice::Code::kCorrupt);
  auto cursor = rows->Rows();
  std::optional<uint64_t> last;
  uint64_t count = 0;
  while (count < kMostRows) {
    const auto row = cursor.Next();
    if (!row.has_value()) break;
    Require(!last.has_value() || *row > *last);
    Require(*row <= INT64_MAX && rows->Contains(*row));
    // Nothing lies between two rows.
    if (last.has_value() && *row > *last + 1) {
      Require(!rows->Contains(*row - 1) && !rows->Contains(*last + 1));
    }
    last = row;
    ++count;
  }
  Require(count == std::min(rows->cardinality(), kMostRows));
  if (count < kMostRows) Require(last == rows->last());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes = sluice::fuzz::View(data, size);
  const auto rows = sluice::delta::DeletedRows::Decode(std::string(bytes));
  Check(rows);

  // The same bytes in a file and in the log, of which all but the framing is right.
  const auto cardinality = rows.has_value() ? static_cast<int64_t>(rows->cardinality()) : 0;
  const auto length = static_cast<int32_t>(size);
  Check(sluice::delta::DecodeDeletedRowsInFile(
      bytes, {'u', "", 1, std::max(length - 9, 0), cardinality}, {}));
  Check(sluice::delta::DecodeInlineDeletedRows(
      {'i', std::string(bytes), std::nullopt, length / 5 * 4 - length % 4, cardinality}, {}));
  return 0;
}
