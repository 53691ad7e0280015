#include "delta/table_statistics.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "base/encoding.h"
#include "base/json.h"
#include "delta/column_mapping.h"
#include "delta/json_scalars.h"
#include "delta/schema_tree.h"
#include "delta/value_type.h"

namespace sluice::delta {
namespace {

using Kind = Scalar::Kind;
using Path = JsonScalars::Path;

constexpr size_t kMaxDepth = 100;

bool IsPartition(const Metadata& metadata, std::string_view name) {
  return std::ranges::any_of(metadata.partition_columns, [&](const std::string& partition) {
    return EqualsIgnoreCase(partition, name);
  });
}

// Numbers of statistics are anybody's. False: there is no such sum.
bool Add(int64_t more, int64_t& sum) {
  return more >= 0 && !__builtin_add_overflow(sum, more, &sum);
}

void Count(const FileEntry& file, RowCounts& counts) {
  ++counts.files;
  counts.bytes += static_cast<uint64_t>(file.size);
  const int64_t deleted = file.deletion_vector == nullptr ? 0 : file.deletion_vector->cardinality;
  const bool told = file.num_records && Add(deleted, counts.deleted_records) &&
                    *file.num_records >= deleted &&
                    Add(*file.num_records - deleted, counts.known_records);
  if (!told) {
    if (!file.num_records) Add(deleted, counts.deleted_records);
    ++counts.files_untold;
  }
}

// A column that is no struct, where files tell of it.
struct Leaf {
  Path path;  // physical names
  Type type;
  bool is_partition = false;
  bool bounds_are_values = true;  // of its type: no writer cuts them
};

// Bounds that are cut or rounded on their way into statistics, for many writers.
bool MayBeCut(const Type& type) {
  constexpr int kSafeDigits = 15;
  return type.family == Family::kTimestamp || type.family == Family::kTimestampNtz ||
         (type.family == Family::kDecimal && type.precision > kSafeDigits);
}

class Leaves {
 public:
  Leaves(const Metadata& metadata, bool mapped, std::vector<ColumnSummary>& columns)
      : metadata_(metadata), mapped_(mapped), columns_(columns) {}

  void Collect(const std::vector<SchemaField>& fields, const std::string& prefix,
               const Path& path) {
    if (path.size() > kMaxDepth) return;
    for (const SchemaField& field : fields) {
      Path inner = path;
      inner.push_back(mapped_ ? field.physical_name : field.name);
      const std::string name = prefix + field.name;
      if (field.type.kind == SchemaType::Kind::kStruct) {
        Collect(field.type.fields, name + '.', inner);
      } else if (leaves.size() == kMostSummarisedColumns) {
        more = true;
      } else {
        Leaf leaf{std::move(inner), ParseType(field.type.name)};
        leaf.is_partition = path.empty() && IsPartition(metadata_, field.name);
        leaf.bounds_are_values = leaf.is_partition || !MayBeCut(leaf.type);
        leaves.push_back(std::move(leaf));
        ColumnSummary& column = columns_.emplace_back();
        column.name = name;
        column.type = SqlTypeText(field.type);
        column.nulls = 0;
      }
    }
  }

  std::vector<Leaf> leaves;
  bool more = false;

 private:
  const Metadata& metadata_;
  const bool mapped_;
  std::vector<ColumnSummary>& columns_;
};

std::vector<Path> PathsInStatistics(const std::vector<Leaf>& leaves) {
  std::vector<Path> paths;
  for (const Leaf& leaf : leaves) {
    for (const char* part : {"minValues", "maxValues", "nullCount"}) {
      Path path{part};
      path.insert(path.end(), leaf.path.begin(), leaf.path.end());
      paths.push_back(std::move(path));
    }
  }
  paths.push_back({"tightBounds"});
  return paths;
}

std::vector<Path> PathsInPartitions(const std::vector<Leaf>& leaves) {
  std::vector<Path> paths;
  paths.reserve(leaves.size());
  for (const Leaf& leaf : leaves) paths.push_back({leaf.path.front()});
  return paths;
}

std::optional<Bound> BoundOf(const Type& type, const Scalar& scalar) {
  if (scalar.kind != Kind::kText && scalar.kind != Kind::kNumber && scalar.kind != Kind::kBool) {
    return std::nullopt;
  }
  const std::optional<Range> range = ParseValue(type, scalar.text);
  if (!range || !range->lo) return std::nullopt;
  return Bound{*range->lo, std::string(scalar.text), scalar.kind == Kind::kNumber,
               scalar.kind == Kind::kBool};
}

// One walk over the files.
class Walk {
 public:
  Walk(TableStatistics& told, const std::vector<Leaf>& leaves)
      : told_(told),
        leaves_(leaves),
        statistics_(PathsInStatistics(leaves)),
        partitions_(PathsInPartitions(leaves)) {}

  void Take(const FileEntry& file) {
    Count(file, told_.counts);
    const bool has_statistics = file.stats.has_value() && statistics_.Read(*file.stats);
    const bool has_values = partitions_.Read(file.partition_values);
    const bool loose = file.deletion_vector != nullptr ||
                       (has_statistics && statistics_.at(3 * leaves_.size()).text == "false");
    for (size_t i = 0; i < leaves_.size(); ++i) {
      if (leaves_[i].is_partition) {
        if (has_values) TakePartition(i, file);
      } else if (has_statistics) {
        TakeStatistics(i, file.num_records, loose);
      } else {
        Untold(told_.columns[i]);
      }
    }
  }

 private:
  static void Untold(ColumnSummary& column) {
    column.nulls.reset();
    column.exact = false;
  }

  void TakePartition(size_t i, const FileEntry& file) {
    ColumnSummary& column = told_.columns[i];
    const Scalar& value = partitions_.at(i);
    ++column.files_with_statistics;
    if (value.kind == Kind::kText && !value.text.empty()) {
      const std::optional<Bound> bound = BoundOf(leaves_[i].type, value);
      if (!bound) column.exact = false;
      Widen(column, bound, bound);
    } else if (!column.nulls || !file.num_records || !Add(*file.num_records, *column.nulls)) {
      column.nulls.reset();
    }
  }

  void TakeStatistics(size_t i, std::optional<int64_t> rows, bool loose) {
    ColumnSummary& column = told_.columns[i];
    const Leaf& leaf = leaves_[i];
    const Scalar& nulls = statistics_.at(3 * i + 2);
    // -1: not told.
    const int64_t count =
        nulls.kind == Kind::kNumber ? ParseInteger(nulls.text).value_or(-1) : int64_t{-1};
    const std::optional<Bound> least = BoundOf(leaf.type, statistics_.at(3 * i));
    const std::optional<Bound> most = BoundOf(leaf.type, statistics_.at(3 * i + 1));
    if (count < 0 && !least && !most) return Untold(column);
    ++column.files_with_statistics;
    if (!column.nulls || !Add(count, *column.nulls)) column.nulls.reset();
    const bool all_null = rows && count == *rows;
    const bool bounded = least && most && leaf.bounds_are_values && !IsLong(*least, *most);
    if (!all_null && (loose || !bounded)) column.exact = false;
    Widen(column, least, most);
  }

  // Texts are cut at 32 characters by most writers.
  static bool IsLong(const Bound& least, const Bound& most) {
    constexpr size_t kShortestCut = 32;
    return std::holds_alternative<std::string>(least.value) &&
           std::max(least.text.size(), most.text.size()) >= kShortestCut;
  }

  static void Widen(ColumnSummary& column, const std::optional<Bound>& least,
                    const std::optional<Bound>& most) {
    if (least && (!column.least || Compare(least->value, column.least->value) < 0)) {
      column.least = least;
    }
    if (most && (!column.most || Compare(column.most->value, most->value) < 0)) column.most = most;
  }

  TableStatistics& told_;
  const std::vector<Leaf>& leaves_;
  JsonScalars statistics_;
  JsonScalars partitions_;
};

// {"country":"DE","day":null}, from what files say under physical names.
std::string RenderValues(const std::vector<std::string>& names, const JsonScalars& scalars) {
  std::string text = "{";
  for (size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text += ',';
    json::AppendQuoted(names[i], text);
    text += ':';
    const Scalar& value = scalars.at(i);
    if (value.kind == Kind::kText && !value.text.empty()) {
      json::AppendQuoted(value.text, text);
    } else {
      text += "null";
    }
  }
  return text + '}';
}

}  // namespace

Result<TableStatistics> Summarise(const Snapshot& snapshot) {
  TableStatistics told;
  const Metadata& metadata = snapshot.metadata();
  const auto fields = TRY(ReadSchemaTree(metadata.schema_string));
  const ColumnMapping mapping = TRY(ColumnMappingOf(snapshot.protocol(), metadata));
  Leaves found(metadata, mapping != ColumnMapping::kNone, told.columns);
  found.Collect(fields, {}, {});
  told.more_columns = found.more;
  Walk walk(told, found.leaves);
  FileCursor cursor = snapshot.Files();
  while (const FileEntry* file = TRY(cursor.Next())) walk.Take(*file);
  return told;
}

Result<std::vector<PartitionSummary>> SummarisePartitions(const Snapshot& snapshot) {
  const Metadata& metadata = snapshot.metadata();
  const auto fields = TRY(ReadSchemaTree(metadata.schema_string));
  const ColumnMapping mapping = TRY(ColumnMappingOf(snapshot.protocol(), metadata));
  std::vector<Path> paths;
  for (const std::string& partition : metadata.partition_columns) {
    const auto field = std::ranges::find_if(
        fields, [&](const SchemaField& one) { return EqualsIgnoreCase(one.name, partition); });
    const bool mapped = mapping != ColumnMapping::kNone && field != fields.end();
    paths.push_back({mapped ? field->physical_name : partition});
  }
  JsonScalars scalars(paths);
  std::map<std::string, RowCounts> partitions;
  FileCursor cursor = snapshot.Files();
  while (const FileEntry* file = TRY(cursor.Next())) {
    scalars.Read(file->partition_values);
    std::string values = RenderValues(metadata.partition_columns, scalars);
    if (partitions.size() == kMostPartitions && !partitions.contains(values)) {
      return Fail(Code::kUnsupported,
                  fmt::format("The table has more than {} partitions.", kMostPartitions));
    }
    Count(*file, partitions[std::move(values)]);
  }
  std::vector<PartitionSummary> told;
  told.reserve(partitions.size());
  for (auto& [values, counts] : partitions) told.push_back({values, counts});
  return told;
}

}  // namespace sluice::delta
