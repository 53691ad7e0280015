// The rows of a checkpoint as DuckDB hands them out, made into actions: each value any of its type,
// or NULL. They come from VALUES in place of a Parquet file, whose reading is DuckDB's own.
#include <fmt/format.h>

#include <array>
#include <string>

#include "delta/stored_file.h"
#include "engine/checkpoint_rows.h"
#include "engine/checkpoint_sql.h"
#include "engine/database.h"
#include "engine/sql_text.h"
#include "fuzz.h"

using sluice::Code;
using sluice::fuzz::Require;
using namespace sluice::engine;  // NOLINT(google-build-using-namespace)

namespace {

// Takes values off the input. Where it ends, all are NULL.
class Input {
 public:
  explicit Input(std::string_view bytes) : bytes_(bytes) {}

  bool empty() const { return bytes_.empty(); }
  uint8_t Byte() {
    if (bytes_.empty()) return 0;
    const auto byte = static_cast<uint8_t>(bytes_.front());
    bytes_.remove_prefix(1);
    return byte;
  }
  // A literal, or NULL.
  std::string Literal(std::string_view type) {
    if (Byte() % 4 == 0) return fmt::format("NULL::{}", type);
    if (type == "VARCHAR") return Text();
    if (type == "BOOLEAN") return Byte() % 2 == 0 ? "false" : "true";
    if (type == "INTEGER") return fmt::format("({})::INTEGER", static_cast<int32_t>(Number()));
    if (type == "BIGINT") return fmt::format("({})::HUGEINT::BIGINT", Number());
    return type == "VARCHAR[]" ? List() + "::VARCHAR[]" : Map();
  }

 private:
  int64_t Number() {
    const uint8_t size = Byte() % 9;
    uint64_t number = 0;
    for (uint8_t i = 0; i < size; ++i) number = number << 8 | Byte();
    return Byte() % 2 == 0 ? static_cast<int64_t>(number) : -static_cast<int64_t>(number >> 1);
  }
  // Parquet's strings are checked by DuckDB; what is no UTF-8 does not come this far.
  std::string Text() {
    const std::string_view text = bytes_.substr(0, Byte());
    bytes_.remove_prefix(std::min(text.size(), bytes_.size()));
    std::string clean;
    for (const char c : text) clean += c > 0 ? c : '?';
    return SqlString(clean);
  }
  std::string List() {
    std::string list = "[";
    for (int i = Byte() % 4; i > 0; --i) list += Literal("VARCHAR") + (i > 1 ? ", " : "");
    return list + "]";
  }
  // Keys differ, as in any map.
  std::string Map() {
    std::string keys;
    std::string values;
    for (int i = Byte() % 4; i > 0; --i) {
      keys += fmt::format("{}'{}' || {}", keys.empty() ? "" : ", ", i, Text());
      values += (values.empty() ? "" : ", ") + Literal("VARCHAR");
    }
    return fmt::format("MAP([{}]::VARCHAR[], [{}]::VARCHAR[])", keys, values);
  }

  std::string_view bytes_;
};

constexpr std::string_view kText = "VARCHAR";
constexpr std::string_view kMap = "MAP(VARCHAR, VARCHAR)";
// In the order of AddColumn and HeaderColumn.
constexpr std::array kAdd = {kText,
                             kMap,
                             std::string_view("BIGINT"),
                             std::string_view("BIGINT"),
                             std::string_view("BOOLEAN"),
                             kText,
                             kText,
                             kText,
                             std::string_view("INTEGER"),
                             std::string_view("INTEGER"),
                             std::string_view("BIGINT"),
                             std::string_view("BIGINT"),
                             std::string_view("BIGINT"),
                             kText};
constexpr std::array kHeader = {std::string_view("INTEGER"),
                                std::string_view("INTEGER"),
                                std::string_view("VARCHAR[]"),
                                std::string_view("VARCHAR[]"),
                                kText,
                                kText,
                                kText,
                                kText,
                                kMap,
                                kText,
                                std::string_view("VARCHAR[]"),
                                kMap,
                                std::string_view("BIGINT"),
                                std::string_view("BIGINT"),
                                kText,
                                std::string_view("BIGINT"),
                                std::string_view("BIGINT")};

template <class Types>
std::string Select(Input& input, const Types& types) {
  std::string sql;
  for (int row = 1 + input.Byte() % 4; row > 0; --row) {
    sql += sql.empty() ? "SELECT " : " UNION ALL SELECT ";
    for (size_t i = 0; i < types.size(); ++i) {
      sql += (i == 0 ? "" : ", ") + input.Literal(types[i]);
    }
  }
  return sql;
}

void CheckAdd(sluice::Result<sluice::delta::AddFile> add) {
  if (!add.has_value()) return Require(add.error().code == Code::kCorrupt);
  Require(!add->path.empty() && add->size >= 0);
  if (add->deletion_vector) {
    Require(add->deletion_vector->size_in_bytes >= 0 && add->deletion_vector->cardinality >= 0);
  }
  const auto file = sluice::delta::StoreFile(*std::move(add));
  Require(file.has_value() || file.error().code == Code::kCorrupt);
}

void CheckHeader(const sluice::delta::CheckpointHeader& header) {
  for (const auto& sidecar : header.sidecars) Require(!sidecar.path.empty() && sidecar.size >= 0);
  if (!header.protocol) return;
  Require(header.protocol->min_reader_version != 3 || header.protocol->reader_features);
  Require(header.protocol->min_writer_version != 7 || header.protocol->writer_features);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // Never closed: libFuzzer ends the process itself.
  static auto& database = *new Database({sluice::MiB(256), 1, {}});
  static auto& connection = *new Connection(database.Connect().value());
  Input input(sluice::fuzz::View(data, size));
  const bool adds = input.Byte() % 2 == 0;
  const std::string sql = adds ? Select(input, kAdd) : Select(input, kHeader);
  auto rows = connection.Run(sql);
  Require(rows.has_value());
  const auto chunk = rows->Next();
  Require(chunk.has_value() && chunk->size() > 0);
  if (adds) {
    const AddRows actions(connection.api(), *chunk);
    for (idx_t row = 0; row < chunk->size(); ++row) CheckAdd(actions.At(row));
    return 0;
  }
  const HeaderRows actions(connection.api(), *chunk);
  sluice::delta::CheckpointHeader header;
  for (idx_t row = 0; row < chunk->size(); ++row) {
    const auto taken = actions.Take(row, header);
    if (!taken.has_value()) Require(taken.error().code == Code::kCorrupt);
  }
  CheckHeader(header);
  return 0;
}
