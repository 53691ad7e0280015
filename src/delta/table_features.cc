#include "delta/table_features.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace sluice::delta {
namespace {

constexpr int kReaderWithFeatures = 3;
constexpr int kWriterWithFeatures = 7;

// Reader features whose tables are answered rightly. v2Checkpoint is judged where a checkpoint is
// chosen: such a table may still have a classic one.
constexpr std::array<std::string_view, 13> kReadable = {
    "columnMapping",       "deletionVectors",     "timestampNtz",     "timestampWithoutTimezone",
    "vacuumProtocolCheck", "v2Checkpoint",        "typeWidening",     "typeWidening-preview",
    "variantType",         "variantType-preview", "variantShredding", "variantShredding-preview",
    "appendOnly"};

// Features about the log alone: a recipient gets its log from us.
constexpr std::array<std::string_view, 9> kLogOnly = {
    "v2Checkpoint",         "vacuumProtocolCheck",
    "inCommitTimestamp",    "inCommitTimestamp-preview",
    "domainMetadata",       "clustering",
    "checkpointProtection", "catalogManaged",
    "catalogOwned-preview"};

std::unexpected<Error> Corrupt(std::string_view what) {
  return Fail(Code::kCorrupt, fmt::format("The table's log is broken: {}.", what));
}

template <size_t N>
bool Has(const std::array<std::string_view, N>& list, std::string_view feature) {
  return std::ranges::find(list, feature) != list.end();
}

void RemoveLogOnly(std::optional<std::vector<std::string>>& features) {
  if (features) std::erase_if(*features, [](const std::string& f) { return Has(kLogOnly, f); });
}

}  // namespace

Status CheckReadable(const Protocol& protocol) {
  if (protocol.min_reader_version < 1) return Corrupt("the protocol's reader version is below 1");
  if (protocol.min_reader_version > kReaderWithFeatures) {
    return Fail(
        Code::kUnsupported,
        fmt::format("The table requires Delta reader version {}, this server reads up to {}.",
                    protocol.min_reader_version, kReaderWithFeatures));
  }
  const bool lists_features = protocol.reader_features.has_value();
  if (protocol.min_reader_version == kReaderWithFeatures && !lists_features) {
    return Corrupt("a protocol of reader version 3 without readerFeatures");
  }
  if (protocol.min_reader_version == kReaderWithFeatures &&
      protocol.min_writer_version != kWriterWithFeatures) {
    return Corrupt("a protocol of reader version 3 that is not of writer version 7");
  }
  if (protocol.min_reader_version < kReaderWithFeatures && lists_features &&
      !protocol.reader_features->empty()) {
    return Corrupt("a protocol with readerFeatures that is not of reader version 3");
  }
  if (!lists_features) return {};
  for (const std::string& feature : *protocol.reader_features) {
    if (Has(kReadable, feature)) continue;
    return Fail(
        Code::kUnsupported,
        fmt::format("The table requires the Delta reader feature '{}', which this server does "
                    "not support.",
                    feature));
  }
  return {};
}

std::vector<std::string_view> AdvancedFeatures::Names() const {
  std::vector<std::string_view> names;
  if (deletion_vectors) names.emplace_back("deletionVectors");
  if (column_mapping) names.emplace_back("columnMapping");
  if (timestamp_ntz) names.emplace_back("timestampNtz");
  if (variant) names.emplace_back("variantType");
  if (type_widening) names.emplace_back("typeWidening");
  return names;
}

bool AdvancedFeatures::any() const {
  return deletion_vectors || column_mapping || timestamp_ntz || variant || type_widening;
}

Protocol ServedProtocol(const Protocol& protocol) {
  Protocol served = protocol;
  RemoveLogOnly(served.reader_features);
  RemoveLogOnly(served.writer_features);
  return served;
}

}  // namespace sluice::delta
