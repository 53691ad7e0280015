#include "delta/actions_json.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <limits>

namespace sluice::delta {
namespace {

namespace dom = simdjson::dom;

std::unexpected<Error> Corrupt(std::string what) {
  return Fail(Code::kCorrupt, fmt::format("The table's log is broken: {}.", what));
}

// Null where the member is absent or null.
dom::element Member(dom::object object, std::string_view name, bool& present) {
  dom::element element;
  present = object[name].get(element) == simdjson::SUCCESS && !element.is_null();
  return element;
}

template <class T>
Result<std::optional<T>> Optional(dom::object object, std::string_view action,
                                  std::string_view name) {
  bool present = false;
  const dom::element element = Member(object, name, present);
  if (!present) return std::nullopt;
  if constexpr (std::is_same_v<T, std::string>) {
    std::string_view text;
    if (element.get(text) == simdjson::SUCCESS) return std::string(text);
  } else {
    T value{};
    if (element.get(value) == simdjson::SUCCESS) return value;
  }
  return Corrupt(fmt::format("{}.{} has the wrong type", action, name));
}

template <class T>
Result<T> Required(dom::object object, std::string_view action, std::string_view name) {
  std::optional<T> value = TRY(Optional<T>(object, action, name));
  if (!value) return Corrupt(fmt::format("{}.{} is missing", action, name));
  return *std::move(value);
}

Result<int> RequiredInt(dom::object object, std::string_view action, std::string_view name) {
  const int64_t value = TRY(Required<int64_t>(object, action, name));
  if (value < 0 || value > std::numeric_limits<int>::max()) {
    return Corrupt(fmt::format("{}.{} is out of range", action, name));
  }
  return static_cast<int>(value);
}

Result<std::optional<std::vector<std::string>>> Texts(dom::object object, std::string_view action,
                                                      std::string_view name) {
  bool present = false;
  const dom::element element = Member(object, name, present);
  if (!present) return std::nullopt;
  dom::array array;
  if (element.get(array) != simdjson::SUCCESS) {
    return Corrupt(fmt::format("{}.{} is not an array", action, name));
  }
  std::vector<std::string> texts;
  for (const dom::element item : array) {
    std::string_view text;
    if (item.get(text) != simdjson::SUCCESS) {
      return Corrupt(fmt::format("{}.{} holds something that is no string", action, name));
    }
    texts.emplace_back(text);
  }
  return texts;
}

// A map of strings; calls `each` with a null value as nullopt.
template <class Each>
Status Map(dom::object object, std::string_view action, std::string_view name, Each&& each) {
  bool present = false;
  const dom::element element = Member(object, name, present);
  if (!present) return {};
  dom::object map;
  if (element.get(map) != simdjson::SUCCESS) {
    return Corrupt(fmt::format("{}.{} is not an object", action, name));
  }
  for (const auto [key, value] : map) {
    std::string_view text;
    if (value.is_null()) {
      each(key, std::optional<std::string>());
    } else if (value.get(text) == simdjson::SUCCESS) {
      each(key, std::optional<std::string>(text));
    } else {
      return Corrupt(fmt::format("{}.{} holds something that is no string", action, name));
    }
  }
  return {};
}

Result<Protocol> ReadProtocol(dom::object object) {
  constexpr std::string_view kName = "protocol";
  Protocol protocol;
  protocol.min_reader_version = TRY(RequiredInt(object, kName, "minReaderVersion"));
  protocol.min_writer_version = TRY(RequiredInt(object, kName, "minWriterVersion"));
  protocol.reader_features = TRY(Texts(object, kName, "readerFeatures"));
  protocol.writer_features = TRY(Texts(object, kName, "writerFeatures"));
  return protocol;
}

Result<Metadata> ReadMetadata(dom::object object) {
  constexpr std::string_view kName = "metaData";
  Metadata metadata;
  metadata.id = TRY(Required<std::string>(object, kName, "id"));
  metadata.name = TRY(Optional<std::string>(object, kName, "name"));
  metadata.description = TRY(Optional<std::string>(object, kName, "description"));
  metadata.schema_string = TRY(Required<std::string>(object, kName, "schemaString"));
  metadata.partition_columns =
      TRY(Texts(object, kName, "partitionColumns")).value_or(std::vector<std::string>());
  TRY(Map(object, kName, "configuration",
          [&](std::string_view key, std::optional<std::string> value) {
            if (value) metadata.configuration.insert_or_assign(std::string(key), *value);
          }));
  metadata.created_time = TRY(Optional<int64_t>(object, kName, "createdTime"));
  bool present = false;
  const dom::element format = Member(object, "format", present);
  dom::object format_object;
  if (!present || format.get(format_object) != simdjson::SUCCESS) {
    return Corrupt("metaData.format is missing");
  }
  metadata.format_provider = TRY(Required<std::string>(format_object, "format", "provider"));
  return metadata;
}

Result<std::optional<DeletionVector>> ReadDeletionVector(dom::object action_object,
                                                         std::string_view action) {
  bool present = false;
  const dom::element element = Member(action_object, "deletionVector", present);
  if (!present) return std::nullopt;
  dom::object object;
  if (element.get(object) != simdjson::SUCCESS) {
    return Corrupt(fmt::format("{}.deletionVector is not an object", action));
  }
  constexpr std::string_view kName = "deletionVector";
  DeletionVector vector;
  const std::string type = TRY(Required<std::string>(object, kName, "storageType"));
  if (type != "u" && type != "i" && type != "p") {
    return Corrupt("deletionVector.storageType is none of u, i, p");
  }
  vector.storage_type = type[0];
  vector.path_or_inline = TRY(Required<std::string>(object, kName, "pathOrInlineDv"));
  vector.size_in_bytes = TRY(RequiredInt(object, kName, "sizeInBytes"));
  vector.cardinality = TRY(Required<int64_t>(object, kName, "cardinality"));
  const auto offset = TRY(Optional<int64_t>(object, kName, "offset"));
  if (offset && (*offset < 0 || *offset > std::numeric_limits<int32_t>::max())) {
    return Corrupt("deletionVector.offset is out of range");
  }
  if (offset) vector.offset = static_cast<int32_t>(*offset);
  return vector;
}

Result<std::string> ReadPath(dom::object object, std::string_view action) {
  std::string path = TRY(Required<std::string>(object, action, "path"));
  if (path.empty()) return Corrupt(fmt::format("{}.path is empty", action));
  return path;
}

Result<AddFile> ReadAdd(dom::object object) {
  constexpr std::string_view kName = "add";
  AddFile add;
  add.path = TRY(ReadPath(object, kName));
  TRY(Map(object, kName, "partitionValues",
          [&](std::string_view key, std::optional<std::string> value) {
            add.partition_values.emplace_back(key, std::move(value));
          }));
  add.size = TRY(Required<int64_t>(object, kName, "size"));
  if (add.size < 0) return Corrupt("add.size is negative");
  add.modification_time = TRY(Optional<int64_t>(object, kName, "modificationTime")).value_or(0);
  add.data_change = TRY(Optional<bool>(object, kName, "dataChange")).value_or(true);
  add.stats = TRY(Optional<std::string>(object, kName, "stats"));
  add.deletion_vector = TRY(ReadDeletionVector(object, kName));
  add.base_row_id = TRY(Optional<int64_t>(object, kName, "baseRowId"));
  add.default_row_commit_version = TRY(Optional<int64_t>(object, kName, "defaultRowCommitVersion"));
  add.clustering_provider = TRY(Optional<std::string>(object, kName, "clusteringProvider"));
  return add;
}

Result<RemoveFile> ReadRemove(dom::object object) {
  constexpr std::string_view kName = "remove";
  RemoveFile remove;
  remove.path = TRY(ReadPath(object, kName));
  remove.deletion_vector = TRY(ReadDeletionVector(object, kName));
  return remove;
}

// The named action as an object; an action that is null is absent.
Result<std::optional<dom::object>> Find(dom::object line, std::string_view name) {
  bool present = false;
  const dom::element element = Member(line, name, present);
  if (!present) return std::nullopt;
  dom::object object;
  if (element.get(object) != simdjson::SUCCESS) {
    return Corrupt(fmt::format("{} is not an object", name));
  }
  return object;
}

}  // namespace

struct ActionParser::State {
  dom::parser parser;
};

ActionParser::ActionParser() : state_(std::make_unique<State>()) {}
ActionParser::~ActionParser() = default;
ActionParser::ActionParser(ActionParser&&) noexcept = default;

Result<Action> ActionParser::Parse(std::string_view line) {
  dom::object object;
  // Copies into a padded buffer of the parser's own: the line need not be followed by anything.
  const auto failure = state_->parser.parse(line.data(), line.size(), true).get(object);
  if (failure != simdjson::SUCCESS) {
    return Corrupt(fmt::format("a line is no JSON object ({})", simdjson::error_message(failure)));
  }
  if (const auto add = TRY(Find(object, "add"))) return TRY(ReadAdd(*add));
  if (const auto remove = TRY(Find(object, "remove"))) return TRY(ReadRemove(*remove));
  if (const auto info = TRY(Find(object, "commitInfo"))) {
    // Free-form but for this one field; what is of another type there is not a timestamp.
    CommitInfo commit;
    int64_t timestamp = 0;
    if ((*info)["inCommitTimestamp"].get(timestamp) == simdjson::SUCCESS) {
      commit.in_commit_timestamp = timestamp;
    }
    return commit;
  }
  if (const auto metadata = TRY(Find(object, "metaData"))) return TRY(ReadMetadata(*metadata));
  if (const auto protocol = TRY(Find(object, "protocol"))) return TRY(ReadProtocol(*protocol));
  return Action();
}

Result<LastCheckpoint> ParseLastCheckpoint(std::string_view text) {
  dom::parser parser;
  dom::object object;
  if (parser.parse(text.data(), text.size(), true).get(object) != simdjson::SUCCESS) {
    return Corrupt("_last_checkpoint is no JSON object");
  }
  const int64_t version = TRY(Required<int64_t>(object, "_last_checkpoint", "version"));
  if (version < 0) return Corrupt("_last_checkpoint names a negative version");
  return LastCheckpoint{version};
}

}  // namespace sluice::delta
