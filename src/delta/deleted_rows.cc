#include "delta/deleted_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <limits>

namespace sluice::delta {
namespace {

constexpr uint32_t kMagic = 1681511377;
// How a 32-bit bitmap begins: without runs this number, with runs this one in the lower half and
// the number of containers less one in the upper half.
constexpr uint32_t kCookieWithoutRuns = 12346;
constexpr uint32_t kCookieWithRuns = 12347;
constexpr uint32_t kBlockRows = 1U << 16U;
constexpr uint32_t kBitmapBytes = kBlockRows / 8;
// More rows than this are a bitmap.
constexpr uint32_t kMaxArrayRows = 4096;
// A bitmap with runs tells where its containers lie only if it has so many.
constexpr uint32_t kFewContainers = 4;
constexpr uint32_t kRunBytes = 4;

std::unexpected<Error> Broken(std::string why) { return Fail(Code::kCorrupt, std::move(why)); }

// The little-endian number at the beginning of `bytes`, which are enough.
template <class T>
T Number(std::string_view bytes) {
  T number = 0;
  for (size_t i = sizeof(T); i-- > 0;) {
    number =
        static_cast<T>(static_cast<uint64_t>(number) << 8U | static_cast<unsigned char>(bytes[i]));
  }
  return number;
}

bool HasBit(std::string_view bits, size_t index) {
  return (static_cast<unsigned char>(bits[index / 8]) >> index % 8 & 1U) != 0;
}

}  // namespace

// Goes through the bytes once, from the first to the last.
class DeletedRows::Decoder {
 public:
  explicit Decoder(DeletedRows& rows) : rows_(rows), bytes_(rows.bytes_) {}

  Status Decode() {
    if (TRY(Take<uint32_t>()) != kMagic) return Broken("its format is not known");
    const uint64_t bitmaps = TRY(Take<uint64_t>());
    int64_t last_key = -1;
    for (uint64_t i = 0; i < bitmaps; ++i) {
      const uint32_t key = TRY(Take<uint32_t>());
      if (key > INT32_MAX) return Broken("it names rows that no file has");
      if (key <= last_key) return Broken("its parts are not in order");
      last_key = key;
      TRY(DecodeBitmap(static_cast<uint64_t>(key) << 32U));
    }
    if (at_ != bytes_.size()) return Broken("bytes stand behind its end");
    return {};
  }

 private:
  Result<std::string_view> Skip(size_t count) {
    if (count > bytes_.size() - at_) return Broken("it is cut off");
    const std::string_view taken = bytes_.substr(at_, count);
    at_ += count;
    return taken;
  }
  template <class T>
  Result<T> Take() {
    return Number<T>(TRY(Skip(sizeof(T))));
  }

  // The 32-bit bitmap of the rows from `first_row` on.
  Status DecodeBitmap(uint64_t first_row) {
    const size_t begin = at_;
    const uint32_t cookie = TRY(Take<uint32_t>());
    const bool with_runs = (cookie & 0xffffU) == kCookieWithRuns;
    if (!with_runs && cookie != kCookieWithoutRuns) return Broken("a part has no known format");
    const uint32_t count = with_runs ? (cookie >> 16U) + 1 : TRY(Take<uint32_t>());
    if (count > kBlockRows) return Broken("a part has too many blocks");
    const std::string_view run_bits = TRY(Skip(with_runs ? (count + 7) / 8 : 0));
    const std::string_view header = TRY(Skip(size_t{count} * 4));
    const bool has_offsets = !with_runs || count >= kFewContainers;
    const std::string_view offsets = TRY(Skip(has_offsets ? size_t{count} * 4 : 0));

    for (uint32_t i = 0; i < count; ++i) {
      const auto key = Number<uint16_t>(header.substr(size_t{i} * 4));
      const uint32_t rows = Number<uint16_t>(header.substr(size_t{i} * 4 + 2)) + 1U;
      if (i > 0 && key <= Number<uint16_t>(header.substr(size_t{i} * 4 - 4))) {
        return Broken("its blocks are not in order");
      }
      // Some readers go by the offsets and others by the order: both must find the same.
      if (has_offsets && Number<uint32_t>(offsets.substr(size_t{i} * 4)) != at_ - begin) {
        return Broken("a block does not lie where it should");
      }
      const uint64_t block = first_row | static_cast<uint64_t>(key) << 16U;
      TRY(with_runs && HasBit(run_bits, i) ? DecodeRuns(block, rows)
          : rows <= kMaxArrayRows          ? DecodeArray(block, rows)
                                           : DecodeBits(block, rows));
    }
    return {};
  }

  Status DecodeArray(uint64_t block, uint32_t rows) {
    Add(block, rows, Kind::kArray);
    const std::string_view values = TRY(Skip(size_t{rows} * 2));
    int32_t last = -1;
    for (uint32_t i = 0; i < rows; ++i) {
      const auto value = Number<uint16_t>(values.substr(size_t{i} * 2));
      if (value <= last) return Broken("its rows are not in order");
      last = value;
    }
    Count(block, rows, static_cast<uint32_t>(last));
    return {};
  }

  Status DecodeBits(uint64_t block, uint32_t rows) {
    Add(block, rows, Kind::kBitmap);
    const std::string_view bits = TRY(Skip(kBitmapBytes));
    uint32_t counted = 0;
    uint32_t last = 0;
    for (uint32_t i = 0; i < kBitmapBytes; i += 8) {
      const auto word = Number<uint64_t>(bits.substr(i));
      counted += static_cast<uint32_t>(std::popcount(word));
      if (word != 0) last = i * 8 + 63 - static_cast<uint32_t>(std::countl_zero(word));
    }
    if (counted != rows) return Broken("a block has another number of rows than it says");
    Count(block, rows, last);
    return {};
  }

  // Pairs of the first row and the number of those that follow it.
  Status DecodeRuns(uint64_t block, uint32_t rows) {
    const uint32_t runs = TRY(Take<uint16_t>());
    Add(block, runs, Kind::kRuns);
    const std::string_view pairs = TRY(Skip(size_t{runs} * kRunBytes));
    uint32_t counted = 0;
    uint32_t end = 0;  // behind the last run
    for (uint32_t i = 0; i < runs; ++i) {
      const uint32_t start = Number<uint16_t>(pairs.substr(size_t{i} * kRunBytes));
      const uint32_t length = Number<uint16_t>(pairs.substr(size_t{i} * kRunBytes + 2)) + 1U;
      if (start < end) return Broken("its rows are not in order");
      end = start + length;
      if (end > kBlockRows) return Broken("a run of rows leads out of its block");
      counted += length;
    }
    if (counted != rows) return Broken("a block has another number of rows than it says");
    Count(block, rows, end - 1);
    return {};
  }

  void Add(uint64_t block, uint32_t items, Kind kind) {
    rows_.containers_.push_back(
        {.first_row = block, .data = static_cast<uint32_t>(at_), .items = items, .kind = kind});
  }
  void Count(uint64_t block, uint32_t rows, uint32_t last) {
    rows_.cardinality_ += rows;
    rows_.last_ = block + last;
  }

  DeletedRows& rows_;
  const std::string_view bytes_;
  size_t at_ = 0;
};

Result<DeletedRows> DeletedRows::Decode(std::string bytes) {
  if (bytes.size() > std::numeric_limits<uint32_t>::max()) return Broken("it is too large");
  DeletedRows rows;
  rows.bytes_ = std::move(bytes);
  TRY(Decoder(rows).Decode());
  return rows;
}

uint16_t DeletedRows::Value(const Container& container, size_t index) const {
  return Number<uint16_t>(std::string_view(bytes_).substr(container.data + index * 2));
}

bool DeletedRows::Holds(const Container& container, uint16_t low) const {
  if (container.kind == Kind::kBitmap) {
    return HasBit(std::string_view(bytes_).substr(container.data), low);
  }
  // How many values, or beginnings of runs, are not above.
  const size_t step = container.kind == Kind::kRuns ? 2 : 1;
  size_t below = 0;
  for (size_t end = container.items; below < end;) {
    const size_t middle = below + (end - below) / 2;
    if (Value(container, middle * step) <= low) {
      below = middle + 1;
    } else {
      end = middle;
    }
  }
  if (below == 0) return false;
  const uint16_t start = Value(container, (below - 1) * step);
  if (step == 1) return start == low;
  return low - start <= Value(container, (below - 1) * step + 1);
}

bool DeletedRows::Contains(uint64_t row) const {
  const uint64_t block = row & ~uint64_t{0xffff};
  const auto found = std::ranges::lower_bound(containers_, block, {}, &Container::first_row);
  if (found == containers_.end() || found->first_row != block) return false;
  return Holds(*found, static_cast<uint16_t>(row));
}

DeletedRows::Cursor DeletedRows::Rows() const { return Cursor(*this); }

std::optional<uint64_t> DeletedRows::Cursor::Next() {
  while (container_ < rows_->containers_.size()) {
    const Container& container = rows_->containers_[container_];
    if (const auto low = NextIn(container)) return container.first_row + *low;
    ++container_;
    item_ = 0;
  }
  return std::nullopt;
}

std::optional<uint16_t> DeletedRows::Cursor::NextIn(const Container& container) {
  switch (container.kind) {
    case Kind::kArray:
      if (item_ == container.items) return std::nullopt;
      return rows_->Value(container, item_++);
    case Kind::kBitmap: {
      const std::string_view bits = std::string_view(rows_->bytes_).substr(container.data);
      while (item_ < kBlockRows && !HasBit(bits, item_)) ++item_;
      if (item_ == kBlockRows) return std::nullopt;
      return static_cast<uint16_t>(item_++);
    }
    case Kind::kRuns: {
      if (item_ == container.items) return std::nullopt;
      const uint32_t start = rows_->Value(container, size_t{item_} * 2);
      const uint32_t value = start + in_run_;
      if (in_run_++ == rows_->Value(container, size_t{item_} * 2 + 1)) {
        ++item_;
        in_run_ = 0;
      }
      return static_cast<uint16_t>(value);
    }
  }
  return std::nullopt;
}

}  // namespace sluice::delta
