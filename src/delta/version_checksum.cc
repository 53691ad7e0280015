#include "delta/version_checksum.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <set>
#include <string>

#include "base/json.h"
#include "delta/actions_json.h"

namespace sluice::delta {
namespace {

namespace dom = simdjson::dom;

// A checksum lists at most a few dozen files, but each application that ever wrote with a
// transaction.
constexpr ByteCount kLargest = MiB(16);
constexpr size_t kDeepSchema = 2000;

// A number that is not negative; nothing: absent, null, or no such number.
std::optional<int64_t> Count(dom::object object, std::string_view name) {
  int64_t number = 0;
  if (object[name].get(number) != simdjson::SUCCESS || number < 0) return std::nullopt;
  return number;
}

// A member that is an action without its name, read as a line of a commit is.
template <class T>
std::optional<T> ActionIn(dom::object object, std::string_view member, std::string_view action) {
  dom::object body;
  if (object[member].get(body) != simdjson::SUCCESS) return std::nullopt;
  Result<Action> read =
      LogLineParser().Parse(fmt::format(R"({{"{}":{}}})", action, simdjson::minify(body)));
  if (!read.has_value() || !std::holds_alternative<T>(*read)) return std::nullopt;
  return std::get<T>(*std::move(read));
}

using Names = std::set<std::string_view>;

Names NamesIn(const std::optional<std::vector<std::string>>& features) {
  return features.has_value() ? Names(features->begin(), features->end()) : Names();
}

bool Same(const Protocol& a, const Protocol& b) {
  return a.min_reader_version == b.min_reader_version &&
         a.min_writer_version == b.min_writer_version &&
         NamesIn(a.reader_features) == NamesIn(b.reader_features) &&
         NamesIn(a.writer_features) == NamesIn(b.writer_features);
}

bool SameJson(const std::string& a, const std::string& b) {
  if (a == b) return true;
  const auto left = json::Parse(a, {{a.size()}, kDeepSchema});
  const auto right = json::Parse(b, {{b.size()}, kDeepSchema});
  return left.has_value() && right.has_value() && *left == *right;
}

bool Same(const Metadata& a, const Metadata& b) {
  return a.id == b.id && a.name.value_or("") == b.name.value_or("") &&
         a.description.value_or("") == b.description.value_or("") &&
         a.format_provider == b.format_provider && a.format_options == b.format_options &&
         SameJson(a.schema_string, b.schema_string) && a.partition_columns == b.partition_columns &&
         a.configuration == b.configuration;
}

std::unexpected<Error> Differs(Version version, std::string_view how) {
  return Fail(
      Code::kCorrupt,
      fmt::format("the table's log contradicts its checksum at version {}: {}", version, how));
}

}  // namespace

std::optional<VersionChecksum> ParseChecksum(std::string_view text) {
  dom::parser parser;
  dom::object object;
  if (parser.parse(text.data(), text.size()).get(object) != simdjson::SUCCESS) return std::nullopt;
  const auto files = Count(object, "numFiles");
  const auto bytes = Count(object, "tableSizeBytes");
  auto protocol = ActionIn<Protocol>(object, "protocol", "protocol");
  auto metadata = ActionIn<Metadata>(object, "metadata", "metaData");
  const bool one_each = Count(object, "numProtocol") == 1 && Count(object, "numMetadata") == 1;
  if (!files.has_value() || !bytes.has_value() || !protocol.has_value() || !metadata.has_value() ||
      !one_each) {
    return std::nullopt;
  }
  VersionChecksum checksum;
  checksum.files = *files;
  checksum.bytes = *bytes;
  checksum.deletion_vectors = Count(object, "numDeletionVectorsOpt");
  checksum.deleted_records = Count(object, "numDeletedRecordsOpt");
  checksum.in_commit_timestamp = Count(object, "inCommitTimestampOpt");
  checksum.protocol = *std::move(protocol);
  checksum.metadata = *std::move(metadata);
  return checksum;
}

const ChecksumFile* FindChecksum(const LogListing& listing, Version version) {
  const auto& files = listing.checksums;
  const auto found = std::ranges::lower_bound(files, version, {}, &ChecksumFile::version);
  return found != files.end() && found->version == version ? &*found : nullptr;
}

std::optional<VersionChecksum> ReadChecksum(const storage::ObjectStore& store,
                                            const ChecksumFile& file) {
  if (file.object.size.value > kLargest.value) return std::nullopt;
  const auto text = store.ReadListed(file.object, kLargest);
  return text.has_value() ? ParseChecksum(*text) : std::nullopt;
}

Status CheckAgainst(const VersionChecksum& checksum, const TableSnapshot& snapshot) {
  const auto differs = [&](std::string_view how) { return Differs(snapshot.version(), how); };
  if (!Same(checksum.protocol, snapshot.protocol())) return differs("another protocol");
  if (!Same(checksum.metadata, snapshot.metadata())) return differs("other metadata");
  const FileTotals& totals = snapshot.files().totals();
  const auto check = [&](std::string_view of, uint64_t found,
                         std::optional<int64_t> told) -> Status {
    if (!told.has_value() || found == static_cast<uint64_t>(*told)) return {};
    return differs(fmt::format("{} {}, the checksum says {}", found, of, *told));
  };
  TRY(check("files", totals.files, checksum.files));
  TRY(check("bytes", totals.bytes, checksum.bytes));
  TRY(check("deletion vectors", totals.deletion_vectors, checksum.deletion_vectors));
  return check("deleted records", totals.deleted_records, checksum.deleted_records);
}

}  // namespace sluice::delta
