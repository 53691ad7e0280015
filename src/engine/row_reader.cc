#include "engine/row_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "base/encoding.h"
#include "delta/column_mapping.h"
#include "delta/deletion_vector.h"
#include "delta/deletion_vector_reader.h"
#include "delta/json_scalars.h"
#include "engine/columns.h"
#include "engine/database.h"
#include "engine/parquet_fields.h"
#include "engine/row_sql.h"
#include "engine/sql_text.h"

namespace sluice::engine {
namespace {

using delta::ColumnMapping;
using delta::FileEntry;
using delta::SchemaField;

// Interrupts a connection when time is up.
class Deadline {
 public:
  Deadline(Connection& connection, Millis time)
      : end_(std::chrono::steady_clock::now() + time), thread_([this, &connection] {
          std::unique_lock lock(mutex_);
          if (!done_.wait_until(lock, end_, [this] { return over_; })) connection.Interrupt();
        }) {}
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;
  ~Deadline() {
    {
      const std::lock_guard lock(mutex_);
      over_ = true;
    }
    done_.notify_one();
    thread_.join();
  }

  bool passed() const { return std::chrono::steady_clock::now() >= end_; }

 private:
  const std::chrono::steady_clock::time_point end_;
  std::mutex mutex_;
  std::condition_variable done_;
  bool over_ = false;
  std::thread thread_;
};

// The rows of a file that are looked at: enough to hold `needed` that were not deleted.
struct RowSpan {
  uint64_t first = 0;
  uint64_t last = 0;
};

RowSpan SpanOf(const delta::DeletedRows& deleted, uint64_t needed) {
  RowSpan span;
  delta::DeletedRows::Cursor cursor = deleted.Rows();
  uint64_t live = 0;  // the first row that may not be deleted
  uint64_t found = 0;
  bool any = false;
  while (const auto gone = cursor.Next()) {
    const uint64_t run = *gone - live;
    if (run > 0 && !std::exchange(any, true)) span.first = live;
    if (found + run >= needed) break;
    found += run;
    live = *gone + 1;
  }
  if (!any) span.first = live;
  span.last = live + (needed - found) - 1;
  return span;
}

// One call.
class Reading {
 public:
  Reading(Connection connection, const RowSource& source, const RowLimits& limits, size_t most)
      : connection_(std::move(connection)),
        source_(source),
        limits_(limits),
        most_(most),
        places_(source.location, source.external),
        deadline_(connection_, limits.time) {}

  Status Begin(const std::vector<std::string>& columns) {
    const delta::Metadata& metadata = source_.snapshot->metadata();
    mapping_ = TRY(delta::ColumnMappingOf(source_.snapshot->protocol(), metadata));
    std::vector<SchemaField> all = TRY(delta::ReadSchemaTree(metadata.schema_string));
    TRY(Choose(std::move(all), columns));
    std::vector<delta::JsonScalars::Path> paths;
    for (const SchemaField& field : read_.columns) {
      const bool is_partition = std::ranges::any_of(
          metadata.partition_columns,
          [&](const std::string& name) { return EqualsIgnoreCase(name, field.name); });
      wanted_.push_back({&field, is_partition});
      const bool mapped = mapping_ != ColumnMapping::kNone;
      paths.push_back({mapped ? field.physical_name : field.name});
    }
    partitions_ = std::make_unique<delta::JsonScalars>(paths);
    return {};
  }

  Result<RowsRead> Run() && {
    delta::FileCursor cursor = source_.snapshot->Files();
    while (const FileEntry* file = TRY(cursor.Next())) {
      if (IsFull(*file)) break;
      const Status status = ReadFile(*file);
      if (status) continue;
      if (!deadline_.passed()) return std::unexpected(status.error());
      if (read_.rows.empty()) {
        return Fail(Code::kUnavailable, "Reading rows of the table took too long.",
                    status.error().detail);
      }
      read_.more = true;
      break;
    }
    if (read_.rows.empty() && passed_over_ > 0) {
      return Fail(Code::kUnsupported,
                  fmt::format("The files of the table are larger than {} MiB each: no rows are "
                              "read from them here.",
                              limits_.far_file.value >> 20));
    }
    read_.more = read_.more || passed_over_ > 0;
    return std::move(read_);
  }

 private:
  Status Choose(std::vector<SchemaField> all, const std::vector<std::string>& columns) {
    if (columns.empty()) read_.columns = std::move(all);
    for (const std::string& name : columns) {
      const auto found = std::ranges::find_if(
          all, [&](const SchemaField& field) { return EqualsIgnoreCase(field.name, name); });
      if (found == all.end()) {
        return Fail(Code::kInvalidArgument, fmt::format("There is no column '{}'.", name));
      }
      read_.columns.push_back(*found);
    }
    if (read_.columns.empty()) {
      return Fail(Code::kUnsupported, "The table has no columns.");
    }
    return {};
  }

  // Whether no more rows are taken, with `next` still to come.
  bool IsFull(const FileEntry& next) {
    if (bytes_ > limits_.answer.value || deadline_.passed()) {
      read_.more = true;
      return true;
    }
    if (read_.more) return true;
    if (read_.rows.size() < most_) return false;
    // Whether there is one row more: mostly, statistics tell.
    const int64_t deleted = next.deletion_vector == nullptr ? 0 : next.deletion_vector->cardinality;
    if (next.num_records && *next.num_records > deleted) read_.more = true;
    return read_.more;
  }

  Result<const storage::ObjectStore*> StoreAt(std::string_view location) {
    auto& store = stores_[std::string(location)];
    if (store == nullptr) {
      store = TRY(source_.open(location.empty() ? source_.location : std::string(location)));
    }
    return store.get();
  }

  Result<delta::DeletedRows> Deleted(const FileEntry& file) {
    const delta::DeletionVector* vector = file.deletion_vector;
    if (vector == nullptr) return delta::DeletedRows();
    if (vector->storage_type == 'i') {
      return delta::DecodeInlineDeletedRows(*vector, file.num_records);
    }
    const std::string path = TRY(delta::DeletionVectorPath(*vector));
    const delta::FilePlace place = TRY(places_.Find(path));
    const storage::ObjectStore* store = TRY(StoreAt(place.location));
    return delta::ReadDeletedRowsAt(*store, place.key, *vector, file.num_records);
  }

  Status ReadFile(const FileEntry& file) {
    const uint64_t needed = most_ + 1 - read_.rows.size();
    const delta::DeletedRows deleted = TRY(Deleted(file));
    if (file.num_records && static_cast<uint64_t>(*file.num_records) == deleted.cardinality()) {
      return {};  // nothing is left of it
    }
    const delta::FilePlace place = TRY(places_.Find(file.path));
    const storage::ObjectStore* store = TRY(StoreAt(place.location));
    const std::string key(place.key);
    const bool far = store->lists_from_any_key();
    if (far && static_cast<uint64_t>(file.size) > limits_.far_file.value) {
      ++passed_over_;
      return {};
    }
    const storage::LocalCopy copy = TRY(Fetch(*store, key, far));
    partitions_->Read(file.partition_values);
    TRY(TakePartitionValues());
    Status read = ReadRows(copy, deleted, SpanOf(deleted, needed));
    if (read || read.error().code != Code::kInternal) return read;
    return Fail(Code::kCorrupt, "A file of the table cannot be read as Parquet of its columns.",
                std::move(read).error().detail);
  }

  Result<storage::LocalCopy> Fetch(const storage::ObjectStore& store, const std::string& key,
                                   bool far) const {
    auto info = store.Head(key);
    if (!info) return std::unexpected(Explain(std::move(info).error()));
    // The log may say another size than the store.
    if (far && info->size > limits_.far_file) {
      return Fail(Code::kCorrupt, "A file of the table is larger than its log says.");
    }
    auto copy = store.Fetch(*info);
    if (!copy) return std::unexpected(Explain(std::move(copy).error()));
    return copy;
  }

  static Error Explain(Error error) {
    if (error.code != Code::kNotFound) return error;
    return Error{Code::kCorrupt, "A file of the table is gone.", std::move(error.detail), {}};
  }

  Status TakePartitionValues() {
    for (size_t i = 0; i < wanted_.size(); ++i) {
      if (!wanted_[i].is_partition) continue;
      const delta::Scalar& value = partitions_->at(i);
      wanted_[i].partition_value.clear();
      if (value.kind == delta::Scalar::Kind::kText) {
        wanted_[i].partition_value = value.text;
      } else if (value.kind != delta::Scalar::Kind::kNull) {
        return Fail(Code::kCorrupt, "A file of the table does not tell its partition.");
      }
    }
    return {};
  }

  Status ReadRows(const storage::LocalCopy& copy, const delta::DeletedRows& deleted, RowSpan span) {
    const std::string literal = TRY(SqlFile(copy.path()));
    const ColumnType columns = TRY(ReadFileColumns(
        connection_, literal, mapping_ == ColumnMapping::kId ? FieldIds::kRead : FieldIds::kNone));
    const std::string sql = TRY(RowStatement(literal, columns, wanted_, mapping_));
    Rows rows = TRY(connection_.Stream(
        fmt::format("{} WHERE file_row_number BETWEEN {} AND {}", sql, span.first, span.last)));
    while (true) {
      const Chunk chunk = TRY(rows.Next());
      if (chunk.size() == 0) return {};
      const NumberColumn<int64_t> numbers(connection_.api(), chunk.vector(0));
      const TextColumn texts(connection_.api(), chunk.vector(1));
      for (idx_t row = 0; row < chunk.size(); ++row) {
        if (deleted.Contains(static_cast<uint64_t>(numbers.At(row)))) continue;
        if (read_.rows.size() == most_ || bytes_ > limits_.answer.value) {
          read_.more = true;
          return {};
        }
        bytes_ += texts.At(row).size();
        read_.rows.emplace_back(texts.At(row));
      }
    }
  }

  Connection connection_;
  const RowSource& source_;
  const RowLimits& limits_;
  const size_t most_;
  delta::FilePlaces places_;
  std::map<std::string, std::shared_ptr<const storage::ObjectStore>> stores_;
  ColumnMapping mapping_ = ColumnMapping::kNone;
  std::vector<WantedColumn> wanted_;  // point into read_.columns
  std::unique_ptr<delta::JsonScalars> partitions_;
  RowsRead read_;
  uint64_t bytes_ = 0;
  size_t passed_over_ = 0;
  Deadline deadline_;  // ends before the connection does
};

// Counts the calls that run.
class Turn {
 public:
  explicit Turn(std::atomic<unsigned>& running) : running_(running), number_(++running) {}
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  ~Turn() { --running_; }
  unsigned number() const { return number_; }

 private:
  std::atomic<unsigned>& running_;
  const unsigned number_;
};

}  // namespace

Result<RowsRead> RowReader::Read(const RowSource& source, const RowsWanted& wanted) const {
  const Turn turn(running_);
  if (turn.number() > limits_.at_a_time) {
    return Fail(Code::kResourceExhausted, "Rows of other tables are being read: try again soon.");
  }
  Reading reading(TRY(database_.Connect()), source, limits_, wanted.most);
  TRY(reading.Begin(wanted.columns));
  return std::move(reading).Run();
}

}  // namespace sluice::engine
