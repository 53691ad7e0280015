#include "delta/table_features.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace sluice::delta {
namespace {

using Names = std::vector<std::string>;

constexpr int kNewestReader = 3;
constexpr int kReaderWithMapping = 2;
constexpr int kReaderWithFeatures = 3;
constexpr int kWriterWithFeatures = 7;

constexpr std::array<std::string_view, 12> kReadable = {
    "columnMapping",
    "deletionVectors",
    "timestampNtz",
    "timestampWithoutTimezone",  // what early writers called timestampNtz
    "typeWidening",
    "typeWidening-preview",
    "v2Checkpoint",
    "vacuumProtocolCheck",
    "variantShredding",
    "variantShredding-preview",
    "variantType",
    "variantType-preview",
};

// Those of readers that are refused by name, but must not hide among those of writers.
constexpr std::array<std::string_view, 2> kNotReadable = {
    "catalogManaged",
    "catalogOwned-preview",
};

// Features that concern the log alone: recipients never see one.
constexpr std::array<std::string_view, 6> kLogOnly = {
    "checkpointProtection", "clustering",   "domainMetadata",
    "inCommitTimestamp",    "v2Checkpoint", "vacuumProtocolCheck",
};

template <size_t N>
bool Holds(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::unexpected<Error> Inconsistent(std::string_view why) {
  return Fail(Code::kCorrupt, fmt::format("the table's protocol contradicts itself: {}", why));
}

Status CheckConsistent(const Protocol& protocol) {
  const bool reader_list = protocol.reader_features.has_value();
  const bool writer_list = protocol.writer_features.has_value();
  if (protocol.min_reader_version < 1 || protocol.min_writer_version < 1) {
    return Inconsistent("a version below 1");
  }
  if (protocol.min_reader_version == kReaderWithFeatures) {
    if (!reader_list) return Inconsistent("reader version 3 without readerFeatures");
    if (protocol.min_writer_version < kWriterWithFeatures) {
      return Inconsistent("reader version 3 with a writer version below 7");
    }
  } else if (reader_list && !protocol.reader_features->empty()) {
    return Inconsistent("readerFeatures without reader version 3");
  }
  if (protocol.min_writer_version == kWriterWithFeatures) {
    if (!writer_list) return Inconsistent("writer version 7 without writerFeatures");
  } else if (writer_list && !protocol.writer_features->empty()) {
    return Inconsistent("writerFeatures without writer version 7");
  }
  return {};
}

using Features = std::optional<std::vector<std::string>>;

std::vector<std::string> Union(const Features& a, const Features& b) {
  std::vector<std::string> both = a.value_or(std::vector<std::string>());
  if (!b.has_value()) return both;
  for (const std::string& name : *b) {
    if (std::ranges::find(both, name) == both.end()) both.push_back(name);
  }
  return both;
}

bool Lists(const std::optional<std::vector<std::string>>& names, std::string_view name) {
  return names.has_value() && std::ranges::find(*names, name) != names->end();
}

// A feature of readers stands in both lists. Reader version 2, which has no list, means
// columnMapping.
Status CheckListed(const Protocol& protocol) {
  const auto neither = [](std::string_view name, std::string_view where) {
    return Inconsistent(fmt::format("the feature '{}' stands in {} alone", name, where));
  };
  for (const std::string& name : protocol.reader_features.value_or(Names())) {
    if (!Lists(protocol.writer_features, name)) return neither(name, "readerFeatures");
  }
  for (const std::string& name : protocol.writer_features.value_or(Names())) {
    const bool for_readers = Holds(kReadable, name) || Holds(kNotReadable, name);
    if (!for_readers || Lists(protocol.reader_features, name)) continue;
    if (name == "columnMapping" && protocol.min_reader_version == kReaderWithMapping) continue;
    return neither(name, "writerFeatures");
  }
  return {};
}

void TakeOutLogOnly(std::optional<std::vector<std::string>>& features) {
  if (!features.has_value()) return;
  std::erase_if(*features, [](const std::string& name) { return Holds(kLogOnly, name); });
}

}  // namespace

Status CheckReadable(const Protocol& protocol) {
  if (protocol.min_reader_version > kNewestReader) {
    return Fail(Code::kUnsupported,
                fmt::format("the table requires Delta reader version {}, which this server does "
                            "not support",
                            protocol.min_reader_version));
  }
  TRY(CheckConsistent(protocol));
  for (const std::string& name : protocol.reader_features.value_or(Names())) {
    if (Holds(kReadable, name)) continue;
    return Fail(Code::kUnsupported,
                fmt::format("the table requires the Delta reader feature '{}', which this server "
                            "does not support",
                            name));
  }
  return CheckListed(protocol);
}

std::vector<std::string_view> AdvancedFeatures::Names() const {
  std::vector<std::string_view> names;
  if (deletion_vectors) names.push_back("deletionVectors");
  if (column_mapping) names.push_back("columnMapping");
  if (timestamp_ntz) names.push_back("timestampNtz");
  if (variant) names.push_back("variantType");
  if (type_widening) names.push_back("typeWidening");
  return names;
}

bool AdvancedFeatures::any() const {
  return deletion_vectors || column_mapping || timestamp_ntz || variant || type_widening;
}

Protocol Covering(const Protocol& a, const Protocol& b) {
  Protocol both;
  both.min_reader_version = std::max(a.min_reader_version, b.min_reader_version);
  both.min_writer_version = std::max(a.min_writer_version, b.min_writer_version);
  if (both.min_reader_version >= kReaderWithFeatures) {
    both.reader_features = Union(a.reader_features, b.reader_features);
    // What a reader version of before the lists stood for.
    const bool mapping =
        a.min_reader_version == kReaderWithMapping || b.min_reader_version == kReaderWithMapping;
    if (mapping) both.reader_features = Union(both.reader_features, {{"columnMapping"}});
  }
  if (both.min_writer_version >= kWriterWithFeatures) {
    both.writer_features = Union(a.writer_features, b.writer_features);
    if (both.reader_features) {
      both.writer_features = Union(both.writer_features, both.reader_features);
    }
  }
  return both;
}

Protocol ServedProtocol(const Protocol& protocol) {
  Protocol served = protocol;
  TakeOutLogOnly(served.reader_features);
  TakeOutLogOnly(served.writer_features);
  return served;
}

}  // namespace sluice::delta
