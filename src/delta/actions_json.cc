#include "delta/actions_json.h"

#include <simdjson.h>

#include <limits>

namespace sluice::delta {
namespace {

namespace dom = simdjson::dom;

std::unexpected<Error> Corrupt(std::string why) { return Fail(Code::kCorrupt, std::move(why)); }

std::unexpected<Error> WrongType(std::string_view field) {
  return Corrupt("'" + std::string(field) + "' has the wrong type");
}

// Reads the members of one action. What is absent and what is null are the same.
class Fields {
 public:
  explicit Fields(dom::object object) : object_(object) {}

  std::optional<dom::element> Find(std::string_view name) const {
    dom::element value;
    if (object_[name].get(value) != simdjson::SUCCESS || value.is_null()) return std::nullopt;
    return value;
  }

  Result<std::optional<std::string>> Text(std::string_view name) const {
    const auto value = Find(name);
    if (!value.has_value()) return std::nullopt;
    std::string_view text;
    if (value->get(text) != simdjson::SUCCESS) return WrongType(name);
    return std::string(text);
  }

  Result<std::optional<int64_t>> Int(std::string_view name) const {
    const auto value = Find(name);
    if (!value.has_value()) return std::nullopt;
    int64_t number = 0;
    if (value->get(number) != simdjson::SUCCESS) return WrongType(name);
    return number;
  }

  Result<std::optional<int32_t>> Int32(std::string_view name) const {
    const std::optional<int64_t> number = TRY(Int(name));
    if (!number.has_value()) return std::nullopt;
    if (*number < INT32_MIN || *number > INT32_MAX) return WrongType(name);
    return static_cast<int32_t>(*number);
  }

  Result<std::optional<bool>> Bool(std::string_view name) const {
    const auto value = Find(name);
    if (!value.has_value()) return std::nullopt;
    bool flag = false;
    if (value->get(flag) != simdjson::SUCCESS) return WrongType(name);
    return flag;
  }

  Result<std::optional<std::vector<std::string>>> TextList(std::string_view name) const {
    const auto value = Find(name);
    if (!value.has_value()) return std::nullopt;
    dom::array array;
    if (value->get(array) != simdjson::SUCCESS) return WrongType(name);
    std::vector<std::string> list;
    for (const dom::element item : array) {
      std::string_view text;
      if (item.get(text) != simdjson::SUCCESS) return WrongType(name);
      list.emplace_back(text);
    }
    return list;
  }

  Result<PartitionValues> TextMap(std::string_view name) const {
    PartitionValues map;
    const auto value = Find(name);
    if (!value.has_value()) return map;
    dom::object object;
    if (value->get(object) != simdjson::SUCCESS) return WrongType(name);
    for (const auto member : object) {
      std::string_view text;
      if (member.value.is_null()) {
        map.emplace_back(member.key, std::nullopt);
      } else if (member.value.get(text) == simdjson::SUCCESS) {
        map.emplace_back(member.key, std::string(text));
      } else {
        return WrongType(name);
      }
    }
    return map;
  }

 private:
  dom::object object_;
};

// Members without a value are left out.
std::map<std::string, std::string> WithoutNulls(PartitionValues pairs) {
  std::map<std::string, std::string> map;
  for (auto& [key, value] : pairs) {
    if (value.has_value()) map.insert_or_assign(std::move(key), *std::move(value));
  }
  return map;
}

Result<Action> ReadProtocol(const Fields& fields) {
  const std::optional<int32_t> reader = TRY(fields.Int32("minReaderVersion"));
  const std::optional<int32_t> writer = TRY(fields.Int32("minWriterVersion"));
  if (!reader.has_value() || !writer.has_value()) return Corrupt("a protocol without versions");
  Protocol protocol;
  protocol.min_reader_version = *reader;
  protocol.min_writer_version = *writer;
  protocol.reader_features = TRY(fields.TextList("readerFeatures"));
  protocol.writer_features = TRY(fields.TextList("writerFeatures"));
  return protocol;
}

Status ReadFormat(const Fields& fields, Metadata& metadata) {
  const auto format = fields.Find("format");
  if (!format.has_value()) return {};
  dom::object object;
  if (format->get(object) != simdjson::SUCCESS) return WrongType("format");
  const Fields inner(object);
  metadata.format_provider = TRY(inner.Text("provider")).value_or(metadata.format_provider);
  metadata.format_options = WithoutNulls(TRY(inner.TextMap("options")));
  return {};
}

Result<Action> ReadMetadata(const Fields& fields) {
  Metadata metadata;
  std::optional<std::string> id = TRY(fields.Text("id"));
  if (!id.has_value()) return Corrupt("a metaData without an id");
  metadata.id = *std::move(id);
  metadata.name = TRY(fields.Text("name"));
  metadata.description = TRY(fields.Text("description"));
  TRY(ReadFormat(fields, metadata));
  std::optional<std::string> schema = TRY(fields.Text("schemaString"));
  if (!schema.has_value()) return Corrupt("a metaData without a schemaString");
  metadata.schema_string = *std::move(schema);
  metadata.partition_columns =
      TRY(fields.TextList("partitionColumns")).value_or(std::vector<std::string>());
  metadata.configuration = WithoutNulls(TRY(fields.TextMap("configuration")));
  metadata.created_time = TRY(fields.Int("createdTime"));
  return metadata;
}

Result<std::optional<DeletionVector>> ReadDeletionVector(const Fields& fields) {
  const auto value = fields.Find("deletionVector");
  if (!value.has_value()) return std::nullopt;
  dom::object object;
  if (value->get(object) != simdjson::SUCCESS) return WrongType("deletionVector");
  const Fields inner(object);
  const std::optional<std::string> type = TRY(inner.Text("storageType"));
  std::optional<std::string> where = TRY(inner.Text("pathOrInlineDv"));
  const std::optional<int32_t> size = TRY(inner.Int32("sizeInBytes"));
  const std::optional<int64_t> cardinality = TRY(inner.Int("cardinality"));
  const bool known = type == "u" || type == "i" || type == "p";
  if (!known || !where.has_value() || !size.has_value() || !cardinality.has_value() || *size < 0 ||
      *cardinality < 0) {
    return Corrupt("a broken deletion vector");
  }
  DeletionVector vector;
  vector.storage_type = type->front();
  vector.path_or_inline = *std::move(where);
  vector.offset = TRY(inner.Int32("offset"));
  vector.size_in_bytes = *size;
  vector.cardinality = *cardinality;
  return vector;
}

Result<Action> ReadAdd(const Fields& fields) {
  AddFile add;
  add.path = TRY(fields.Text("path")).value_or("");
  if (add.path.empty()) return Corrupt("an add without a path");
  const std::optional<int64_t> size = TRY(fields.Int("size"));
  if (!size.has_value() || *size < 0) return Corrupt("an add without a size");
  add.size = *size;
  add.partition_values = TRY(fields.TextMap("partitionValues"));
  add.modification_time = TRY(fields.Int("modificationTime")).value_or(0);
  add.data_change = TRY(fields.Bool("dataChange")).value_or(true);
  add.stats = TRY(fields.Text("stats"));
  add.deletion_vector = TRY(ReadDeletionVector(fields));
  add.base_row_id = TRY(fields.Int("baseRowId"));
  add.default_row_commit_version = TRY(fields.Int("defaultRowCommitVersion"));
  add.clustering_provider = TRY(fields.Text("clusteringProvider"));
  return add;
}

Result<Action> ReadRemove(const Fields& fields) {
  RemoveFile remove;
  remove.path = TRY(fields.Text("path")).value_or("");
  if (remove.path.empty()) return Corrupt("a remove without a path");
  if (fields.Find("partitionValues")) {
    remove.partition_values = TRY(fields.TextMap("partitionValues"));
  }
  remove.size = TRY(fields.Int("size"));
  if (remove.size.has_value() && *remove.size < 0) return Corrupt("a remove of a negative size");
  remove.deletion_timestamp = TRY(fields.Int("deletionTimestamp")).value_or(0);
  remove.data_change = TRY(fields.Bool("dataChange")).value_or(true);
  remove.deletion_vector = TRY(ReadDeletionVector(fields));
  remove.base_row_id = TRY(fields.Int("baseRowId"));
  remove.default_row_commit_version = TRY(fields.Int("defaultRowCommitVersion"));
  return remove;
}

Result<Action> ReadCdc(const Fields& fields) {
  CdcFile cdc;
  cdc.path = TRY(fields.Text("path")).value_or("");
  if (cdc.path.empty()) return Corrupt("a cdc without a path");
  const std::optional<int64_t> size = TRY(fields.Int("size"));
  if (!size.has_value() || *size < 0) return Corrupt("a cdc without a size");
  cdc.size = *size;
  cdc.partition_values = TRY(fields.TextMap("partitionValues"));
  return cdc;
}

// What writers put here is theirs: only what is read has to be as expected.
bool ChangesNoRow(const Fields& info) {
  std::string_view operation;
  const auto name = info.Find("operation");
  if (!name || name->get(operation) != simdjson::SUCCESS || operation != "MERGE") return false;
  const auto metrics = info.Find("operationMetrics");
  dom::object object;
  if (!metrics || metrics->get(object) != simdjson::SUCCESS) return false;
  const auto is_zero = [&](std::string_view metric) {
    std::string_view text;
    return object[metric].get(text) == simdjson::SUCCESS && text == "0";
  };
  return is_zero("numTargetRowsInserted") && is_zero("numTargetRowsUpdated") &&
         is_zero("numTargetRowsDeleted");
}

Result<Action> ReadCommitInfo(const Fields& fields) {
  CommitInfo info;
  info.in_commit_timestamp = TRY(fields.Int("inCommitTimestamp"));
  info.changes_no_row = ChangesNoRow(fields);
  return info;
}

Result<Action> ReadSidecar(const Fields& fields) {
  Sidecar sidecar;
  sidecar.path = TRY(fields.Text("path")).value_or("");
  const std::optional<int64_t> size = TRY(fields.Int("sizeInBytes"));
  const std::optional<int64_t> time = TRY(fields.Int("modificationTime"));
  if (sidecar.path.empty()) return Corrupt("a sidecar without a path");
  if (!size.has_value() || *size < 0) return Corrupt("a sidecar without a size");
  if (!time.has_value()) return Corrupt("a sidecar without a modificationTime");
  sidecar.size = *size;
  sidecar.modification_time = *time;
  return sidecar;
}

Result<Action> ReadCheckpointMetadata(const Fields& fields) {
  const std::optional<int64_t> version = TRY(fields.Int("version"));
  if (!version.has_value()) return Corrupt("a checkpointMetadata without a version");
  return CheckpointMetadata{*version};
}

Result<Action> ReadDomainMetadata(const Fields& fields) {
  std::optional<std::string> domain = TRY(fields.Text("domain"));
  if (!domain.has_value()) return Corrupt("a domainMetadata without a domain");
  TRY(fields.Text("configuration"));
  TRY(fields.Bool("removed"));
  return DomainMetadata{*std::move(domain)};
}

using ReadAction = Result<Action> (*)(const Fields&);

// Null: an action that is passed over.
ReadAction ReaderOf(std::string_view name) {
  if (name == "add") return ReadAdd;
  if (name == "remove") return ReadRemove;
  if (name == "cdc") return ReadCdc;
  if (name == "metaData") return ReadMetadata;
  if (name == "protocol") return ReadProtocol;
  if (name == "commitInfo") return ReadCommitInfo;
  if (name == "sidecar") return ReadSidecar;
  if (name == "checkpointMetadata") return ReadCheckpointMetadata;
  if (name == "domainMetadata") return ReadDomainMetadata;
  return nullptr;
}

Result<Action> ReadLine(dom::element line) {
  dom::object object;
  if (line.get(object) != simdjson::SUCCESS) return Corrupt("a line that is no JSON object");
  Action action;
  for (const auto member : object) {
    const ReadAction read = ReaderOf(member.key);
    if (read == nullptr || member.value.is_null()) continue;
    if (action.index() != 0) return Corrupt("a line with two actions");
    dom::object body;
    if (member.value.get(body) != simdjson::SUCCESS) return WrongType(member.key);
    action = TRY(read(Fields(body)));
  }
  return action;
}

}  // namespace

struct LogLineParser::State {
  dom::parser parser;
};

const size_t LogLineParser::kPadding = simdjson::SIMDJSON_PADDING;

LogLineParser::LogLineParser() : state_(std::make_unique<State>()) {}
LogLineParser::~LogLineParser() = default;

Result<Action> LogLineParser::Parse(std::string_view line, size_t readable_behind) {
  dom::element element;
  const bool copy = readable_behind < kPadding;
  const simdjson::error_code error =
      state_->parser.parse(line.data(), line.size(), copy).get(element);
  if (error != simdjson::SUCCESS) {
    return Fail(Code::kCorrupt, "a line that is not JSON", simdjson::error_message(error));
  }
  return ReadLine(element);
}

std::optional<Version> ParseLastCheckpoint(std::string_view text) {
  dom::parser parser;
  dom::element element;
  int64_t version = 0;
  if (parser.parse(text.data(), text.size()).get(element) != simdjson::SUCCESS) return std::nullopt;
  if (element["version"].get(version) != simdjson::SUCCESS || version < 0) return std::nullopt;
  return version;
}

}  // namespace sluice::delta
