// The rows of a checkpoint, made into actions: values of any content, or NULL, in chunks that are
// laid out as duckdb.h says. What DuckDB itself makes of a Parquet file is not ours.
#include <array>
#include <cstring>
#include <memory>
#include <span>
#include <vector>

#include "delta/stored_file.h"
#include "engine/checkpoint_rows.h"
#include "engine/database.h"
#include "fuzz.h"

using sluice::Code;
using sluice::engine::AddRows;
using sluice::engine::Chunk;
using sluice::engine::DuckdbApi;
using sluice::engine::HeaderRows;
using sluice::fuzz::Require;

namespace {

// Where the input ends, it goes on with zeros: NULLs.
class Input {
 public:
  explicit Input(std::string_view bytes) : bytes_(bytes) {}

  uint8_t Byte() {
    if (bytes_.empty()) return 0;
    const auto byte = static_cast<uint8_t>(bytes_.front());
    bytes_.remove_prefix(1);
    return byte;
  }
  bool Null() { return Byte() % 4 == 0; }
  uint64_t Number() {
    uint64_t number = 0;
    for (int i = Byte() % 9; i > 0; --i) number = number << 8 | Byte();
    return Byte() % 2 == 0 ? number : ~number;
  }
  std::string_view Text() {
    const std::string_view text = bytes_.substr(0, Byte());
    bytes_.remove_prefix(text.size());
    return text;
  }

 private:
  std::string_view bytes_;
};

enum class Kind { kInt32, kInt64, kBool, kText, kTextList, kTextMap };

// A vector of DuckDB's: each buffer as large as its rows need, so that a step beyond is seen.
class Vector {
 public:
  Vector() = default;
  Vector(Kind kind, size_t rows, Input& input) {
    if (kind == Kind::kTextMap) keys_ = std::make_unique<Vector>();
    if (kind == Kind::kTextMap || kind == Kind::kTextList) elements_ = std::make_unique<Vector>();
    for (size_t row = 0; row < rows; ++row) {
      PutValidity(row, !input.Null());
      PutValue(kind, valid(row), input);
    }
    for (Vector* vector : {this, keys_.get(), elements_.get()}) {
      if (vector != nullptr) vector->Fit();
    }
    if (kind == Kind::kTextMap) {
      auto pairs = std::make_unique<Vector>();
      pairs->children_.push_back(std::move(keys_));
      pairs->children_.push_back(std::move(elements_));
      children_.push_back(std::move(pairs));
    } else if (kind == Kind::kTextList) {
      children_.push_back(std::move(elements_));
    }
  }

  duckdb_vector handle() { return &handle_; }
  static Vector& Of(duckdb_vector handle) { return *static_cast<Vector*>(handle->internal_ptr); }
  void* data() { return data_.data(); }
  uint64_t* validity() { return any_null_ ? validity_.data() : nullptr; }
  Vector& child(size_t index) { return *children_.at(index); }

 private:
  bool valid(size_t row) const { return (validity_[row / 64] >> (row % 64) & 1) != 0; }
  void PutValidity(size_t row, bool valid) {
    if (row % 64 == 0) validity_.push_back(0);
    validity_.back() |= uint64_t{valid} << (row % 64);
    any_null_ = any_null_ || !valid;
  }
  template <class T>
  void Put(const T& value) {
    const auto* bytes = reinterpret_cast<const char*>(&value);
    data_.insert(data_.end(), bytes, bytes + sizeof value);
  }
  // Behind a NULL lies anything.
  void PutValue(Kind kind, bool valid, Input& input) {
    switch (kind) {
      case Kind::kInt32: return Put(static_cast<int32_t>(valid ? input.Number() : 0x5a5a5a5a));
      case Kind::kInt64: return Put(static_cast<int64_t>(valid ? input.Number() : 0x5a5a5a5a));
      case Kind::kBool: return Put(valid && input.Byte() % 2 != 0);
      case Kind::kText: return PutText(valid, input);
      case Kind::kTextList:
      case Kind::kTextMap: return PutEntry(kind, valid, input);
    }
  }
  void PutText(bool valid, Input& input) {
    duckdb_string_t text;
    std::memset(&text, 0x5a, sizeof text);
    if (valid) {
      const std::string_view value = input.Text();
      text.value.inlined.length = static_cast<uint32_t>(value.size());
      if (value.size() <= sizeof text.value.inlined.inlined) {
        std::memcpy(text.value.inlined.inlined, value.data(), value.size());
      } else {
        texts_.push_back(std::make_unique<char[]>(value.size()));
        std::memcpy(texts_.back().get(), value.data(), value.size());
        text.value.pointer.ptr = texts_.back().get();
      }
    }
    Put(text);
  }
  void PutEntry(Kind kind, bool valid, Input& input) {
    duckdb_list_entry entry{elements_->count_, valid ? input.Byte() % 4 : uint64_t{0}};
    for (uint64_t i = 0; i < entry.length; ++i) {
      if (kind == Kind::kTextMap) keys_->Append(true, input);  // a key is never NULL
      elements_->Append(!input.Null(), input);
    }
    if (!valid) entry = {~uint64_t{0}, ~uint64_t{0}};
    Put(entry);
  }
  void Append(bool valid, Input& input) {
    PutValidity(count_++, valid);
    PutText(valid, input);
  }
  void Fit() {
    data_.shrink_to_fit();
    validity_.shrink_to_fit();
  }

  _duckdb_vector handle_{this};
  std::vector<char> data_;
  std::vector<uint64_t> validity_;
  bool any_null_ = false;
  std::vector<std::unique_ptr<char[]>> texts_;
  std::vector<std::unique_ptr<Vector>> children_;
  uint64_t count_ = 0;  // of what was appended
  std::unique_ptr<Vector> keys_;
  std::unique_ptr<Vector> elements_;
};

struct Columns {
  Columns(std::span<const Kind> kinds, size_t count, Input& input) : rows(count) {
    for (const Kind kind : kinds) vectors.push_back(std::make_unique<Vector>(kind, rows, input));
  }
  duckdb_data_chunk handle() { return &handle_; }
  static Columns& Of(duckdb_data_chunk handle) {
    return *static_cast<Columns*>(handle->internal_ptr);
  }

  size_t rows;
  std::vector<std::unique_ptr<Vector>> vectors;
  _duckdb_data_chunk handle_{this};
};

const DuckdbApi kApi = [] {
  DuckdbApi api;
  api.destroy_data_chunk = [](duckdb_data_chunk*) {};
  api.data_chunk_get_size = [](duckdb_data_chunk chunk) -> idx_t {
    return Columns::Of(chunk).rows;
  };
  api.data_chunk_get_vector = [](duckdb_data_chunk chunk, idx_t column) {
    return Columns::Of(chunk).vectors.at(column)->handle();
  };
  api.vector_get_data = [](duckdb_vector vector) { return Vector::Of(vector).data(); };
  api.vector_get_validity = [](duckdb_vector vector) { return Vector::Of(vector).validity(); };
  api.list_vector_get_child = [](duckdb_vector vector) {
    return Vector::Of(vector).child(0).handle();
  };
  api.struct_vector_get_child = [](duckdb_vector vector, idx_t index) {
    return Vector::Of(vector).child(index).handle();
  };
  return api;
}();

// In the order of AddColumn and HeaderColumn.
constexpr std::array kAddColumns = {Kind::kText,  Kind::kTextMap, Kind::kInt64, Kind::kInt64,
                                    Kind::kBool,  Kind::kText,    Kind::kText,  Kind::kText,
                                    Kind::kInt32, Kind::kInt32,   Kind::kInt64, Kind::kInt64,
                                    Kind::kInt64, Kind::kText};
constexpr std::array kHeaderColumns = {
    Kind::kInt32, Kind::kInt32, Kind::kTextList, Kind::kTextList, Kind::kText,     Kind::kText,
    Kind::kText,  Kind::kText,  Kind::kTextMap,  Kind::kText,     Kind::kTextList, Kind::kTextMap,
    Kind::kInt64, Kind::kInt64, Kind::kText,     Kind::kInt64,    Kind::kInt64};

void CheckAdds(const Chunk& chunk) {
  const AddRows rows(kApi, chunk);
  for (idx_t row = 0; row < chunk.size(); ++row) {
    auto add = rows.At(row);
    if (!add.has_value()) {
      Require(add.error().code == Code::kCorrupt);
      continue;
    }
    Require(!add->path.empty() && add->size >= 0);
    if (add->deletion_vector) {
      Require(add->deletion_vector->size_in_bytes >= 0 && add->deletion_vector->cardinality >= 0);
    }
    const auto file = sluice::delta::StoreFile(*std::move(add));
    Require(file.has_value() || file.error().code == Code::kCorrupt);
  }
}

void CheckHeader(const Chunk& chunk) {
  const HeaderRows rows(kApi, chunk);
  sluice::delta::CheckpointHeader header;
  for (idx_t row = 0; row < chunk.size(); ++row) {
    const auto taken = rows.Take(row, header);
    Require(taken.has_value() || taken.error().code == Code::kCorrupt);
  }
  for (const auto& sidecar : header.sidecars) Require(!sidecar.path.empty() && sidecar.size >= 0);
  if (!header.protocol) return;
  Require(header.protocol->min_reader_version != 3 || header.protocol->reader_features);
  Require(header.protocol->min_writer_version != 7 || header.protocol->writer_features);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Input input(sluice::fuzz::View(data, size));
  const bool adds = input.Byte() % 2 == 0;
  const size_t rows = 1 + input.Byte() % 70;  // a word of validity bits has 64
  Columns columns(adds ? std::span<const Kind>(kAddColumns) : kHeaderColumns, rows, input);
  const Chunk chunk(kApi, columns.handle());
  adds ? CheckAdds(chunk) : CheckHeader(chunk);
  return 0;
}
