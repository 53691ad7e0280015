#include "sharing/head_lines.h"

#include <algorithm>
#include <array>

#include "base/json.h"
#include "delta/change_feed.h"
#include "sharing/item_json.h"
#include "sharing/shared_partitions.h"

namespace sluice::sharing {
namespace {

// Field metadata that a reader needs; all else is the provider's business.
constexpr std::array<std::string_view, 1> kParquetFieldKeys = {"comment"};
constexpr std::array<std::string_view, 6> kDeltaFieldKeys = {"comment",
                                                             "delta.columnMapping.id",
                                                             "delta.columnMapping.physicalName",
                                                             "delta.columnMapping.nested.ids",
                                                             "delta.typeChanges",
                                                             "__CHAR_VARCHAR_TYPE_STRING"};

// Table properties that change how files are read.
constexpr std::array<std::string_view, 6> kDeltaProperties = {
    "delta.columnMapping.mode",   "delta.columnMapping.maxColumnId",
    "delta.enableChangeDataFeed", "delta.enableDeletionVectors",
    "delta.enableTypeWidening",   "delta.enableVariantShredding"};

// Removes from every field, nested ones included, the metadata that is not in `keep`.
template <size_t N>
void NarrowType(json::Value& type, const std::array<std::string_view, N>& keep) {
  if (!type.is_object()) return;
  json::Object& object = type.get_object();
  for (const std::string_view nested : {"elementType", "keyType", "valueType"}) {
    if (json::Value* inner = object.if_contains({nested.data(), nested.size()})) {
      NarrowType(*inner, keep);
    }
  }
  json::Value* fields = object.if_contains("fields");
  if (fields == nullptr || !fields->is_array()) return;
  for (json::Value& field : fields->get_array()) {
    if (!field.is_object()) continue;
    json::Object kept;
    const json::Value* metadata = field.get_object().if_contains("metadata");
    if (metadata != nullptr && metadata->is_object()) {
      for (const auto& [key, value] : metadata->get_object()) {
        if (std::ranges::find(keep, std::string_view(key)) != keep.end()) kept[key] = value;
      }
    }
    field.get_object()["metadata"] = std::move(kept);
    if (json::Value* inner = field.get_object().if_contains("type")) NarrowType(*inner, keep);
  }
}

Result<std::string> NarrowSchema(Format format, const std::string& schema_string) {
  // A schema is as large as its table is wide; it comes from the log, not from a request.
  Result<json::Value> schema = json::Parse(schema_string, {.size = MiB(256), .depth = 500});
  if (!schema || !schema->is_object()) {
    return Fail(Code::kCorrupt, "The table's schema cannot be read.",
                schema ? "schemaString is not an object" : schema.error().message);
  }
  if (format == Format::kParquet) {
    NarrowType(*schema, kParquetFieldKeys);
  } else {
    NarrowType(*schema, kDeltaFieldKeys);
  }
  return json::Serialize(*schema);
}

void AppendMember(std::string_view name, std::string_view text, std::string& out) {
  out += ",\"";
  out += name;
  out += "\":";
  json::AppendQuoted(text, out);
}

void AppendMember(std::string_view name, int64_t number, std::string& out) {
  out += ",\"";
  out += name;
  out += "\":";
  json::AppendInt(number, out);
}

void AppendTexts(const std::vector<std::string>& texts, std::string& out) {
  out += '[';
  for (size_t i = 0; i < texts.size(); ++i) {
    if (i > 0) out += ',';
    json::AppendQuoted(texts[i], out);
  }
  out += ']';
}

// Leaves out of a feature list what this version does not use and the client does not know: a
// client that cannot read deletion vectors may read a version that has none.
std::vector<std::string> KnownFeatures(const std::optional<std::vector<std::string>>& features,
                                       const Capabilities& capabilities) {
  std::vector<std::string> known;
  if (!features) return known;
  for (const std::string& feature : *features) {
    const bool optional = feature == "deletionVectors" || feature == "columnMapping";
    if (!optional || capabilities.Reads(feature)) known.push_back(feature);
  }
  return known;
}

void AppendDeltaProtocol(const Capabilities& capabilities, delta::Protocol protocol,
                         std::string& out) {
  const auto reader = KnownFeatures(protocol.reader_features, capabilities);
  const auto writer = KnownFeatures(protocol.writer_features, capabilities);
  // A list of features that is empty now is the same as the version before feature lists.
  if (protocol.reader_features && reader.empty()) protocol.min_reader_version = 1;
  if (protocol.writer_features && writer.empty()) protocol.min_writer_version = 2;
  out += R"("deltaProtocol":{"minReaderVersion":)";
  json::AppendInt(protocol.min_reader_version, out);
  AppendMember("minWriterVersion", protocol.min_writer_version, out);
  if (!reader.empty()) {
    out += R"(,"readerFeatures":)";
    AppendTexts(reader, out);
  }
  if (!writer.empty()) {
    out += R"(,"writerFeatures":)";
    AppendTexts(writer, out);
  }
  out += '}';
}

// What both formats tell of the table itself: id, name, description.
void AppendIdentity(const catalog::SharedTable& table, const delta::Metadata& metadata,
                    std::string& out) {
  out += R"("id":)";
  json::AppendQuoted(table.id, out);
  if (metadata.name) AppendMember("name", *metadata.name, out);
  if (metadata.description) AppendMember("description", *metadata.description, out);
}

void AppendDeltaMetadata(const catalog::SharedTable& table, const delta::Metadata& metadata,
                         std::string_view schema, std::string& out) {
  out += R"("deltaMetadata":{)";
  AppendIdentity(table, metadata, out);
  out += R"(,"format":{"provider":"parquet","options":{}})";
  AppendMember("schemaString", schema, out);
  out += R"(,"partitionColumns":)";
  AppendTexts(metadata.partition_columns, out);
  out += R"(,"configuration":{)";
  bool first = true;
  for (const std::string_view key : kDeltaProperties) {
    const auto found = metadata.configuration.find(std::string(key));
    if (found == metadata.configuration.end()) continue;
    if (!std::exchange(first, false)) out += ',';
    json::AppendQuoted(key, out);
    out += ':';
    json::AppendQuoted(found->second, out);
  }
  out += '}';
  if (metadata.created_time) AppendMember("createdTime", *metadata.created_time, out);
  out += '}';
}

void AppendParquetMetadata(const catalog::SharedTable& table, const delta::Metadata& metadata,
                           std::string_view schema, std::string& out) {
  AppendIdentity(table, metadata, out);
  out += R"(,"format":{"provider":"parquet"})";
  AppendMember("schemaString", schema, out);
  out += R"(,"partitionColumns":)";
  AppendTexts(metadata.partition_columns, out);
  if (ChangesShared(table) && delta::RecordsChanges(metadata)) {
    out += R"(,"configuration":{"enableChangeDataFeed":"true"})";
  }
}

// All of a metaData line but its end.
Result<std::string> BeginMetadataLine(Format format, const catalog::SharedTable& table,
                                      const delta::Metadata& metadata) {
  const std::string schema = TRY(NarrowSchema(format, metadata.schema_string));
  std::string out = R"({"metaData":{)";
  if (format == Format::kDelta) {
    AppendDeltaMetadata(table, metadata, schema, out);
  } else {
    AppendParquetMetadata(table, metadata, schema, out);
  }
  return out;
}

}  // namespace

std::string ProtocolLine(Format format, const Capabilities& capabilities,
                         const delta::Protocol& protocol, std::optional<delta::Version> version) {
  std::string out = R"({"protocol":{)";
  if (format == Format::kParquet) {
    out += R"("minReaderVersion":1)";
  } else {
    AppendDeltaProtocol(capabilities, delta::ServedProtocol(protocol), out);
  }
  if (version.has_value()) AppendMember("version", *version, out);
  out += "}}\n";
  return out;
}

Result<std::string> MetadataLine(Format format, const catalog::SharedTable& table,
                                 const delta::Metadata& metadata, delta::Version version) {
  std::string out = TRY(BeginMetadataLine(format, table, metadata));
  AppendMember("version", version, out);
  out += "}}\n";
  return out;
}

Result<std::string> HeadLines(Format format, const Capabilities& capabilities,
                              const catalog::SharedTable& table, const delta::Snapshot& snapshot,
                              bool by_version) {
  std::string out = ProtocolLine(format, capabilities, snapshot.protocol());
  out += TRY(BeginMetadataLine(format, table, snapshot.metadata()));
  if (by_version) AppendMember("version", snapshot.version(), out);
  AppendMember("size", static_cast<int64_t>(snapshot.size().value), out);
  AppendMember("numFiles", static_cast<int64_t>(snapshot.num_files()), out);
  if (snapshot.num_outside() == 0) AppendAccessModes(table, out);
  out += "}}\n";
  return out;
}

}  // namespace sluice::sharing
