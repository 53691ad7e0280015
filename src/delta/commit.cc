#include "delta/commit.h"

#include <fmt/format.h>

#include <chrono>

#include "base/json.h"

namespace sluice::delta {
namespace {

// Writes one JSON object, member by member.
class ObjectWriter {
 public:
  explicit ObjectWriter(std::string& out) : out_(out) { out_ += '{'; }

  std::string& Key(std::string_view key) {
    if (!first_) out_ += ',';
    first_ = false;
    json::AppendQuoted(key, out_);
    out_ += ':';
    return out_;
  }
  void Text(std::string_view key, std::string_view value) { json::AppendQuoted(value, Key(key)); }
  void Text(std::string_view key, const std::optional<std::string>& value) {
    if (value.has_value()) Text(key, std::string_view(*value));
  }
  void Int(std::string_view key, int64_t value) { json::AppendInt(value, Key(key)); }
  template <class T>
  void Int(std::string_view key, const std::optional<T>& value) {
    if (value.has_value()) Int(key, int64_t{*value});
  }
  void Bool(std::string_view key, bool value) { Key(key) += value ? "true" : "false"; }
  // `write` appends the member's value.
  template <class Write>
  void Nested(std::string_view key, const Write& write) {
    write(Key(key));
  }
  void End() { out_ += '}'; }

 private:
  std::string& out_;
  bool first_ = true;
};

int64_t Milliseconds(TimePoint time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

void AppendList(const std::vector<std::string>& list, std::string& out) {
  out += '[';
  for (size_t i = 0; i < list.size(); ++i) {
    if (i > 0) out += ',';
    json::AppendQuoted(list[i], out);
  }
  out += ']';
}

void AppendMap(const std::map<std::string, std::string>& map, std::string& out) {
  ObjectWriter object(out);
  for (const auto& [key, value] : map) object.Text(key, std::string_view(value));
  object.End();
}

void AppendPartitionValues(const PartitionValues& values, std::string& out) {
  ObjectWriter object(out);
  for (const auto& [name, value] : values) {
    if (value.has_value()) {
      object.Text(name, std::string_view(*value));
    } else {
      object.Key(name) += "null";
    }
  }
  object.End();
}

void AppendDeletionVector(const DeletionVector& vector, std::string& out) {
  ObjectWriter object(out);
  object.Text("storageType", std::string_view(&vector.storage_type, 1));
  object.Text("pathOrInlineDv", std::string_view(vector.path_or_inline));
  object.Int("offset", vector.offset);
  object.Int("sizeInBytes", vector.size_in_bytes);
  object.Int("cardinality", vector.cardinality);
  object.End();
}

void AppendCommitInfo(const Commit& commit, std::string& out) {
  ObjectWriter info(out);
  info.Int("timestamp", Milliseconds(commit.time));
  info.Text("operation", std::string_view(commit.operation));
  info.Nested("operationParameters", [](std::string& text) { text += "{}"; });
  info.Bool("isBlindAppend", commit.removes.empty() && !commit.adds.empty());
  info.Text("engineInfo", std::string_view("Sluice/" SLUICE_VERSION));
  if (!commit.user_metadata.empty())
    info.Text("userMetadata", std::string_view(commit.user_metadata));
  info.End();
}

void AppendTransaction(const Transaction& transaction, TimePoint time, std::string& out) {
  ObjectWriter object(out);
  object.Text("appId", std::string_view(transaction.app_id));
  object.Int("version", transaction.version);
  object.Int("lastUpdated", Milliseconds(time));
  object.End();
}

void AppendProtocol(const Protocol& protocol, std::string& out) {
  ObjectWriter object(out);
  object.Int("minReaderVersion", protocol.min_reader_version);
  object.Int("minWriterVersion", protocol.min_writer_version);
  const auto features = [&](std::string_view key, const auto& list) {
    if (list.has_value()) {
      object.Nested(key, [&](std::string& text) { AppendList(*list, text); });
    }
  };
  features("readerFeatures", protocol.reader_features);
  features("writerFeatures", protocol.writer_features);
  object.End();
}

void AppendFormat(const Metadata& metadata, std::string& out) {
  ObjectWriter format(out);
  format.Text("provider", std::string_view(metadata.format_provider));
  format.Nested("options", [&](std::string& text) { AppendMap(metadata.format_options, text); });
  format.End();
}

void AppendMetadata(const Metadata& metadata, std::string& out) {
  ObjectWriter object(out);
  object.Text("id", std::string_view(metadata.id));
  object.Text("name", metadata.name);
  object.Text("description", metadata.description);
  object.Nested("format", [&](std::string& text) { AppendFormat(metadata, text); });
  object.Text("schemaString", std::string_view(metadata.schema_string));
  object.Nested("partitionColumns",
                [&](std::string& text) { AppendList(metadata.partition_columns, text); });
  object.Nested("configuration",
                [&](std::string& text) { AppendMap(metadata.configuration, text); });
  object.Int("createdTime", metadata.created_time);
  object.End();
}

void AppendRemove(const RemoveFile& remove, TimePoint time, std::string& out) {
  ObjectWriter object(out);
  object.Text("path", std::string_view(remove.path));
  object.Int("deletionTimestamp", Milliseconds(time));
  object.Bool("dataChange", remove.data_change);
  if (remove.partition_values.has_value()) {
    object.Bool("extendedFileMetadata", true);
    object.Nested("partitionValues", [&](std::string& text) {
      AppendPartitionValues(*remove.partition_values, text);
    });
  }
  object.Int("size", remove.size);
  if (remove.deletion_vector.has_value()) {
    object.Nested("deletionVector",
                  [&](std::string& text) { AppendDeletionVector(*remove.deletion_vector, text); });
  }
  object.End();
}

void AppendAdd(const AddFile& add, std::string& out) {
  ObjectWriter object(out);
  object.Text("path", std::string_view(add.path));
  object.Nested("partitionValues",
                [&](std::string& text) { AppendPartitionValues(add.partition_values, text); });
  object.Int("size", add.size);
  object.Int("modificationTime", add.modification_time);
  object.Bool("dataChange", add.data_change);
  object.Text("stats", add.stats);
  if (add.deletion_vector.has_value()) {
    object.Nested("deletionVector",
                  [&](std::string& text) { AppendDeletionVector(*add.deletion_vector, text); });
  }
  object.Int("baseRowId", add.base_row_id);
  object.Int("defaultRowCommitVersion", add.default_row_commit_version);
  object.Text("clusteringProvider", add.clustering_provider);
  object.End();
}

void AppendCdc(const CdcFile& cdc, std::string& out) {
  ObjectWriter object(out);
  object.Text("path", std::string_view(cdc.path));
  object.Nested("partitionValues",
                [&](std::string& text) { AppendPartitionValues(cdc.partition_values, text); });
  object.Int("size", cdc.size);
  object.Bool("dataChange", false);
  object.End();
}

// One line: an object whose only member is the action.
template <class Write>
void AppendAction(std::string_view name, const Write& write, std::string& out) {
  ObjectWriter line(out);
  line.Nested(name, write);
  line.End();
  out += '\n';
}

}  // namespace

std::string RenderCommit(const Commit& commit) {
  std::string out;
  AppendAction("commitInfo", [&](std::string& text) { AppendCommitInfo(commit, text); }, out);
  if (commit.protocol.has_value()) {
    AppendAction(
        "protocol", [&](std::string& text) { AppendProtocol(*commit.protocol, text); }, out);
  }
  if (commit.metadata.has_value()) {
    AppendAction(
        "metaData", [&](std::string& text) { AppendMetadata(*commit.metadata, text); }, out);
  }
  if (commit.transaction.has_value()) {
    AppendAction(
        "txn",
        [&](std::string& text) { AppendTransaction(*commit.transaction, commit.time, text); }, out);
  }
  for (const auto& remove : commit.removes) {
    AppendAction(
        "remove", [&](std::string& text) { AppendRemove(remove, commit.time, text); }, out);
  }
  for (const auto& add : commit.adds) {
    AppendAction("add", [&](std::string& text) { AppendAdd(add, text); }, out);
  }
  for (const auto& cdc : commit.cdc) {
    AppendAction("cdc", [&](std::string& text) { AppendCdc(cdc, text); }, out);
  }
  return out;
}

Status WriteCommit(const storage::ObjectStore& store, Version version, const Commit& commit) {
  return store.PutIfAbsent(fmt::format("_delta_log/{:020}.json", version), RenderCommit(commit));
}

}  // namespace sluice::delta
